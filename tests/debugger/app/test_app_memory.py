"""The memory pane: / and ; search, x shows numbers, Enter follows a pointer."""

from __future__ import annotations

from pathlib import Path

import pytest

from debugger.app import DebuggerApp
from debugger.session import Session
from debugger.widgets.history import History
from debugger.widgets.memory import Memory
from debugger.widgets.numbers import KINDS, as_number
from debugger.widgets.state import State
from tests.debugger.app.driving import NARROW, WIDE, driven
from tests.debugger.app.test_app_pictures import Compare, pressing
from tests.debugger.sessions import opened
from tests.debugger.test_session_points import MEMORIES


async def test_searching_goes_from_place_to_place(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.type("goto 60000")
        memory = it.pane(Memory)
        await it.press("slash", *'"May"', "enter")
        assert memory.selected in (0x10049, 0x10096, 0x101D4)
        seen = set()
        for _ in range(3):
            await it.press("semicolon")
            seen.add(memory.selected)
        assert seen == {0x10049, 0x10096, 0x101D4} and "of 3" in it.message
        await it.press("slash", *"zz", "enter")
        assert "zz" in it.message


async def test_the_first_time_is_gone_to_and_shown(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("c")
        await it.type("find-first i32 99840")
        assert it.step == 46_549 and it.pane(Memory).selected == 0x1022F


async def test_numbers_of_every_kind(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.type("goto 60000")
        await it.press("at", *"0x101e0", "enter")
        it.main.open_pane("memory")
        memory = it.pane(Memory)
        shown = []
        for kind in KINDS[1:-1]:
            await it.press("x")
            assert memory.kind == kind
            lines = it.text(Memory)
            assert all(len(line) <= memory.size.width for line in lines)
            shown.append(next(line for line in lines if "[" in line))
        assert len(set(shown)) > 5
        await it.press("x", "x")
        assert memory.kind == "bytes"
        await it.press("X", "X")
        assert memory.kind == "f64"


async def test_pointers_are_followed_and_come_back_from(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.type("set {int}0x10300 = 0x10049")
        await it.type("set {int}0x10304 = -1")
        it.main.open_pane("memory")
        memory = it.pane(Memory)
        await it.press("at", *"0x10300", "enter")
        await it.press("enter")
        assert memory.selected == 0x10049
        await it.press("backspace")
        assert memory.selected == 0x10300
        await it.press("at", *"0x10304", "enter", "enter")
        assert memory.selected == 0x10304 and "no pointer" in it.message


@pytest.mark.parametrize("kind", ["i32", "f64", "u8"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_picture_of_numbers(size: tuple[int, int], kind: str, corruption: Session,
                              snap_compare: Compare) -> None:
    keys = pressing(":=goto 60000", '/="Maya L"', ":=diff 59000", "@=0x101e0",
                    *["x"] * KINDS.index(kind))
    assert snap_compare(DebuggerApp(corruption), terminal_size=size, run_before=keys)


def test_numbers_as_text() -> None:
    assert as_number("i8", b"\xff") == "-1" and as_number("u16", b"\xff\xff") == "65535"
    assert as_number("f32", bytes.fromhex("cdcccc3d")) == "0.1"
    assert as_number("f64", bytes.fromhex("9a9999999999b93f")) == "0.1"
@pytest.mark.parametrize("presses", [1, 2], ids=["beside", "map"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_picture_of_heat(size: tuple[int, int], presses: int, corruption: Session,
                           snap_compare: Compare) -> None:
    keys = pressing(":=goto 60000", "@=0x101e0", *["h"] * presses)
    assert snap_compare(DebuggerApp(corruption), terminal_size=size, run_before=keys)


def test_a_picture_of_texts(corruption: Session, snap_compare: Compare) -> None:
    keys = pressing(":=goto 60000", "@=0x101c0", "X")
    assert snap_compare(DebuggerApp(corruption), terminal_size=WIDE, run_before=keys)


async def test_heat_is_that_of_what_the_timeline_shows(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("c")
        memory = it.pane(Memory)
        await it.press("at", *"0x101e0", "enter", "h")
        assert memory.view is not None and memory.view.heat is not None
        line = 0x101E0 // memory.view.heat.line
        assert (memory.view.heat.first, memory.view.heat.last) == (0, it.step)
        whole = memory.view.heat.writes[line]
        assert whole and "█" in "".join(row[:9] for row in it.text(Memory))
        await it.press("plus", "plus")
        await it.rest()
        heat = memory.view.heat
        assert heat is not None and heat.first > 0 and heat.writes[line] < whole
        await it.press("h")
        assert memory.heat == "map" and "│" in it.text(Memory)[1]
        there = memory.selected
        await it.press("down")
        assert memory.selected == there + memory.map.columns * memory.map.cell
        await it.press("up", "enter")
        assert memory.heat == "beside" and memory.top <= there
        await it.press("h", "h")
        assert memory.heat == "" and memory.view.heat is None


async def test_texts_one_after_the_other(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.type("goto 60000")
        await it.press("at", *"0x101d4", "enter", "X")
        memory = it.pane(Memory)
        assert memory.kind == "text" and any('"Maya Lund"' in row for row in it.text(Memory))
        await it.press("down", "down")
        chosen, = [row for row in it.text(Memory) if ">" in row]
        assert '"Reserve"' in chosen and memory.selected == 0x101E4


async def test_u_comes_back_from_pointers_first(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.type("set {int}0x10300 = 0x10049")
        await it.press("s", "at", *"0x10300", "enter", "enter")
        memory, step = it.pane(Memory), it.step
        assert memory.selected == 0x10049
        await it.press("u")
        assert memory.selected == 0x10300 and it.step == step
        await it.press("u")
        assert it.step == step - 1


async def test_other_memories_and_their_pointers(tmp_path: Path) -> None:
    session = opened(tmp_path, MEMORIES, invoke="run")
    session.run_to_end()
    async with driven(session) as it:
        memory = it.pane(Memory)
        await it.press("at", *"mem2: 65528", "enter")
        assert memory.view.index == 2 and memory.selected == 65528 and memory.view.pointer == 8
        await it.press("enter")
        assert memory.selected == 6
        await it.press("u")
        assert memory.selected == 65528
        await it.press("W")
        assert "i64.store" in session.line_here()
        await it.press("o", "o")
        assert memory.view.index == 1
        await it.press("at", *"mem1[32]", "enter", "4", "V")
        assert it.pane(History).view.total == 14


async def test_who_read_this_and_who_pushed_it(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("c", "at", *"0x101e0", "enter", "4", "R")
        assert it.step == 3_534_506
        await it.press("4", "V")
        assert it.pane(History).view.what == "reads and writes of 0x101e0, 4"
        await it.type("goto 2000000")
        while not corruption.state().stack:
            await it.press("s")
        here = it.step
        it.main.open_pane("state")
        state = it.pane(State)
        state.selected = 1
        assert state.selected_place == ("stack", 0)
        await it.press("W")
        assert it.step < here and it.main.shown.message.startswith("step")
        await it.type("goto 2000000")
        state.selected = next(i for i, row in enumerate(it.text(State)) if "table[0]" in row)
        await it.press("enter", "right")
        assert state.selected_element == (0, 0)
        await it.press("W")
        assert "nothing wrote that" in it.message
