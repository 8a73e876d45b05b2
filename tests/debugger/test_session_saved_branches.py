"""Branches, marks and notes in files: saved, opened elsewhere, gone on with, kept as made."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from debugger.exchange import CommandError, Layout
from debugger.session import Session
from tests.debugger.sessions import opened, run

ROOT = Path(__file__).parents[2]


@pytest.fixture
def branched(tmp_path: Path) -> Session:
    """main, b1 from it, b2 from b1, b3 from main before b1 by two edits, b4 from a forgotten one;
    marks and notes here and there."""
    session = opened(tmp_path, invoke="walk", args=["5"])
    run(session, "run", "goto 10", "mark a", "note main's own", "goto 66", "set $n = 3", "run",
        "goto 80", "mark b", "note only here", "set $calls = 1000", "run", "branch main",
        "goto 30", "set $calls = 4", "set 16 = 33", "run", "branch main", "goto 20",
        "set $calls = 40", "step 30", "set $calls = 50", "run", "branch main",
        "branch-delete b4", "goto 100", "mark c")
    return session


def shapes(session: Session) -> list[tuple[object, ...]]:
    return [(v.name, v.fork, v.edit, v.total, v.ended) for v in session.branches()]


def test_branches_are_saved_and_opened(branched: Session, tmp_path: Path) -> None:
    assert [v.name for v in branched.branches()] == ["main", "b1", "b2", "b3", "b5"]
    run(branched, "branch b2", f"save {tmp_path}/r.gaba", "branch main")
    again = Session.open(tmp_path / "r.gaba")
    assert again.branch == "main" and again.notice == ""
    assert shapes(again) == shapes(branched)
    ours = {view.name: view.parent for view in again.branches()}
    assert ours == {"main": "", "b1": "main", "b2": "b1", "b3": "main", "b5": "main"}
    for view in branched.branches():
        for session in (branched, again):
            if session.branch != view.name:
                session.switch(view.name)
        assert (again.total, again.ended, again.noted()) == (
            branched.total, branched.ended, branched.noted())
        for step in range(view.total + 1):
            for session in (branched, again):
                session.goto(step)
            one, other = (s.screen(Layout(memory_rows=4)) for s in (branched, again))
            assert (one.state, one.calls, one.memory, one.output.text) == (
                other.state, other.calls, other.memory, other.output.text), (view.name, step)


def test_opened_branches_are_switched_and_compared(branched: Session, tmp_path: Path) -> None:
    run(branched, f"save {tmp_path}/r.gaba")
    looks = [(f"branch {name}", "end", "compare main") for name in ("b1", "b3")]
    expected = [run(branched, *look).text for look in looks]
    again = Session.open(tmp_path / "r.gaba")
    assert [run(again, *look).text for look in looks] == expected
    run(again, "branch-next", "branch-next")
    assert again.branch == "main"
    assert run(again, "goto 65", "branch b1").arrival.step == 65
    with pytest.raises(CommandError, match="--live"):
        run(again, "set $calls = 9")


def test_saved_again_it_is_the_same(branched: Session, tmp_path: Path) -> None:
    run(branched, f"save {tmp_path}/a.gaba")
    again = Session.open(tmp_path / "a.gaba")
    run(again, f"save {tmp_path}/b.gaba")
    third = Session.open(tmp_path / "b.gaba")
    assert shapes(third) == shapes(branched)
    run(third, "branch b2", "end")
    run(branched, "branch b2", "end")
    assert third.output().text == branched.output().text


def test_live_branches_go_on(tmp_path: Path) -> None:
    session = opened(tmp_path, invoke="walk", args=["5"])
    run(session, "run", "goto 66", "set $n = 3", "step 20", f"save {tmp_path}/r.gaba", "run")
    live = Session.open(tmp_path / "r.gaba", live=True)
    assert shapes(live)[1] == ("b1", 66, "$n 5 → 3", 86, False)
    run(live, "branch b1", "run")
    assert shapes(live) == shapes(session)
    assert live.output().text == session.output().text
    assert [(v.replayed, v.live) for v in live.branches()] == [
        (v.replayed, v.live) for v in session.branches()]
    run(live, "goto 70", "set $n = 2", "run")
    live.close()
    closed = Session.open(tmp_path / "r.gaba")
    assert closed.notice == "" and [v.name for v in closed.branches()] == ["main", "b1", "b2"]
    assert closed.branches()[1].total == session.total


def other_process(path: Path, *words: str) -> list[dict[str, object]]:
    """What another process, elsewhere, has to say of a file."""
    lines = [word for each in words for word in ("-ex", each)]
    done = subprocess.run(
        [sys.executable, "-m", "debugger.main", "--batch", "--json", *lines, str(path)],
        cwd=path.parent, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)})
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_one_file_is_all_that_is_shared(branched: Session, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    run(branched, f"save {folder}/r.gaba")
    branched.close()
    (tmp_path / "prog.wasm").unlink()
    other_process(folder / "r.gaba", "goto 40", "mark d", "note from the other side", "branch b1",
                  "goto 90", "note on a branch", "delete-note 80")
    notes, _, theirs = other_process(folder / "r.gaba", "notes", "branch b1", "notes")
    assert [(n["step"], n["letter"] or n["text"]) for n in notes["result"]["notes"]] == [
        (10, "main's own"), (10, "a"), (40, "from the other side"), (40, "d"), (100, "c")]
    assert {n["text"] for n in theirs["result"]["notes"]} == {"main's own", "", "on a branch"}


KILLED = """
import os, signal, sys
from debugger.session import Session
from debugger.commands.registry import Context, execute
session = Session.open(sys.argv[1], live=sys.argv[2] == "live")
for line in sys.argv[3:]:
    execute(Context(session), line)
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(path: Path, how: str, *lines: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(path), how, *lines],
                          env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("how", ["live", "look"])
def test_a_killed_debugger_loses_no_mark(tmp_path: Path, how: str) -> None:
    session = opened(tmp_path, invoke="walk", args=["5"])
    run(session, "run", f"save {tmp_path}/r.gaba")
    killed(tmp_path / "r.gaba", how, "goto 30", "mark z", "note here", "goto 40", "note gone",
           "delete-note")
    again = Session.open(tmp_path / "r.gaba")
    assert again.notice == ""
    assert [(n.step, n.letter, n.text) for n in again.noted()] == [(30, "", "here"),
                                                                   (30, "z", "")]


def test_a_killed_live_debugger_loses_no_branch(tmp_path: Path) -> None:
    session = opened(tmp_path, invoke="walk", args=["5"])
    run(session, "goto 100", f"save {tmp_path}/r.gaba")
    killed(tmp_path / "r.gaba", "live", "goto 66", "set $n = 3", "run", "note on the branch",
           "goto 70", "set $n = 9", "branch b1", "branch-delete b2", "branch main", "run",
           "mark e")
    again = Session.open(tmp_path / "r.gaba")
    run(session, "run")
    assert again.total == session.total and again.notice.endswith("its program was killed")
    assert [letter for letter, _ in again.marks()] == ["e"]
    run(session, "goto 66", "set $n = 3", "run")
    assert shapes(again) == shapes(session)
    run(again, "branch b1", "end")
    assert [n.text for n in again.noted()] == ["on the branch"]
    assert again.output().text == session.output().text


def test_two_do_not_write_one_file(tmp_path: Path) -> None:
    session = opened(tmp_path, invoke="walk", args=["5"])
    run(session, "run", f"save {tmp_path}/r.gaba")
    first = Session.open(tmp_path / "r.gaba", live=True)
    second = Session.open(tmp_path / "r.gaba", live=True)
    assert "another process" in second.notice
    looking = Session.open(tmp_path / "r.gaba")
    assert "written by another process" in run(looking, "mark a").text
    run(first, "goto 50", "mark b")
    first.close()
    assert "not kept" not in run(looking, "mark c").text
    assert dict(Session.open(tmp_path / "r.gaba").marks()) == {"b": 50, "c": 0}


def test_nothing_is_written_into_what_is_damaged(tmp_path: Path) -> None:
    session = opened(tmp_path, invoke="walk", args=["5"])
    path = tmp_path / "r.gaba"
    run(session, "run", f"save {path}")
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])                   # a killed writer's last chunk
    assert "not kept" not in run(Session.open(path), "mark a").text
    assert dict(Session.open(path).marks()) == {"a": 0}
    path.write_bytes(whole[:-30] + b"\1" * 60)
    before = path.read_bytes()
    assert "not kept" in run(Session.open(path), "mark a").text
    assert path.read_bytes() == before
