"""The official suite: each file the engine must pass is one test."""

from __future__ import annotations

import pytest

from .convert import MISSING, suite
from .files import FILES
from .runner import run_file


@pytest.mark.parametrize("name", FILES)
def test_file(name: str) -> None:
    wast = suite() / f"{name}.wast"
    if not suite().is_dir():
        pytest.skip(MISSING.format(suite()))
    result = run_file(wast)
    assert not result.failures, "\n".join(
        f"{wast}:{line}: {text}" for line, text in result.failures)
    assert result.passed
