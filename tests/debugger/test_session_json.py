"""docs/json.md is what `--batch --json` does: every command is there, every example comes true."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sessions import OBJECTS, PROGRAMS, REGIONS, opened, run
from shapes import examples, mismatch, named

from debugger.commands.registry import actions
from debugger.main import main
from debugger.session import Session


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
        moves = example.shape == "Arrival" or "message" in example.shape  # type: ignore[operator]
        assert (told["reason"] is not None) == moves, example.line


def test_lists_of_the_examples_have_something_in_them(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty list has every shape; so each kind of list is seen full."""
    before = ['dprintf say, "at {$0}"', "break audit", "mark a", "continue", "step 40", "note here",
              "edit i32[0x101e0] = 7", "edit $0 = 5", "branch main"]
    lines = [*before, "info breakpoints", "info locals", "info stack", "info globals",
             "info events", "info functions", "info memory", "info history", "info tables",
             "info types func", "backtrace", "list", "help", "mark", "notes", "events output end",
             "call-tree 2", "calls trade 1 3", "callers trade", "profile 0 100k", "flame 0 100k",
             "print table[0]", "print table[0][0]@1", "branch", "info branches", "compare b1",
             'find "journal"', "diff 0 1000", "heat 0 100k"]
    words = [part for line in lines for part in ("-ex", line)]
    assert main(["--batch", "--json", *words, str(PROGRAMS / "corruption.wasm")]) == 0
    shapes = {each.line: each.shape for each in examples()} | {
        each.line.partition(" ")[0]: each.shape for each in examples() if each.word == "help"}
    shapes["info functions"] = shapes["info functions audit"]
    shapes["mark"] = {"marks": {"*": "integer"}}
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    arrival = told[3]["result"]
    assert arrival["printed"] and not mismatch(arrival, "Arrival", named())
    for each in told[len(before):]:
        assert not mismatch(each["result"], shapes[each["command"]], named()), each["command"]
        full = [value for value in each["result"].values() if isinstance(value, list | dict)]
        assert all(full) and full, each["command"]


def test_references_heaps_and_regions_have_their_shapes(tmp_path: Path) -> None:
    """What the program of the examples hasn't got."""
    names, shapes = named(), {each.line: each.shape for each in examples()}
    session = opened(tmp_path, OBJECTS, invoke="run", args=["7"])
    run(session, "break end", "continue", "up")
    for line, like, key in (("info locals", "info locals", "locals"),
                            ("info heap", "info heap", "heap"),
                            ("print $any", "print table[0]", "items")):
        told = data(session, line)
        assert told[key] and not mismatch(told, shapes[like], names), line
    assert data(session, "info heap")["heap"]["types"]
    assert any(each.get("ref") for each in data(session, "info locals")["locals"])
    session = opened(tmp_path, REGIONS, invoke="go")
    told = data(session, "regions")
    assert told["regions"] and not mismatch(told, shapes["regions"], names)


def data(session: Session, line: str) -> dict[str, Any]:
    """A command's result, after its way through JSON."""
    return json.loads(json.dumps(dict(run(session, line).data)))


def test_an_error_has_its_shape_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--batch", "--json", "-ex", "goto", str(PROGRAMS / "hello.wasm")]) == 1
    told = json.loads(capsys.readouterr().out)
    shape = {key: value for key, value in named()["Object"].items() if key != "result"}  # type: ignore[attr-defined]
    assert not mismatch(told, shape | {"error": "string"}, named())
