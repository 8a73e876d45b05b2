"""Calls over time, profiles, events and notes: t, p, [ and ], E, i, and their panes."""

from __future__ import annotations

import pytest

from debugger.app import DebuggerApp
from debugger.session import Session
from debugger.styles.themes import LIGHT
from debugger.widgets.calltree import CallTree
from debugger.widgets.events import Events
from debugger.widgets.flame import Flame
from debugger.widgets.notes import Notes
from debugger.widgets.profile import Profile
from tests.debugger.app.driving import NARROW, WIDE, driven
from tests.debugger.app.test_app_pictures import Compare, pressing


async def test_the_call_tree_opens_at_the_cursor(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("c")
        await it.type("goto 2000000")
        await it.press("t")
        tree = it.pane(CallTree)
        assert it.main.pane == "tree" and tree.call is not None
        assert tree.call.name == "journal_says" and tree.call.args == "2"
        assert any("journal_says(2) → 57783" in line for line in it.text(CallTree))
        await it.press("enter")
        assert it.step == tree.call.first == 1_958_218
        await it.press("r")
        assert it.step == tree.call.last == 2_223_191
        assert tree.call.name == "journal_says", "looking for a while doesn't lose the place"


async def test_opening_and_closing_calls(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("c", "0", "t")
        tree = it.pane(CallTree)
        rows = tree.row_count()
        await it.press("ctrl+home", "down", "down", "right")
        assert tree.call is not None and tree.call.name == "__original_main"
        assert tree.row_count() > rows
        opened = tree.row_count()
        await it.press("down", "right")
        assert tree.row_count() > opened
        await it.press("left", "left")
        assert tree.call.name == "__original_main"
        await it.press("left")
        assert tree.row_count() == rows


async def test_the_calls_of_a_function_come_by_the_page(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("c")
        await it.type("calls send_money 1 50")
        tree = it.pane(CallTree)
        assert it.main.pane == "tree" and tree.row_count() == 51
        await it.press("ctrl+end")
        assert "11,950 later" in it.text(CallTree)[-1]
        await it.press("enter")
        first = tree.call_at(1)
        assert "50 earlier" in it.text(CallTree)[0] or first is not None
        await it.press("r")


async def test_a_profile_and_its_flame_graph(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("c", "p")
        flame = it.pane(Flame)
        assert it.main.pane == "flame" and flame.path is not None
        assert flame.path.name == "_start" and flame.path.total == 3_535_899
        lines = it.text(Flame)
        assert "audit" in lines[2] and "trade" in lines[2]
        await it.press("down", "down", "right")
        assert flame.path.name == "trade"
        await it.press("enter")
        assert it.text(Flame)[2].strip("▏ ") == "trade", "it fills the width"
        assert "random_below" in it.text(Flame)[4]
        await it.press("backspace")
        assert "audit" in it.text(Flame)[2]
        await it.press("greater_than_sign")
        assert it.main.pane == "profile"
        assert "journal_says" in it.text(Profile)[1]
        await it.press("down", "down", "enter")
        assert it.main.pane == "tree", "the calls of a function"


async def test_a_profile_of_what_the_timeline_shows(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("c", "plus", "p")
        view = it.pane(Flame).view
        assert view is not None and it.main.looking.viewport is not None
        first, last = it.main.looking.viewport
        assert (view.first, view.last) == (first, min(last, 3_535_899))


async def test_the_flame_graph_by_mouse(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("c", "p")
        flame = it.pane(Flame)
        await it.pilot.click(Flame, offset=(60, 3))
        await it.rest()
        assert flame.path is not None and flame.path.name == "trade"
        await it.pilot.click(Flame, offset=(60, 3))
        await it.rest()
        assert it.text(Flame)[2].strip("▏ ") == "trade"


async def test_along_the_events(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("c", "left_square_bracket")
        assert "fd_write(fd 1, " in it.message
        last = it.step
        await it.press("left_square_bracket")
        assert it.step < last
        await it.press("right_square_bracket", "right_square_bracket")
        assert it.step == 3_535_899
        await it.press("E")
        assert it.main.looking.event_kinds == ("output",)
        assert all("fd_write" in line for line in it.text(Events) if line)
        await it.type("filter-events end")
        assert len([line for line in it.text(Events) if line]) == 1
        await it.press("left_square_bracket")
        assert it.step == 3_535_899 and "no such event" in it.message


async def test_a_note(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("c", "i", *"the audit fails", "enter")
        await it.press("m", "a", "0")
        it.main.open_pane("notes")
        await it.rest()
        assert it.text(Notes)[0] == " ✎ 3,535,899 the audit fa…"
        assert it.text(Notes)[1] == " 'a step 3,535,899"
        await it.press("down", "up", "enter")
        assert it.step == 3_535_899
        assert it.text(Notes)[0].startswith("►")
        assert "the audit fails" in str(it.pane(Notes).border_subtitle)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_call_tree(size: tuple[int, int], corruption: Session, snap_compare: Compare) -> None:
    keys = pressing("c", ":=goto 2000000", "t", *["z"] * (size == NARROW))
    assert snap_compare(DebuggerApp(corruption), terminal_size=size, run_before=keys)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_flame_graph(size: tuple[int, int], corruption: Session, snap_compare: Compare) -> None:
    keys = pressing("c", "p", "down", "down", "z")
    assert snap_compare(DebuggerApp(corruption), terminal_size=size, run_before=keys)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_profile(size: tuple[int, int], corruption: Session, snap_compare: Compare) -> None:
    keys = pressing("c", ":=profile 1M 2M", "down", "down", "z", theme=LIGHT)
    assert snap_compare(DebuggerApp(corruption), terminal_size=size, run_before=keys)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_events_and_notes(size: tuple[int, int], corruption: Session,
                          snap_compare: Compare) -> None:
    keys = pressing("c", "i=the audit fails", "left_square_bracket", "m", "a", "E")
    assert snap_compare(DebuggerApp(corruption), terminal_size=size, run_before=keys)
