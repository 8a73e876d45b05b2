"""The official suite: each file the engine must pass is one test."""

from __future__ import annotations

import pytest

from .convert import MISSING, suite
from .files import FILES, LATER
from .runner import Result, run_file


def _run(name: str) -> Result:
    if not suite().is_dir():
        pytest.skip(MISSING.format(suite()))
    result = run_file(suite() / f"{name}.wast")
    assert result.passed or result.skipped, "the file has no commands"
    return result


def _text(result: Result) -> str:
    return "\n".join(f"{result.wast}:{line}: {text}" for line, text in result.failures)


@pytest.mark.parametrize("name", FILES)
def test_file(name: str) -> None:
    result = _run(name)
    assert not result.failures, _text(result)


@pytest.mark.parametrize("name", LATER)
def test_file_but_for_later_features(name: str) -> None:
    result = _run(name)
    assert {line for line, _ in result.failures} == LATER[name], _text(result)
