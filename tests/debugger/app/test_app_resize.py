"""The terminal may have any size at any moment."""

from __future__ import annotations

import random
from functools import partial

import pytest

from debugger.session import Session
from debugger.widgets.painted import Painted
from debugger.widgets.panel import Panel
from debugger.widgets.too_small import TooSmall
from tests.debugger.app.conftest import Opener
from tests.debugger.app.driving import driven
from tests.debugger.app.fake import FakeSession

SIZES = [(1, 1), (2, 1), (3, 2), (5, 40), (200, 3), (40, 10), (59, 16), (60, 16), (80, 24),
         (100, 16), (120, 40), (180, 50), (200, 60), (400, 120)]  # fmt: skip
SCREENS = {"main": (), "help": ("question_mark",), "palette": ("ctrl+p",), "prompt": ("colon", "b"),
           "maximised": ("z",), "tree": ("t",), "flame": ("p",)}  # fmt: skip


@pytest.mark.parametrize("keys", SCREENS.values(), ids=SCREENS)
async def test_any_size_of_any_screen(corruption: Session, keys: tuple[str, ...]) -> None:
    sizes = [*SIZES, *reversed(SIZES)]
    random.Random(5).shuffle(sizes)
    async with driven(corruption) as it:
        await it.press("c")
        await it.pilot.press(*keys)
        for width, height in [*sizes, (120, 40)]:
            await it.pilot.resize_terminal(width, height)
            await it.pilot.pause()
            small = width < 60 or height < 16
            await it.until(f"{width}x{height}", partial(
                lambda *wanted: (it.app.screen.size, it.pane(TooSmall).display) == wanted,
                (width, height), small))
        await it.rest()
        for pane in it.main.query(Painted):
            if pane.display and pane.size:
                shown = [pane._drawn[y].text for y in range(pane.size.height)]
                assert shown == [pane.paint(y).text for y in range(pane.size.height)], pane.id


async def test_while_it_runs() -> None:
    session = FakeSession(10_000, 500)
    async with driven(session) as it:
        session.delay = 1.0
        it.main.seek(3000)
        for width, height in SIZES:
            await it.pilot.resize_terminal(width, height)
        await it.pilot.resize_terminal(120, 40)
        await it.rest()
        assert it.step == 3000
        assert not any(pane.stale for pane in it.main.query(Panel))


async def test_a_start_in_a_tiny_terminal(climb: Session) -> None:
    from debugger.app import DebuggerApp
    from tests.debugger.app.driving import Driven

    app = DebuggerApp(climb)
    async with app.run_test(size=(30, 5)) as pilot:
        await pilot.pause()
        it = Driven(pilot)
        assert it.pane(TooSmall).display
        await pilot.press("s", "c", "question_mark", "escape", "colon", "x", "enter")
        await pilot.resize_terminal(120, 40)
        await it.rest()
        assert it.main.shown is not None


async def test_a_choice_in_a_tiny_terminal(opened: Opener) -> None:
    from debugger.app import DebuggerApp

    app = DebuggerApp(opened("stair_climb"))
    async with app.run_test(size=(10, 4)) as pilot:
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await pilot.pause()
        await pilot.press("enter", "5", "enter")


async def test_a_large_terminal_shows_more_at_once(corruption: Session) -> None:
    async with driven(corruption, (200, 60)) as it:
        for pane in ("code", "state", "calls", "breaks", "memory", "output", "timeline"):
            assert it.main.tiling.is_open(pane), pane
        assert {"events", "log", "history"} == set(it.main.tiling.group_of("events"))
        await it.press("c", "t")
        assert it.main.tiling.is_open("tree") and it.main.tiling.is_open("output")
