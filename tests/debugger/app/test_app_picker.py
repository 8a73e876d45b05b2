"""The question what to run."""

from __future__ import annotations

from debugger.screens.exports import Argument, ExportPicker
from debugger.widgets.state import State
from tests.debugger.app.conftest import Opener
from tests.debugger.app.driving import driven


async def test_arguments_are_checked_by_type(opened: Opener) -> None:
    async with driven(opened("stair_climb")) as it:
        picker = it.app.screen
        assert isinstance(picker, ExportPicker)
        await it.pilot.press("enter", *"twenty", "enter")
        argument = picker.query_one(Argument)
        assert "twenty" in str(argument.border_subtitle)
        assert it.app.screen is picker
        await it.pilot.press("escape", "enter", *["backspace"] * 6, "enter")
        assert "needed" in str(argument.border_subtitle)
        await it.pilot.press(*"20", "enter")
        await it.pilot.pause()
        await it.rest()
        assert it.step == 0
        assert "20" in "".join(it.text(State))


async def test_a_session_that_has_started_asks_nothing(opened: Opener) -> None:
    async with driven(opened("hello")) as it:
        assert it.app.screen is it.main
