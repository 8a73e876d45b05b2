"""What if, by key: e edits what is selected, y and the notes pane switch branches, Y compares."""

from __future__ import annotations

import pytest

from debugger.app import DebuggerApp
from debugger.session import Session
from debugger.widgets.header_bar import HeaderBar
from debugger.widgets.memory import Memory
from debugger.widgets.notes import Notes
from debugger.widgets.state import State
from tests.debugger.app.driving import NARROW, WIDE, Driven, driven
from tests.debugger.app.test_app_pictures import Compare, pressing


def select(it: Driven, row: str) -> None:
    state = it.pane(State)
    it.main.set_focus(state)
    state.selected = next(i for i, line in enumerate(it.text(State)) if row in line)


async def test_a_local_is_edited_and_the_branch_goes_its_own_way(climb: Session) -> None:
    async with driven(climb) as it:
        await it.press("2", "0", "s")
        select(it, "$n")
        before = it.text(State)
        await it.press("e")
        assert it.main.query_one("#prompt").line.text, "the value that it has"  # type: ignore
        await it.press("ctrl+u", *"3", "enter")
        assert it.step == 20 and it.text(State) != before
        assert "branch b1" in it.text(HeaderBar)[0] and "→ 3" in it.message
        assert it.main.tiling.is_open("notes")
        assert [line.split()[0] for line in it.text(Notes)[1:3]] == ["main", "►"]
        await it.press("dollar_sign")
        await it.press("y")
        assert "branch main" in it.text(HeaderBar)[0]
        await it.press("Y")
        assert it.main.pane == "log" or it.main.tiling.is_open("log")


async def test_bytes_are_edited_and_undone(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("1", "0", "0", "2", "s")
        await it.press("at", *"0x101e0", "enter")
        await it.press("4", "e")
        assert it.main.query_one("#prompt").line.text == "100000"  # type: ignore[attr-defined]
        await it.press("ctrl+u", *"77", "enter")
        assert it.pane(Memory).view.data[32:36] == bytes([77, 0, 0, 0])
        assert 0x101E0 in it.pane(Memory).view.changed
        await it.press("u")
        assert "branch main" in it.text(HeaderBar)[0]
        await it.press("U")
        assert "branch b1" in it.text(HeaderBar)[0]


async def test_an_operand_is_edited(climb: Session) -> None:
    async with driven(climb) as it:
        while not it.main.shown.state.stack:
            await it.press("s")
        select(it, " i32")
        it.pane(State).selected = 1
        await it.press("e", "ctrl+u", *"5", "enter")
        assert it.main.shown.state.stack[0].bits == 5


async def test_what_is_wrong_is_said(climb: Session) -> None:
    async with driven(climb) as it:
        await it.press("s")
        select(it, "$n")
        await it.press("e", "ctrl+u", *"zz", "enter")
        assert "zz" in it.message and "branch main" in it.text(HeaderBar)[0]


async def test_a_branch_is_chosen_in_the_notes_pane(climb: Session) -> None:
    async with driven(climb) as it:
        await it.press("9", "s")
        await it.type("set $0 = 4")
        await it.type("set $0 = 5")
        notes = it.pane(Notes)
        it.main.open_pane("notes")
        notes.selected = 1
        await it.press("enter")
        assert "branch main" in it.text(HeaderBar)[0]
        await it.press("down", "enter")
        assert "branch b1" in it.text(HeaderBar)[0] and it.step == 9


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_picture_of_a_branch(size: tuple[int, int], corruption: Session,
                               snap_compare: Compare) -> None:
    keys = pressing(":=goto 1002", ":=set {int}0x101e0 = 77", "@=0x101e0", ":=goto 60000",
                    ":=branch main", ":=branch b1", ":=goto 1002")
    assert snap_compare(DebuggerApp(corruption), terminal_size=size, run_before=keys)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_picture_of_a_comparison(size: tuple[int, int], corruption: Session,
                                   snap_compare: Compare) -> None:
    keys = pressing("c", ":=goto 1002", ":=set {int}0x101e0 = 77", "c", ":=compare")
    assert snap_compare(DebuggerApp(corruption), terminal_size=size, run_before=keys)


