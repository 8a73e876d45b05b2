"""debugger/docs/json.md is what `--batch --json` does: every command is there, every example
comes true."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sessions import PROGRAMS
from shapes import examples, mismatch, named

from debugger.commands.registry import actions
from debugger.main import main


def test_every_command_has_its_section() -> None:
    assert {each.word for each in examples()} == {action.words[0] for action in actions()}


def test_every_example_comes_true(capsys: pytest.CaptureFixture[str], tmp_path: Path,
                                  monkeypatch: pytest.MonkeyPatch) -> None:
    """All in one session, in the order of the page."""
    monkeypatch.chdir(tmp_path)
    names, todo = named(), examples()
    words = [part for each in todo for part in ("-ex", each.line)]
    assert main(["--batch", "--json", *words, str(PROGRAMS / "corruption.wasm")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(todo)
    for example, line in zip(todo, lines, strict=True):
        told = json.loads(line)
        assert not mismatch(told, names["Object"], names), example
        assert told["ok"] and told["command"] == example.line
        assert not mismatch(told["result"], example.shape, names), example.line
        assert (told["reason"] is not None) == (example.shape == "Arrival"
                                                or example.word == "last"), example.line


def test_lists_of_the_examples_have_something_in_them(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty list has every shape; so each kind of list is seen full."""
    lines = ['dprintf say, "at {$0}"', "break audit", "mark a", "continue", "step 40",
             "info breakpoints", "info locals",
             "info stack", "info globals", "info events", "info functions", "info memory",
             "info history", "backtrace", "list", "help", "mark"]
    words = [part for line in lines for part in ("-ex", line)]
    assert main(["--batch", "--json", *words, str(PROGRAMS / "corruption.wasm")]) == 0
    shapes = {each.line: each.shape for each in examples()} | {
        each.line.partition(" ")[0]: each.shape for each in examples() if each.word == "help"}
    shapes["info functions"] = shapes["info functions audit"]
    shapes["mark"] = {"marks": {"*": "integer"}}
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    arrival = told[3]["result"]
    assert arrival["printed"] and not mismatch(arrival, "Arrival", named())
    for each in told[5:]:
        assert not mismatch(each["result"], shapes[each["command"]], named()), each["command"]
        full = [value for value in each["result"].values() if isinstance(value, list | dict)]
        assert all(full) and full, each["command"]


def test_an_error_has_its_shape_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--batch", "--json", "-ex", "goto", str(PROGRAMS / "hello.wasm")]) == 1
    told = json.loads(capsys.readouterr().out)
    shape = {key: value for key, value in named()["Object"].items() if key != "result"}  # type: ignore[attr-defined]
    assert not mismatch(told, shape | {"error": "string"}, named())
