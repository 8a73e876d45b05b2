"""Driving the app in tests: start it on a session, press, wait until it has come to rest."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from textual.pilot import Pilot
from textual.widget import Widget

from debugger.app import DebuggerApp
from debugger.screens.main import MainScreen
from debugger.settings import Settings
from debugger.widgets.painted import Painted

PROGRAMS = Path(__file__).parents[3] / "programs"
END = 3_535_899  # where programs/corruption.wasm traps
WIDE, NARROW = (120, 40), (80, 24)
_PATIENCE = 30.0
_REST = 0.12  # longer than the wait before details are looked up

W = TypeVar("W", bound=Widget)


class Driven:
    """A running app, from the outside."""

    def __init__(self, pilot: Pilot[None]) -> None:
        self.pilot = pilot

    @property
    def app(self) -> DebuggerApp:
        assert isinstance(self.pilot.app, DebuggerApp)
        return self.pilot.app

    @property
    def main(self) -> MainScreen:
        """The debugger's screen, which may lie under another one."""
        return next(s for s in self.app.screen_stack if isinstance(s, MainScreen))

    def pane(self, kind: type[W]) -> W:
        return self.main.query_one(kind)

    @property
    def step(self) -> int:
        assert self.main.shown is not None
        return self.main.shown.cursor

    @property
    def message(self) -> str:
        return self.main.message_bar.message

    async def rest(self) -> None:
        """Until nothing has been running for a while."""
        quiet = 0.0
        start = last = time.monotonic()
        while quiet < _REST:
            await self.pilot.pause(0.02)
            now = time.monotonic()
            assert now - start < _PATIENCE, "the app doesn't come to rest"
            idle = self.main.driver.idle and self.main.shown is not None
            quiet = quiet + now - last if idle else 0.0
            last = now

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.rest()

    async def type(self, text: str) -> None:
        """A command line, from the colon to Enter."""
        await self.pilot.press("colon", *text, "enter")
        await self.rest()

    async def until(self, what: str, condition) -> None:  # type: ignore[no-untyped-def]
        """Waits for something that happens while work is running."""
        start = time.monotonic()
        while not condition():
            assert time.monotonic() - start < _PATIENCE, f"never: {what}"
            await asyncio.sleep(0.005)

    def text(self, kind: type[Painted]) -> list[str]:
        """What a pane shows, line by line."""
        pane = self.pane(kind)
        return [pane.paint(y).text.rstrip() for y in range(pane.size.height)]


@asynccontextmanager
async def driven(session: object, size: tuple[int, int] = WIDE, *,
                 settings: Settings | None = None) -> AsyncIterator[Driven]:
    """The app on a session, at rest at its first look."""
    app = DebuggerApp(session, "", settings)  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        it = Driven(pilot)
        await pilot.pause()
        if any(isinstance(screen, MainScreen) for screen in app.screen_stack):
            await it.rest()
        yield it
