"""Watching by key: w, W, v, B, P, Space, and the panes that show what came of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from debugger.app import DebuggerApp
from debugger.session import Session
from debugger.widgets.breaks import Breaks
from debugger.widgets.code import Code
from debugger.widgets.history import History
from debugger.widgets.log import Log
from debugger.widgets.memory import Memory
from debugger.widgets.state import State
from tests.debugger.app.conftest import Opener
from tests.debugger.app.driving import NARROW, PROGRAMS, WIDE, driven
from tests.debugger.app.test_app_pictures import Compare, pressing


async def test_who_wrote_the_selected_bytes(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("c")
        await it.press("at", *"0x101e0", "enter")
        await it.press("4", "W")
        assert it.step == 96_758
        await it.press("4", "W")
        assert it.step == 1_001
        await it.press("W")
        assert it.step == 1_001 and "nothing wrote" in it.message


async def test_watching_the_selected_bytes(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("at", *"0x101e0", "enter")
        await it.press("4", "w")
        assert "watchpoint 1 on 0x101e0, 4" in it.message
        assert any("watch 0x101e0, 4" in line for line in it.text(Breaks))
        await it.press("c")
        assert it.step == 1_001 and "0 → 100000" in it.message
        await it.press("c")
        assert it.step == 96_758
        await it.press("c", "C")
        assert it.step == 96_758, "the same backwards"
        assert any(line.endswith(" 2") for line in it.text(Breaks)), "hits over the recording"


async def test_the_history_of_the_selected_bytes(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("c")
        await it.press("at", *"0x101e0", "enter")
        await it.press("4", "v")
        assert it.main.pane == "history"
        rows = it.text(History)
        assert "1,001" in rows[0] and "96,758" in rows[1] and not rows[2]
        await it.press("up", "up", "enter")
        assert it.step == 1_001
        assert it.text(History)[0].startswith("►")


async def test_a_long_history_comes_by_the_page(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("c")
        await it.type("break random_below")
        await it.type("hits 1 1")
        pane = it.pane(History)
        assert pane.row_count() > 30_000
        await it.press("ctrl+end")
        assert "…" not in it.text(History)[-1] and "random_below" in it.text(History)[-1]
        await it.press("enter")
        assert it.step > 1_000_000


async def test_watching_a_local_and_a_global(climb: Session) -> None:
    async with driven(climb) as it:
        await it.press("5", "0", "s")

        def select() -> None:
            rows = it.text(State)
            it.pane(State).selected = next(i for i, row in enumerate(rows) if "$ways" in row)

        it.main.open_pane("state")
        select()
        await it.press("w")
        assert "watchpoint 1 on $ways of stair_climb" in it.message
        await it.press("c")
        assert it.step > 50 and "$ways" in it.message and "→" in it.message
        here = it.step
        await it.press("W")
        before = it.step
        await it.press("W")
        assert it.step < before < here and it.pane(State).selected_place[0] == "locals"
        it.pane(State).selected = 0
        await it.press("w")
        assert "select a local" in it.message
        select()
        await it.press("v")
        assert "changes of $ways of stair_climb" in it.message


async def test_an_instruction_names_what_to_watch(climb: Session) -> None:
    async with driven(climb) as it:
        await it.press("s", "w")
        assert "watchpoint 1 on $" in it.message and "local.set" in str(
            it.pane(Code).selected_line)


async def test_a_condition_is_asked_for(climb: Session) -> None:
    async with driven(climb) as it:
        await it.press(*["down"] * 8)
        await it.press("B", *"$ways > 100", "enter")
        assert "if $ways > 100" in it.message
        assert "◆" in "".join(it.text(Code))
        await it.press("c")
        assert "breakpoint 1" in it.message
        assert any("$ways" in row and "144" in row for row in it.text(State))
        await it.press("B", *["backspace"] * 3, *"1000", "enter", "c")
        assert any("$ways" in row and "1597" in row for row in it.text(State))
        await it.press("B", "ctrl+u", "minus", "enter")
        assert "●" in "".join(it.text(Code))
        await it.press("space")
        assert "○" in "".join(it.text(Code))
        await it.press("c")
        assert it.main.session.ended
        await it.press("B", *"nonsense(", "enter")
        assert "breaks off" in it.message or "missing" in it.message


async def test_a_log_point_prints_into_the_log(climb: Session) -> None:
    async with driven(climb) as it:
        await it.press(*["down"] * 8)
        await it.press("P", *"ways is {$ways}", "enter")
        assert "◇" in "".join(it.text(Code))
        await it.press("c")
        assert it.main.session.ended
        assert any("ways is 6765" in row for row in it.text(Log))


async def test_the_breaks_pane_by_keys(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.type("break set_owner if $1 == 65609")
        await it.type("watch i32[0x101e0]")
        await it.type("catch fd_write")
        it.main.open_pane("breaks")
        it.pane(Breaks).selected = 0
        await it.press("enter")
        assert it.main.pane == "breaks" and "set_owner" in str(it.pane(Code).view.name)  # type: ignore[union-attr]
        await it.press("down", "space")
        assert "○" in it.text(Breaks)[1]
        await it.press("space", "c", "v")
        assert it.main.pane == "history" and "1,001" in it.text(History)[0]
        it.main.open_pane("breaks")
        await it.press("b")
        assert not any("0x101e0" in row for row in it.text(Breaks))


async def test_bytes_of_another_memory(opened: Opener, corruption: Session) -> None:
    async with driven(corruption) as it:
        it.main.open_pane("memory")
        it.pane(Memory).selected = 5
        await it.press("w")
        assert "watchpoint 1 on 0x5" in it.message


KEYS = ("c", "@=0x101e0", "4", "w", ":=break set_owner if $1 == 65609", ":=catch fd_write",
        ':=dprintf send_money, "from {$0}"', ":=ww sp if new < 65500", ":=ignore 3 2", "C")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_all_kinds_of_breakpoints(size: tuple[int, int], corruption: Session,
                                  snap_compare: Compare) -> None:
    keys = pressing(*KEYS, ":=tbreak audit")
    assert snap_compare(DebuggerApp(corruption), terminal_size=size, run_before=keys)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_history(size: tuple[int, int], corruption: Session, snap_compare: Compare) -> None:
    keys = pressing("c", ":=history u8[0x10230]", "up", "up", "enter")
    assert snap_compare(DebuggerApp(corruption), terminal_size=size, run_before=keys)


def test_asking_for_a_condition(climb: Session, snap_compare: Compare) -> None:
    keys = pressing(*["down"] * 8, "B", *"$ways > 1")
    assert snap_compare(DebuggerApp(climb), terminal_size=NARROW, run_before=keys)


async def test_a_kept_breakpoint_that_can_not_be_set_is_told(tmp_path: Path) -> None:
    session = Session.open(PROGRAMS / "corruption.wasm", state=tmp_path)
    session.add_break("audit")
    session.close()
    file, = tmp_path.glob("*/*")
    file.write_text(file.read_text().replace("audit", "odit"))
    again = Session.open(PROGRAMS / "corruption.wasm", state=tmp_path)
    async with driven(again) as it:
        assert "kept, but not set: breakpoint odit" in it.message
    again.close()
