"""The app shows itself before the engine is there, and says so when nothing comes of it."""

from __future__ import annotations

import subprocess
import sys
from threading import Event

from textual.widgets import Static

from debugger.app import DebuggerApp
from debugger.faults import CommandError
from debugger.screens.main import MainScreen
from debugger.screens.opening import Opening
from debugger.session import Session
from tests.debugger.app.driving import Driven

LATE = ("gabagool.runtime.machine", "gabagool.valid.body", "llvmlite", "elftools",
        "debugger.session", "debugger.screens.main", "debugger.commands.registry")


def test_the_first_picture_needs_no_engine() -> None:
    code = ("import sys, debugger.main, debugger.app; "
            f"print([name for name in {LATE} if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def held(session: Session) -> tuple[Event, DebuggerApp]:
    """An app whose program is open once the event is set."""
    let = Event()

    def opens() -> Session:
        assert let.wait(30)
        return session

    return let, DebuggerApp(opens, "corruption.wasm")


async def test_a_picture_until_the_program_is_open(corruption: Session) -> None:
    let, app = held(corruption)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert isinstance(app.screen, Opening)
        assert "corruption.wasm │ opening" in str(app.screen.query_one(Static).render())
        let.set()
        it = Driven(pilot)
        await it.until("the debugger", lambda: isinstance(app.screen, MainScreen))
        await it.rest()
        await it.press("s")
        assert it.step == 1


async def test_leaving_before_it_is_open(corruption: Session) -> None:
    let, app = held(corruption)
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press("q")
        let.set()
    assert app.failure is None


async def test_what_can_not_be_opened_is_told_when_the_terminal_is_back() -> None:
    def opens() -> Session:
        raise CommandError("there is no such program")

    app = DebuggerApp(opens, "nothing.wasm")
    async with app.run_test() as pilot:
        await pilot.pause()
    assert str(app.failure) == "there is no such program"
