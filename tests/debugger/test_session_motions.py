"""Motions against a model: what each should do, read off a list of all steps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Timer

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sessions import ENDLESS, PROGRAMS, WALK, opened

from debugger.exchange import Arrival, Layout
from debugger.session import Session
from gabagool import Position
from tests.runtime.throwing import LEGACY, NEW


class Model:
    """Every step's position and depth; the last entry is the end."""

    def __init__(self, positions: list[Position | None], depths: list[int], end: str) -> None:
        self.positions = positions
        self.depths = depths
        self.end = end

    @property
    def total(self) -> int:
        return len(self.depths) - 1

    def forward(self, at: int, points: set[Position], depth: int = -1) -> tuple[int, str]:
        for k in range(at + 1, self.total):
            if self.depths[k] <= depth:
                return k, "step"
            if self.positions[k] in points:
                return k, "breakpoint"
        return self.total, self.end

    def backward(self, at: int, points: set[Position], depth: int = -1) -> tuple[int, str]:
        for k in reversed(range(at)):
            if self.positions[k] in points:
                return k, "breakpoint"
            if self.depths[k] <= depth:
                return k, "step"
        return 0, "start"

    def move(self, motion: str, at: int, points: set[Position]) -> tuple[int, str]:
        depth = self.depths[at]
        match motion:
            case "step" | "over" if at + 1 >= self.total:
                return self.total, self.end
            case "back" | "over_back" if at == 0:
                return 0, "start"
            case "step":
                return at + 1, "step"
            case "back":
                return at - 1, "step"
            case "over" if self.depths[at + 1] <= depth:
                return at + 1, "step"
            case "over" if self.positions[at + 1] in points:
                return at + 1, "breakpoint"
            case "over":
                return self.forward(at + 1, points, depth)
            case "over_back" if self.depths[at - 1] <= max(depth, 1):
                return at - 1, "step"
            case "over_back":
                return self.backward(at, points, max(depth, 1))
            case "out":
                return self.forward(at, points, depth - 1 if depth > 1 else -1)
            case "out_back":
                return self.backward(at, points, depth - 1 if depth > 1 else -1)
            case "cont":
                return self.forward(at, points)
        return self.backward(at, points)


def modelled(session: Session) -> Model:
    """The model of a fresh session's program, made by single steps."""
    machine = session._nav.machine  # type: ignore[union-attr]
    positions, depths = [machine.position], [machine.depth]
    while (arrival := session.step()).reason == "step":
        positions.append(machine.position)
        depths.append(machine.depth)
    if arrival.step == len(positions):      # a trap ends the program without a step of its own
        positions.append(machine.position)
        depths.append(machine.depth)
    return Model(positions, depths, arrival.reason)


# text, export, argument, how it ends
CASES = {"walk": (WALK, "walk", "5", "finished"), "crash": (WALK, "crash", "4", "trap"),
         "throws": (NEW, "run", "0", "finished"), "rethrows": (NEW, "run", "3", "finished"),
         "uncaught": (NEW, "run", "8", "exception"), "legacy": (LEGACY, "run", "2", "finished"),
         "legacy uncaught": (LEGACY, "run", "4", "exception")}


@pytest.fixture(scope="module", params=CASES)
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
            ) -> tuple[Model, Path, str, str, str]:
    folder = tmp_path_factory.mktemp("motions")
    text, name, argument, end = CASES[request.param]
    model = modelled(opened(folder, text, invoke=name, args=[argument]))
    assert model.end == end
    return model, folder, text, name, argument


MOTIONS = ("step", "back", "over", "over_back", "out", "out_back", "cont", "cont_back")


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_motions_do_what_the_model_says(program: tuple[Model, Path, str, str, str],
                                        data: st.DataObject) -> None:
    model, folder, text, name, argument = program
    session = opened(folder, text, invoke=name, args=[argument])
    if data.draw(st.booleans(), "recorded first"):
        session.run_to_end()
        session.start()
    points: set[Position] = set()
    for place in data.draw(st.lists(st.sampled_from(model.positions[:-1]), max_size=3)):
        assert place is not None
        if place not in points:
            session.toggle_break(place.instance, place.funcidx, place.offset)
            points.add(place)
    for motion in data.draw(st.lists(st.sampled_from((*MOTIONS, "goto")), max_size=25)):
        at = session.cursor
        if motion == "goto":
            target = data.draw(st.integers(0, model.total))
            arrival = session.goto(target)
            assert arrival.step == session.cursor == target
            continue
        arrival = getattr(session, motion)()
        step, reason = model.move(motion, at, points)
        assert arrival.step == session.cursor == step, (motion, at)
        if step < model.total:      # reaching the end's step need not be the end yet
            assert arrival.reason == reason or {arrival.reason, reason} == {"step", "start"}


def captured(session: Session) -> object:
    return session._nav.machine.capture()  # type: ignore[union-attr]


STOPPABLE = {"corruption": ["set_owner", "say", "random_below", "audit"],
             "hello": ["__original_main"], "overflow": ["path_length", "say"]}


@settings(max_examples=15, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("name", STOPPABLE)
def test_state_after_any_motions_is_that_of_a_replay(name: str, data: st.DataObject) -> None:
    session = Session.open(PROGRAMS / f"{name}.wasm")
    session.run_to_end()
    for func in data.draw(st.lists(st.sampled_from(STOPPABLE[name]), max_size=2)):
        session.add_break(func)
    session.goto(data.draw(st.integers(0, session.total)))
    for motion in data.draw(st.lists(st.sampled_from(MOTIONS), max_size=8)):
        getattr(session, motion)()
    here = captured(session)
    machine = session._nav.machine  # type: ignore[union-attr]
    cursor, ended = session.cursor, session._nav.at_end  # type: ignore[union-attr]
    session.start()
    machine.run(cursor + ended, breaks=False)
    assert machine.step == cursor
    assert captured(session) == here


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_counts_are_those_of_the_model(program: tuple[Model, Path, str, str, str],
                                       data: st.DataObject) -> None:
    model, folder, text, name, argument = program
    session = opened(folder, text, invoke=name, args=[argument])
    session.run_to_end()
    for func in (3, 4):
        for _ in range(4):
            session.goto(data.draw(st.integers(0, model.total)))
            session.screen(Layout(code_func=(0, func)))
            session.step(data.draw(st.integers(0, 2)))
            session.back(data.draw(st.integers(0, 2)))
            lines = session.screen(Layout(code_func=(0, func))).code.lines
            executed = model.positions[:session.cursor]
            assert [line.count for line in lines if line.steppable] == [
                executed.count(Position(0, func, line.offset)) for line in lines if line.steppable]


def test_counts_repeat_a_motion(tmp_path: Path) -> None:
    session = opened(tmp_path, invoke="walk", args=["5"], breaks=["fact"])
    assert session.step(50).step == 50
    assert session.back(20).step == 30
    session.start()
    hits = [session.cont().step for _ in range(4)]
    session.start()
    assert session.cont(4).step == hits[3]
    assert session.cont_back(2).step == hits[1]


def test_a_motion_says_that_history_ends(tmp_path: Path) -> None:
    session = opened(tmp_path, invoke="crash", args=["2"])
    assert session.cont().message == "end of recording: trap out of bounds memory access"
    end = session.cursor
    for motion in ("step", "over", "out", "cont"):
        arrival = getattr(session, motion)()
        assert (arrival.step, arrival.reason) == (end, "trap")
    assert session.step(1000) == session.goto(end + 5)
    assert session.back(10 * end) == Arrival(0, "start", "start of recording")
    assert session.back().reason == "start"


def test_goto_beyond_the_recording_records_up_to_there(tmp_path: Path) -> None:
    session = opened(tmp_path, invoke="walk", args=["5"], breaks=["fact"])
    assert session.goto(40).step == 40 == session.total
    assert not session.ended
    arrival = session.goto(10**9)
    assert arrival.reason == "finished" and session.ended
    assert arrival.message.startswith("end of recording: finished, result ")


def test_undo_and_redo_retrace_the_cursor(tmp_path: Path) -> None:
    session = opened(tmp_path, invoke="walk", args=["5"])
    session.goto(10)
    session.goto(30)
    session.step(5)
    assert [session.undo().step for _ in range(3)] == [30, 10, 0]
    assert session.undo().message == "nothing to undo"
    assert [session.redo().step for _ in range(2)] == [10, 30]
    session.step()
    assert session.redo().message == "nothing to redo"
    assert session.undo().step == 30


def later(call: object, seconds: float = 0.1) -> Timer:
    timer = Timer(seconds, call)  # type: ignore[arg-type]
    timer.start()
    return timer


@pytest.fixture
def endless(tmp_path: Path) -> Iterator[Session]:
    session = opened(tmp_path, ENDLESS, invoke="spin")
    yield session
    session.close()


def test_pause_stops_a_run_at_an_exact_boundary(endless: Session) -> None:
    later(endless.pause)
    arrival = endless.cont()
    assert arrival.reason == "cancelled" and arrival.step == endless.total > 1000
    counted = int.from_bytes(endless.read_memory(0, 64, 4), "little")
    assert abs(counted - arrival.step // 8) <= 1
    assert endless.step().step == arrival.step + 1


def test_cancel_and_progress(endless: Session) -> None:
    cancel = Event()
    seen: list[int] = []
    later(cancel.set, 0.3)
    arrival = endless.goto(10**12, cancel=cancel, progress=lambda p: seen.append(p.done))
    assert arrival.reason == "cancelled" and 0 < arrival.step < 10**12
    assert seen and seen == sorted(seen)


def test_a_cancelled_search_leaves_the_cursor(endless: Session) -> None:
    endless.goto(3_000_000)
    endless.add_break("0")
    cancel = Event()
    cancel.set()
    assert endless.cont_back(cancel=cancel) == Arrival(3_000_000, "cancelled",
                                                       "paused at step 3,000,000")


SLEEPER = """(module
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (i32.store (i32.const 16) (i32.const 1))            ;; the monotonic clock
    (i64.store (i32.const 24) (i64.const 60000000000))
    (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))))"""


def test_pause_wakes_a_sleeping_program(tmp_path: Path) -> None:
    session = opened(tmp_path, SLEEPER)
    later(session.pause)
    arrival = session.cont()
    assert arrival.reason == "cancelled"
    assert "call $poll" in session.line_here(), "it stands exactly at the call that slept"
    assert session.back(2).step == session.cursor == arrival.step - 2
