"""debugger/docs/python.md runs as it stands, and what its comments say is what it prints."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from threading import Event

import pytest
from sessions import ENDLESS, PROGRAMS, WALK, opened

import debugger
from debugger import CommandError, Session

ROOT = PROGRAMS.parent
PAGE = ROOT / "debugger" / "docs" / "python.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda text: text.splitlines()[2])
def test_the_page_s_examples_run(block: str, capsys: pytest.CaptureFixture[str],
                                 monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(block, "debugger/docs/python.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    said = re.findall(r"print\(.*?\) {2,}# (.*)", block)
    assert printed[:len(said)] == said


def test_the_page_names_what_there_is() -> None:
    page = PAGE.read_text()
    for name in re.findall(r"`([a-z_]+)(?:\(|`)", page):
        assert hasattr(Session, name) or hasattr(debugger, name) or name in (
            "message", "reason", "step", "wasi"), name


@pytest.fixture
def walk(tmp_path: Path) -> Session:
    session = opened(tmp_path, WALK, invoke="walk", args=["6"])
    session.run_to_end()
    return session


def positions(session: Session) -> list[str]:
    """The place of every step, by walking."""
    session.start()
    found = []
    for _ in range(session.total + 1):
        found.append(session.where_here())
        session.step()
    return found


@pytest.mark.parametrize("place", ["fact", "twice", "walk+0x2", "say"])
def test_executed_is_what_a_walk_finds(walk: Session, place: str) -> None:
    where = walk.add_break(place).where
    walk.delete_break()
    steps = [i for i, each in enumerate(positions(walk)) if each == where]
    assert steps
    for cursor in range(0, walk.total + 1, 3):
        walk.goto(cursor)
        assert walk.executed(place) == (
            max((step for step in steps if step < cursor), default=None),
            min((step for step in steps if step > cursor), default=None))
        assert walk.cursor == cursor


def test_wrote_is_what_a_walk_finds(walk: Session) -> None:
    """Steps that change the bytes are writes; `say` writes the same bytes each time it runs."""
    stores = [i for i, each in enumerate(positions(walk)) if each.startswith("func[1] say+0x4")]
    walk.goto(30)
    assert walk.wrote(0, 4) == max(stores)
    for first, last in pairwise(stores):
        assert walk.wrote(0, 4, after=first, before=last) == first
        assert walk.wrote(0, 4, after=first + 1, before=last) is None
        assert walk.wrote(2, 1, after=first, before=last + 1) == last
    assert walk.wrote(60_000, 8) is None
    assert walk.cursor == 30
    with pytest.raises(CommandError, match="outside of memory 0"):
        walk.wrote(65536)
    with pytest.raises(CommandError, match="no memory 1"):
        walk.wrote(0, memory=1)


def test_values_and_exit_codes(tmp_path: Path) -> None:
    with opened(tmp_path, WALK, invoke="floats", args=["1.5", "-0.25", "-7"]) as session:
        assert session.exit_code is None
        assert [session.value(f"${i}") for i in range(3)] == [1.5, -0.25, -7]
        assert session.value("$2 * 2 + 1") == -13
        session.run_to_end()
        assert session.exit_code == 0
        with pytest.raises(CommandError):
            session.value("$0")
    for name, code in [("corruption", 134), ("greet", 1), ("hello", 0)]:
        with Session.open(PROGRAMS / f"{name}.wasm") as session:
            session.run_to_end()
            assert session.exit_code == code


def test_printed_goes_on_where_it_stopped(walk: Session) -> None:
    every, calls = walk.output_since()
    assert [each.data for each in every] == [b"ok\n"] * 6 == [each.data for each in every]
    assert {each.descriptor for each in every} == {1}
    walk.goto(every[2].step)
    assert walk.line_here().endswith("call $write")
    assert walk.output_since(calls) == ([], calls)
    assert walk.output_since(calls - 2)[0] == every[-2:]


def test_a_search_can_be_cancelled(tmp_path: Path) -> None:
    session = opened(tmp_path, ENDLESS, invoke="spin")
    session.goto(1_000_000)
    cancel = Event()
    cancel.set()
    with pytest.raises(CommandError, match="cancelled"):
        session.wrote(60_000, cancel=cancel)
    assert session.cursor == 1_000_000
