"""Deep stacks and long names on the screen: every pane stays in its lines and asks for little."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.events import MouseDown, MouseEvent, MouseMove, MouseUp
from textual.widgets import Input

from debugger.session import Session
from debugger.widgets.calls import Calls
from debugger.widgets.output import Output
from debugger.widgets.painted import Painted
from debugger.widgets.prompt import Prompt
from debugger.widgets.timeline import Timeline
from tests.debugger import extremes
from tests.debugger.app.driving import NARROW, WIDE, Driven, driven
from tests.debugger.sessions import opened

DEEP = 20_000


def check_lines(it: Driven) -> None:
    """Every line of every pane in sight is as wide as the pane."""
    for pane in it.main.query(Painted):
        if pane.display:
            for y in range(pane.size.height):
                assert pane.paint(y).cell_length == pane.size.width, (pane.id, y)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_long_names_in_every_pane(tmp_path: Path, size: tuple[int, int]) -> None:
    with opened(tmp_path, extremes.long_names(), invoke="run", args=("50",)) as session:
        session.run_to_end()
        session.add_break(extremes.NAME)
        session.start()
        async with driven(session, size) as it:
            await it.press("c")
            assert it.main.shown is not None
            assert it.main.shown.calls.frames[0].name == extremes.NAME
            for keys in (("t", "right", "down"), ("p",), ("v",), ("Y",)):
                await it.press(*keys)
                check_lines(it)
            for pane, _ in it.main.pane_titles():
                it.main.open_pane(pane)
                await it.rest()
                check_lines(it)
                await it.press("z")
                check_lines(it)
                await it.press("z")


async def test_long_names_in_completion_and_palette(tmp_path: Path) -> None:
    with opened(tmp_path, extremes.long_names(), invoke="run", args=("50",)) as session:
        async with driven(session) as it:
            await it.pilot.press("colon", *"break std", "tab")
            prompt = it.pane(Prompt)
            await it.until("the name", lambda: extremes.NAME in prompt.line.text)
            check_lines(it)
            await it.pilot.press("escape")
            await it.rest()
            await it.pilot.press("ctrl+p", *"find")
            await it.until("the palette", lambda: len(it.app.screen_stack) > 2)
            assert it.app.screen.query_one(Input).value
            await it.pilot.press("escape")


async def test_a_deep_stack_is_scrolled_through(tmp_path: Path) -> None:
    with opened(tmp_path, extremes.deep_stack(), invoke="run", args=(str(DEEP),)) as session:
        session.run_to_end()
        session.goto(DEEP * 8)
        async with driven(session) as it:
            it.main.open_pane("calls")
            await it.rest()
            calls, looks = it.pane(Calls), 0
            assert calls.view is not None and calls.row_count() == calls.view.total > DEEP - 10
            await it.press("ctrl+end")
            assert it.text(Calls)[-1].split()[0] == "run"
            assert len(calls.view.frames) <= 200
            for _ in range(5):
                await it.press("pageup")
                looks += calls.view.first > 0
                assert not any(line.strip() == "…" for line in it.text(Calls))
            assert looks
            # choosing one shows it, whichever it is
            calls.selected = DEEP - 1000
            calls.reveal(calls.selected)
            await it.press("enter")
            shown = it.main.shown
            assert shown is not None
            chosen = [frame for frame in shown.calls.frames if frame.selected]
            assert [frame.level for frame in chosen] == [DEEP - 1000]
            # and a motion is back at the innermost
            await it.press("s")
            assert calls.view.first == 0 and calls.selected == 0 and calls.top == 0
            await it.type(f"frame {DEEP - 5}")
            assert calls.selected == DEEP - 5
            assert calls.top <= calls.selected < calls.top + calls.size.height
            check_lines(it)


async def test_output_is_paged_through(tmp_path: Path) -> None:
    """Numbered lines, far more than a page, are all come by, in order, once each."""
    with opened(tmp_path, extremes.counting(), invoke="run", args=("9999",)) as session:
        session.run_to_end()
        async with driven(session) as it:
            it.main.open_pane("output")
            await it.press("z")
            pane = it.pane(Output)

            def numbers() -> list[int]:
                words = (line.split() for line in it.text(Output) if "…" not in line)
                return [int(each[0]) for each in words if each and each[0].isdecimal()]

            assert numbers()[-1] == 9999 and pane.view is not None
            assert len(pane.view.text) <= 16384 < pane.view.total
            seen = numbers()
            for _ in range(1000):
                if seen[0] == 1:
                    break
                await it.pilot.press("pageup")
                await it.until("the page", lambda: it.main.driver.idle)
                new = [number for number in numbers() if number < seen[0]]
                assert new and new == list(range(new[0], seen[0]))
                seen = new + seen
            assert seen == list(range(1, 10_000))
            await it.press("ctrl+end")
            assert numbers()[-1] == 9999
            await it.press("ctrl+home")
            assert numbers()[0] == 1
            await it.press("pagedown")
            assert numbers()[0] > 1
            last = numbers()[-1]
            for _ in range(150):
                await it.pilot.press("pagedown")
                await it.until("the page", lambda: it.main.driver.idle)
                assert numbers()[0] <= last + 1 < numbers()[-1] + 1     # nothing is left out
                last = numbers()[-1]
            assert last > 4000 and pane.view.start
            await it.press("S")         # a motion is back at the cursor's own output
            assert numbers()[-1] == 9999


async def test_a_drag_previews_and_repaints_only_where_the_cursor_is(corruption: Session) -> None:
    corruption.run_to_end()
    async with driven(corruption) as it:
        pane, lines = it.pane(Timeline), []
        paint = pane.render_line
        pane.render_line = lambda y: (lines.append(y), paint(y))[1]  # type: ignore
        x, y = pane.content_region.x + 30, pane.content_region.y + 1

        def mouse(kind: type[MouseEvent], at: int) -> None:
            it.app.post_message(kind(None, at, y, 0, 0, 1, False, False, False, at, y))

        mouse(MouseDown, x)
        await it.pilot.pause()
        submitted = []
        it.main.driver.submit = lambda job: submitted.append(job) or True  # type: ignore
        for i in range(1, 40):
            mouse(MouseMove, x + i)
        await it.until("the preview", lambda: pane.preview == pane._step_at(30 + 39, 1))
        assert not submitted        # all of that came from what the view holds
        del it.main.driver.submit
        mouse(MouseUp, x + 39)
        await it.rest()
        assert it.step == pane._step_at(30 + 39, 1)
