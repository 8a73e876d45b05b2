"""Screens: what each view holds at a cursor, and what it says has changed."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread

import pytest
from sessions import PROGRAMS, opened

from debugger.exchange import CommandError, Layout
from debugger.session import Session
from debugger.timeline import cell_edges


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return opened(tmp_path, invoke="walk", args=["5"])


def test_header(session: Session) -> None:
    header = session.screen(Layout()).header
    assert (header.program, header.step, header.total, header.ended, header.where, header.stop) \
        == ("prog.wasm", 0, 0, False, "func[4] walk+0x2", "")
    session.add_break("fact")
    session.cont()
    header = session.screen(Layout()).header
    assert (header.where, header.stop) == ("func[3] fact", "breakpoint 1")
    session.run_to_end()
    screen = session.screen(Layout())
    assert screen.header.ended and screen.header.stop.startswith("finished, result ")
    assert screen.header.where == "" and screen.code.current == -1
    assert screen.code.name == "walk" and screen.calls.frames == ()
    assert screen.message.startswith("end of recording")


def test_code_has_the_cursor_breakpoints_and_counts(session: Session) -> None:
    session.add_break("fact")
    session.add_break("fact+0x2")
    session.enable_break(2, False)
    session.cont(3)
    code = session.screen(Layout()).code
    assert (code.name, code.signature, code.lines[code.current].offset) == (
        "fact", "[i32] -> [i32]", 0xE4)
    assert [line.breakpoint for line in code.lines[:3]] == ["on", "off", ""]
    assert [line.count for line in code.lines[:2]] == [2, 2]
    assert [line.mnemonic for line in code.lines if not line.steppable] == ["else", "end", "end"]
    assert all(line.count is None for line in code.lines if not line.steppable)
    session.step()
    counts = [line.count for line in session.screen(Layout()).code.lines[:2]]
    assert counts == [3, 2]
    session.back(2)
    other = session.screen(Layout(code_func=(0, 3))).code
    assert [line.count for line in other.lines[:2]] == [2, 2]


def test_counts_of_a_long_recording_come_by_refining() -> None:
    session = Session.open(PROGRAMS / "corruption.wasm", breaks=["audit"])
    session.cont()
    session.goto(3_000_000)
    layout = Layout(code_func=(0, 14), cells=50)         # set_owner
    assert session.screen(layout).code.lines[0].count is None
    assert session.refine(layout)
    assert session.screen(layout).code.lines[0].count == 15
    assert not session.refine(layout)
    session.back()
    assert session.screen(layout).code.lines[0].count == 15
    session.goto(500)
    assert session.screen(layout).code.lines[0].count is not None


def test_what_has_changed_is_told_by_frame(session: Session) -> None:
    session.add_break("fact")
    session.cont()
    session.screen(Layout())
    session.out()                                     # the breakpoint again: one frame deeper
    deeper = session.screen(Layout()).state
    assert [v.before for v in deeper.locals] == [None], "another frame has not changed"
    session.delete_break()
    session.goto(0)
    session.screen(Layout())
    session.goto(session.total)
    session.run_to_end()
    session.back(4)
    state = session.screen(Layout()).state
    n, total = state.locals
    assert (n.name, n.before, total.before) == ("$n", "5", "0")
    assert state.globals[0].before == "0" and state.globals[1].before is None
    assert session.screen(Layout()).state == state, "looking again changes nothing"


def test_operands_are_compared_by_height(session: Session) -> None:
    session.add_break("fact")
    session.cont()
    for _ in range(2):
        session.step()
        state = session.screen(Layout()).state
    assert [(v.name, v.text, v.before) for v in state.stack] == [
        ("0", "1", None), ("1", "5", None)]


def test_memory_shows_changed_bytes(session: Session) -> None:
    layout = Layout(memory_address=0, memory_rows=2)
    session.screen(layout)
    session.run_to_end()
    memory = session.screen(layout).memory
    assert memory.data[16:19] == b"ok\n" and memory.size == 65536 and memory.memories == 1
    assert memory.changed == {0, 4, 8}
    moved = session.screen(Layout(memory_address=4, memory_rows=1)).memory
    assert moved.changed == {4, 8}, "also where the window was not shown before"
    end = session.screen(Layout(memory_address=1 << 40)).memory
    assert end.address == 65535 and len(end.data) == 1
    assert session.screen(Layout(memory=3)).memory.size == 0


def test_calls_and_selected_frames(session: Session) -> None:
    session.add_break("fact")
    session.cont(3)
    session.select_frame(2)
    screen = session.screen(Layout())
    assert [f.selected for f in screen.calls.frames] == [False, False, True, False]
    assert [f.args for f in screen.calls.frames] == ["3", "4", "5", "5"]
    assert screen.calls.total == 4
    assert screen.state.locals[0].text == "5"
    assert screen.code.lines[screen.code.current].mnemonic == "call"
    assert session.screen(Layout(frame=0)).state.locals[0].text == "3"
    session.step()
    assert session.frame == 0


def test_output_and_events(session: Session) -> None:
    session.run_to_end()
    session.goto(session.total // 2)
    view = session.screen(Layout(output_bytes=4)).output
    assert (view.text, view.total, view.later) == ("\nok\n", 6, 9)
    assert [event.kind for event in view.events] == ["output"] * 5 + ["finished"]
    assert [event.step for event in view.events] == sorted(event.step for event in view.events)


def test_timeline(session: Session) -> None:
    layout = Layout(cells=20)
    session.add_break("fact")
    session.cont(2)
    session.run_to_end()
    session.set_mark("m", 30)
    before = session.screen(layout).timeline
    assert (before.first, before.last, before.total) == (0, session.total + 1, session.total)
    assert before.lanes[0].cells == (None,) * 20
    assert session.refine(layout)
    view = session.screen(layout).timeline
    assert [lane.name for lane in view.lanes] == ["depth", "writes"]
    assert len(view.overview) == 20 and max(view.overview) == 1.0
    assert view.overview == view.lanes[0].cells
    assert any(view.lanes[1].cells)
    assert view.marks == (("m", 30),) and len(view.breaks) == 2
    assert {event.kind for event in view.events} == {"output", "finished"}
    assert not session.refine(layout)


def test_timeline_down_to_single_steps(session: Session) -> None:
    session.run_to_end()
    layout = Layout(cells=10, view=(5, 15))
    session.refine(layout)
    depth = session.screen(layout).timeline.lanes[0].cells
    machine_depths = []
    for step in range(6, 16):
        session.goto(step)
        machine_depths.append(session.calls().total)
    peak = max(machine_depths)
    assert depth == tuple(d / max(peak, 4) for d in machine_depths)


def test_a_trap_among_many_steps_shows() -> None:
    session = Session.open(PROGRAMS / "corruption.wasm")
    session.run_to_end()
    for cells in (1, 7, 100):
        view = session.screen(Layout(cells=cells)).timeline
        assert [event.step for event in view.events if event.kind == "trap"] == [session.total]


def test_cells_cover_the_viewport() -> None:
    for first, last, cells in ((0, 10, 3), (5, 6, 8), (0, 101, 100), (7, 1000, 13)):
        edges = cell_edges(first, last, cells)
        assert edges[0] == first and edges[-1] == last and len(edges) == cells + 1
        for step in range(first, last):
            cell = (step - first) * cells // (last - first)
            assert edges[cell] <= step < edges[cell + 1]


def test_refining_gives_way_to_motions() -> None:
    session = Session.open(PROGRAMS / "billion.wasm", invoke="billion", args=["1000000"])
    session.run_to_end()
    session.goto(100_000_000)
    found: list[bool] = []
    thread = Thread(target=lambda: found.append(session.refine(Layout(code_func=(0, 1)))))
    thread.start()
    for _ in range(20):
        session.step()
    thread.join()
    assert session.cursor == 100_000_020
    assert not session.refine(Layout(code_func=(0, 1)), cancel=_set())


def _set() -> Event:
    event = Event()
    event.set()
    return event


def test_a_session_that_has_not_started(tmp_path: Path) -> None:
    session = opened(tmp_path)
    assert not session.started
    names = [name for name, _ in session.exports_to_choose()]
    assert names == ["walk", "crash", "floats"]
    with pytest.raises(CommandError, match="not been started"):
        session.step()
    with pytest.raises(CommandError, match="argument 1"):
        session.begin("walk", ["five"])
    assert not session.started
    session.begin("walk", ["5"])
    assert session.started and session.exports_to_choose() == []
    session.close()


def test_toggling_breakpoints_in_the_gutter(session: Session) -> None:
    view = session.toggle_break(0, 3, 0xE4)
    assert view is not None and view.where == "func[3] fact"
    assert session.toggle_break(0, 3, 0xE4) is None and session.breakpoints() == ()
    with pytest.raises(CommandError, match="no instruction executes"):
        session.toggle_break(0, 3, 0xE5)
