"""Every action by its key, on real programs."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events

from debugger.codeviews import CodeLine
from debugger.screens.help import HelpLines, HelpScreen
from debugger.session import Session
from debugger.styles.themes import LIGHT
from debugger.views import NoteView
from debugger.widgets.breaks import Breaks
from debugger.widgets.calls import Calls
from debugger.widgets.code import Code
from debugger.widgets.events import Events
from debugger.widgets.log import Log
from debugger.widgets.memory import Memory
from debugger.widgets.notes import Notes
from debugger.widgets.output import Output
from debugger.widgets.prompt import Prompt
from debugger.widgets.state import State
from debugger.widgets.timeline import Timeline
from tests.debugger.app.driving import END, NARROW, WIDE, Driven, driven
from tests.debugger.app.fake import FakeSession
from tests.debugger.sessions import VECTORS, opened


def current(it: Driven) -> CodeLine:
    view = it.pane(Code).view
    assert view is not None
    return view.lines[view.current]


async def test_stepping_forward_and_back(climb: Session) -> None:
    async with driven(climb) as it:
        assert (it.step, current(it).mnemonic) == (0, "i32.const")
        await it.press("s")
        assert (it.step, current(it).mnemonic) == (1, "local.set")
        assert "1" in it.text(State)[1]
        await it.press("5", "0", "s")
        assert it.step == 51
        await it.press("S")
        assert it.step == 50
        await it.press("5", "0", "S")
        assert it.step == 0
        await it.press("S")
        assert it.step == 0


async def test_changes_are_shown_with_what_was_before(climb: Session) -> None:
    async with driven(climb) as it:
        await it.press("s", "s")
        assert any("$ways" in row and "0→1" in row for row in it.text(State))


async def test_start_end_undo_redo_goto(climb: Session) -> None:
    async with driven(climb) as it:
        await it.press("c")
        end = it.step
        assert end > 100
        assert "10946" in it.message
        await it.press("0")
        assert it.step == 0
        await it.press("dollar_sign")
        assert it.step == end
        await it.press("u")
        assert it.step == 0
        await it.press("U")
        assert it.step == end
        await it.press("g", *"50%", "enter")
        assert it.step == pytest.approx(end / 2, abs=1)
        await it.press("1", "0", "g")
        assert it.step == 10
        await it.press("g", *"+3", "enter")
        assert it.step == 13
        await it.press("g", *"nowhere", "enter")
        assert it.step == 13
        assert it.main.message_bar.fault


async def test_over_and_out_of_calls(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.type("break open_accounts")
        await it.press("c")
        assert "open_accounts" in it.text(Calls)[0]
        at = it.step
        await it.press("f")
        assert "open_accounts" not in it.text(Calls)[0]
        out = it.step
        await it.type("disable")
        await it.press("N")
        assert it.step == at - 1
        await it.press("n")
        assert it.step == out
        await it.type("enable")
        await it.press("C")
        assert it.step == at
        await it.press("F")
        assert "open_accounts" not in it.text(Calls)[0]


@pytest.mark.parametrize(
    ("forward", "back"), [("f11", "S"), ("f10", "N"), ("shift+f11", "F"), ("f5", "C")]
)
async def test_function_keys(climb: Session, forward: str, back: str) -> None:
    async with driven(climb) as it:
        await it.press("s", "s")
        await it.press(forward)
        assert it.step > 2
        await it.press(back)
        assert it.step <= 2


async def test_continue_to_the_trap_keeps_its_history(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("c")
        assert it.step == END
        assert "unreachable" in it.message
        assert it.main.shown.header.ended
        assert "says 100000" in "".join(it.text(Output))
        await it.press("S")
        assert it.step == END - 1
        await it.press("0")
        assert it.step == 0
        assert it.text(Output)[0] == " nothing printed yet"


async def test_breakpoints_by_key(climb: Session) -> None:
    async with driven(climb) as it:
        await it.pilot.press(*["down"] * 10)
        line = it.pane(Code).selected_line
        assert line is not None
        await it.press("b")
        assert it.pane(Code).selected_line.breakpoint == "on"
        assert len(it.pane(Breaks).view) == 1
        await it.press("c")
        assert current(it).offset == line.offset
        assert "breakpoint 1" in it.message
        first = it.step
        await it.press("c")
        assert it.step > first
        await it.press("C")
        assert it.step == first
        await it.press("f9")
        assert it.pane(Breaks).view == ()


async def test_structure_takes_no_breakpoint(climb: Session) -> None:
    async with driven(climb) as it:
        await it.pilot.press("down", "down", "b")
        await it.rest()
        assert "structure" in it.message
        assert it.pane(Breaks).view == ()


async def test_breaks_pane_shows_code_and_toggles(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.type("break audit")
        it.main.open_pane("breaks")
        await it.press("down", "enter")
        assert it.pane(Code).view.name == "audit"
        assert it.pane(Code).selected_line.breakpoint == "on"
        await it.press("full_stop")
        assert it.pane(Code).view.name == "_start"
        await it.press("b")
        assert it.pane(Breaks).view == ()


async def test_marks(climb: Session) -> None:
    async with driven(climb) as it:
        await it.press("7", "s", "m", "a")
        assert it.pane(Notes).view == (NoteView(7, "a", ""),)
        await it.press("c", "apostrophe", "a")
        assert it.step == 7
        await it.press("apostrophe", "q")
        assert it.main.message_bar.fault
        it.main.open_pane("notes")
        await it.press("0")
        await it.press("down", "enter")
        assert it.step == 7


async def test_escape_leaves_a_prompt(climb: Session) -> None:
    async with driven(climb) as it:
        for key in ("colon", "g", "m", "apostrophe", "at"):
            await it.press(key)
            assert it.pane(Prompt).display
            await it.press("escape")
            assert not it.pane(Prompt).display


async def test_command_line(climb: Session) -> None:
    async with driven(climb) as it:
        await it.type("step 5")
        assert it.step == 5
        await it.type("info locals")
        assert "$stairs" in "".join(it.text(Log))
        await it.type("frobnicate")
        assert it.main.message_bar.fault
        await it.pilot.press("colon", "up")
        assert it.pane(Prompt).line.text == "frobnicate"
        await it.pilot.press("up", "down", "up", "up")
        assert it.pane(Prompt).line.text == "step 5"
        await it.press("enter")
        assert it.step == 10


async def test_keys_that_arrive_together_keep_their_order(climb: Session) -> None:
    async with driven(climb) as it:
        keys = ["s", "colon", *"step 5", "enter", "s", "m", "k", "g", "2", "enter", "s", "down",
                "b", "0", "apostrophe", "k"]  # fmt: skip
        for key in keys:
            character = {"colon": ":", "apostrophe": "'"}.get(key, key)
            it.app.post_message(events.Key(key, character if len(character) == 1 else None))
        await it.rest()
        assert it.step == 7
        assert it.pane(Notes).view == (NoteView(7, "k", ""),)
        assert len(it.pane(Breaks).view) == 1


async def test_editing_and_pasting_a_line(climb: Session) -> None:
    async with driven(climb) as it:
        await it.pilot.press("colon", *"stop 77", "backspace", "ctrl+w", "ctrl+left", "right")
        await it.pilot.press("right", "delete", "delete", *"ep", "end")
        it.app.post_message(events.Paste(" 1\nand more"))
        await it.pilot.pause()
        await it.pilot.press("2", "home", "ctrl+e", "enter")
        await it.rest()
        assert it.step == 12


async def test_completion(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.pilot.press("colon", *"reverse-f", "tab")
        assert it.pane(Prompt).line.text == "reverse-finish "
        await it.press("escape")
        await it.pilot.press("colon", *"break aud", "tab")
        assert it.pane(Prompt).line.text == "break audit "
        await it.press("enter")
        assert len(it.pane(Breaks).view) == 1


async def test_memory_goto_and_movement(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("c")
        await it.press("at", *"0x101e0", "enter")
        memory = it.pane(Memory)
        assert memory.selected == 0x101E0
        row = next(line for line in it.text(Memory) if line.startswith(" 101e0"))
        assert "00 86 01 00" in row.replace("[", " ").replace("]", " ")
        assert row.endswith("Reserve·····")
        it.main.open_pane("memory")
        await it.press("down", "right")
        assert memory.selected == 0x101F1
        await it.press("ctrl+end")
        assert memory.selected == memory.view.size - 1
        await it.press("pageup", "ctrl+home")
        assert (memory.selected, memory.view.address) == (0, 0)
        await it.press("at", *"zzz", "enter")
        assert it.main.message_bar.fault


@pytest.mark.parametrize(("size", "digits"), [(1 << 16, 4), (1 << 20, 5), (1 << 32, 8),
                                              ((1 << 32) + 65536, 9), (6 << 30, 9), (1 << 44, 11)])
async def test_addresses_are_as_wide_as_the_memory_needs(size: int, digits: int) -> None:
    session = FakeSession()
    session.memory_size = size
    async with driven(session) as it:
        address = size - 64
        await it.press("at", *f"{address:#x}", "enter")
        memory = it.pane(Memory)
        assert memory.selected == address
        rows = [line.split()[0] for line in it.text(Memory) if line.strip()]
        assert f"{address:0{digits}x}" in rows
        assert rows[-1] == f"{size - 16:0{digits}x}"
        await it.press("at", *f"{size:#x}", "enter")
        assert it.main.message_bar.fault


async def test_vectors_break_at_the_panes_width(tmp_path: Path) -> None:
    session = opened(tmp_path, VECTORS, invoke="mix", args=["3"])
    async with driven(session) as it:
        await it.press("2", "s", *"lllll")
        lines = it.text(State)
        assert "  $x     v128 i8x16" in [line.rstrip("┃ ") for line in lines]
        lanes = [line.split() for line in lines[lines.index(
            next(line for line in lines if line.startswith("  $x"))) + 1:]][:2]
        assert lanes == [["1", "0", "2", "0", "3", "0", "4", "0"],
                         ["5", "0", "6", "0", "7", "0", "-8", "-1"]]
        it.main.open_pane("state")
        await it.press("z")
        assert "  $x     v128 i8x16 1 0 2 0 3 0 4 0 5 0 6 0 7 0 -8 -1" in it.text(State)
        await it.press("L")
        assert it.message == "vectors are shown as hex"


async def test_frames_and_events_are_places_to_go(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("c")
        it.main.open_pane("calls")
        await it.press("down", "enter")
        assert it.pane(Code).view.name == "__original_main"
        it.main.open_pane("events")
        events = it.pane(Events)
        events.selected = 3
        await it.press("enter")
        assert it.step == events.view[3].step


async def test_tabs_focus_and_maximising(climb: Session) -> None:
    async with driven(climb) as it:
        seen = set()
        for _ in range(6):
            seen.add(it.main.pane)
            await it.press("tab")
        assert seen == {"code", "state", "calls", "memory", "output", "timeline"}
        await it.press("shift+tab", "z")
        assert it.pane(Timeline).size.height == 35
        assert not it.pane(Code).display
        await it.press("z")
        assert it.pane(Code).display
        it.main.open_pane("calls")
        await it.press("greater_than_sign")
        assert it.main.pane == "breaks"
        await it.press("less_than_sign", "less_than_sign")
        assert it.main.pane == "notes"


async def test_theme_and_help(climb: Session) -> None:
    async with driven(climb) as it:
        await it.press("T")
        assert it.app.theme == LIGHT
        await it.press("question_mark")
        assert isinstance(it.app.screen, HelpScreen)
        shown = it.app.screen.query_one(HelpLines)
        assert shown.row_count() > 40
        await it.press("pagedown")
        assert shown.top > 0
        await it.press("escape")
        assert it.app.screen is it.main


async def test_palette_runs_an_action(climb: Session) -> None:
    async with driven(climb) as it:
        await it.pilot.press("ctrl+p")
        await it.pilot.pause(0.3)
        await it.pilot.press(*"last recorded")
        await it.pilot.pause(0.5)
        await it.pilot.press("down", "enter")
        await it.rest()
        assert it.app.screen is it.main
        assert not it.main.message_bar.fault


async def test_zooming_the_timeline(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("c", "0")
        for _ in range(40):
            await it.pilot.press("plus")
        await it.rest()
        view = it.pane(Timeline).view
        assert view.last - view.first == it.pane(Timeline).cells
        assert view.first <= it.step < view.last
        await it.press("dollar_sign")
        view = it.pane(Timeline).view
        assert view.first <= it.step < view.last
        for _ in range(40):
            await it.pilot.press("minus")
        await it.rest()
        assert it.pane(Timeline).view.first == 0


async def test_quit(climb: Session) -> None:
    async with driven(climb) as it:
        await it.pilot.press("q")
        await it.pilot.pause()
        assert it.app._exit


async def test_resizing(climb: Session) -> None:
    async with driven(climb) as it:
        for size in (NARROW, (59, 15), (60, 16), (300, 90), WIDE):
            await it.pilot.resize_terminal(*size)
            await it.rest()
            small = it.main.query_one("#too-small")
            assert small.display == (size == (59, 15))
        await it.press("s")
        assert it.step == 1
