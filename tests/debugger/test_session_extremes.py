"""What is shown costs what is in sight: however long a function, deep a stack, or many events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from debugger.exchange import Layout
from debugger.session import Session
from gabagool.runtime.entries import Entries
from gabagool.runtime.inspect import Inspection
from gabagool.valid import operands
from gabagool.valid.body import Body
from tests.debugger import extremes
from tests.debugger.sessions import opened, run

DEEP = 100_000


class Counted:
    """How often something of a class was called."""

    def __init__(self, patch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
        self.times = 0
        inner = getattr(owner, name)

        def counting(*args: Any, **options: Any) -> Any:
            self.times += 1
            return inner(*args, **options)

        patch.setattr(owner, name, counting)

    def since(self) -> int:
        times, self.times = self.times, 0
        return times


def test_a_step_in_a_long_function_reads_little_of_it(tmp_path: Path,
                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path, extremes.long_function(20_000), invoke="run") as session:
        session.run_to_end()
        session.goto(session.total // 2)
        session.screen(Layout())
        bodies = Counted(monkeypatch, operands, "Body")
        runs = Counted(monkeypatch, Body, "run")
        for motion in (session.step, session.back):
            for _ in range(100):
                motion()
                session.screen(Layout())
        assert bodies.since() == 0
        assert runs.since() <= 2 * 100      # an instruction each, and one start


def test_operands_are_the_same_however_one_comes_there(tmp_path: Path) -> None:
    text = extremes.long_function(4_000)
    with opened(tmp_path, text, invoke="run") as one, opened(tmp_path, text, invoke="run") as other:
        for session in (one, other):
            session.run_to_end()
        steps = [*range(1, 3900, 97)]
        forwards = {step: _stack(one, step) for step in steps}
        assert {step: _stack(other, step) for step in reversed(steps)} == forwards


def _stack(session: Session, step: int) -> object:
    session.goto(step)
    return session.state().stack        # not compared with what was shown before


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """It stands where the stack is deepest."""
    folder = tmp_path_factory.mktemp("deep")
    with opened(folder, extremes.deep_stack(), invoke="run", args=(str(DEEP),)) as session:
        session.run_to_end()
        session.goto(DEEP * 8)
        yield session


def test_only_frames_in_sight_are_made(deep: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    depth = deep.calls(1).total
    assert depth > DEEP - 10
    frames = Counted(monkeypatch, Inspection, "_frame")
    view = deep.screen(Layout()).calls
    assert (view.first, view.total, len(view.frames)) == (0, depth, 200)
    assert frames.since() < 300
    deep.select_frame(depth - 3)
    screen = deep.screen(Layout())
    assert frames.since() < 300
    shown = [frame for frame in screen.calls.frames if frame.selected]
    assert [frame.level for frame in shown] == [depth - 3]
    assert screen.state.locals[0].text.split()[0] == str(DEEP - 1)
    last = deep.screen(Layout(frames_first=depth - 5)).calls.frames
    assert [frame.name for frame in last[-2:]] == ["down", "run"]
    deep.select_frame(0)


def test_locals_of_any_frame_are_found_by_one_walk(deep: Session) -> None:
    machine = deep._nav.machine       # type: ignore[union-attr]
    frames = machine.frames()
    assert len(frames) == machine.depth
    for level in (0, 1, 500, len(frames) - 2, len(frames) - 1):
        assert machine.frame(level) == frames[level] == machine.frames(1, level)[0]
        (_, value), = machine.locals(level)[:1]
        assert value == min(DEEP, level + int(machine.locals(0)[0][1]))
    assert machine.frame(len(frames)) is None
    # and what was walked is forgotten when the machine moves
    deep.step(5)
    assert machine.frames(3) != frames[:3]
    deep.back(5)
    assert machine.frames() == frames


def test_words_for_deep_stacks(deep: Session) -> None:
    text = run(deep, "backtrace").text
    assert text.count("\n") == deep.calls(1).total - 1
    assert run(deep, "backtrace 3").text.endswith("more frames")
    assert "run(100000)" in run(deep, f"frame {deep.calls(1).total - 1}").text
    assert "calls" in run(deep, "profile").text
    deep.select_frame(0)


def test_long_names_in_words(tmp_path: Path) -> None:
    with opened(tmp_path, extremes.long_names(), invoke="run", args=("20",)) as session:
        session.run_to_end()
        assert len(extremes.NAME) > 10_000
        for words in ("info functions", "profile", "calls 0", "callers 0", "break 0",
                      "info break"):
            assert extremes.NAME[:1000] in run(session, words).text, words
        run(session, "start", "continue")
        assert extremes.NAME in run(session, "backtrace").text


def test_a_look_at_many_events_reads_those_in_sight(tmp_path: Path,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path, extremes.many_events(), invoke="run", args=("20000",)) as session:
        session.run_to_end()
        read = Counted(monkeypatch, Entries, "__getitem__")
        screen = session.screen(Layout())
        assert read.since() < 2000
        assert screen.output.total == 20000 * 33
        session.goto(session.total // 2)
        read.since()
        screen = session.screen(Layout(view=(session.total // 3, session.total // 2)))
        assert read.since() < 2000
        assert screen.output.total + screen.output.later == 20000 * 33
