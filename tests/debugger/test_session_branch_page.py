"""debugger/docs/branches.md: every block runs, and what it shows is what comes of it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from debugger.main import main
from tests.debugger.sessions import PROGRAMS

PAGE = (PROGRAMS.parent / "debugger" / "docs" / "branches.md").read_text()
SHELL = re.findall(r"```\n\$ (.*?)\n(.*?)```", PAGE, re.S)
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.S)
_SIZE = re.compile(r"(saved to .*: )[\d,]+ bytes")       # another zstd packs in another way


@pytest.fixture(autouse=True)
def beside_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "programs").symlink_to(PROGRAMS)
    monkeypatch.chdir(tmp_path)


def test_the_commands_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    """In order, as later ones use the files of earlier ones."""
    assert len(SHELL) == 3
    for line, said in SHELL:
        program, *words = shlex.split(line)
        assert program == "gaba-debug" and main(words) == 0
        out = capsys.readouterr().out
        assert _SIZE.sub(r"\1", out).strip() == _SIZE.sub(r"\1", said).strip()


def test_the_python_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    for block in PYTHON:
        exec(compile(block, "debugger/docs/branches.md", "exec"), {})
        printed = capsys.readouterr().out.splitlines()
        assert printed == re.findall(r"^ *# (.*)$", block, re.M)
