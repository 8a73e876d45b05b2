"""The mouse: gutter, tabs, timeline, hints, wheel."""

from __future__ import annotations

from textual import events

from debugger.session import Session
from debugger.widgets.breaks import Breaks
from debugger.widgets.calls import Calls
from debugger.widgets.code import Code
from debugger.widgets.hint_bar import HintBar
from debugger.widgets.memory import Memory
from debugger.widgets.timeline import Timeline
from tests.debugger.app.driving import END, Driven, driven


async def wheel(it: Driven, pane: type[Timeline] | type[Code], down: bool, *, ctrl: bool = False
                ) -> None:  # fmt: skip
    """Turns the wheel over the middle of a pane."""
    kind = events.MouseScrollDown if down else events.MouseScrollUp
    await it.pilot._post_mouse_events(
        [kind], it.pane(pane), offset=(50, 2), button=0, control=ctrl
    )
    await it.rest()


async def test_the_gutter_toggles_a_breakpoint(climb: Session) -> None:
    async with driven(climb) as it:
        await it.pilot.click(Code, offset=(1, 6))
        await it.rest()
        (point,) = it.pane(Breaks).view
        assert point.offset == it.pane(Code).view.lines[5].offset
        assert it.text(Code)[5].startswith("●")
        it.main.open_pane("breaks")
        await it.rest()
        await it.pilot.click(Breaks, offset=(2, 1))
        await it.rest()
        assert it.text(Code)[5].startswith("○")
        await it.pilot.click(Code, offset=(1, 6))
        await it.rest()
        assert it.pane(Breaks).view == ()


async def test_a_click_selects_an_instruction(climb: Session) -> None:
    async with driven(climb) as it:
        await it.pilot.click(Code, offset=(20, 9))
        assert it.pane(Code).selected == 8
        assert it.pane(Breaks).view == ()


async def test_titles_are_tabs(climb: Session) -> None:
    async with driven(climb) as it:
        await it.pilot.click(Calls, offset=(12, 0))
        await it.rest()
        assert it.main.pane == "breaks"
        assert it.pane(Breaks).display
        assert not it.pane(Calls).display


async def test_clicking_the_timeline_goes_there(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("c")
        timeline = it.pane(Timeline)
        await it.pilot.click(Timeline, offset=(11 + timeline.cells // 2, 2))
        await it.rest()
        assert abs(it.step / it.main.shown.timeline.total - 0.5) < 0.02
        await it.pilot.click(Timeline, offset=(11, 1))
        await it.rest()
        assert it.step == 0


async def test_clicking_a_sign_goes_to_its_very_step(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("c", "0")
        timeline = it.pane(Timeline)
        cell = timeline._viewport().cell(END)
        await it.pilot.hover(Timeline, offset=(11 + cell, 4))
        await it.pilot.pause()
        assert "unreachable" in timeline.border_subtitle
        await it.pilot.click(Timeline, offset=(11 + cell, 4))
        await it.rest()
        assert it.step == END


async def test_the_wheel_steps_and_zooms(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("c", "0")
        await wheel(it, Timeline, True)
        assert it.step == 1
        await wheel(it, Timeline, False)
        assert it.step == 0
        before = it.pane(Timeline).view
        await wheel(it, Timeline, False, ctrl=True)
        after = it.pane(Timeline).view
        assert after.last - after.first < 0.6 * (before.last - before.first)
        await wheel(it, Timeline, True, ctrl=True)
        assert it.pane(Timeline).view.last == before.last


async def test_the_wheel_scrolls_code(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.type("break audit")
        await it.press("c")
        top = it.pane(Code).top
        await wheel(it, Code, True)
        assert it.pane(Code).top == top + 3


async def test_hovering_tells_the_step(corruption: Session) -> None:
    async with driven(corruption) as it:
        await it.press("c")
        await it.pilot.hover(Timeline, offset=(60, 2))
        await it.pilot.pause()
        assert "step 1," in it.pane(Timeline).border_subtitle


async def test_bytes_are_selected_by_digits_and_by_character(corruption: Session) -> None:
    async with driven(corruption) as it:
        memory = it.pane(Memory)
        start = memory.view.address
        await it.pilot.click(Memory, offset=(9, 1))
        assert memory.selected == start
        await it.pilot.click(Memory, offset=(9 + 3 * 9 + 1, 2))
        assert memory.selected == start + 16 + 9
        row = memory.paint(0).text
        await it.pilot.click(Memory, offset=(1 + len(row.rstrip()) - 1, 3))
        assert memory.selected == start + 32 + 15


async def test_hints_are_buttons(climb: Session) -> None:
    async with driven(climb) as it:
        await it.pilot.click(HintBar, offset=(2, 0))
        await it.rest()
        assert it.step == 1
