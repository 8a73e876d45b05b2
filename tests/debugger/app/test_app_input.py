"""The program reads: the prompt asks for a line, and what was done goes on."""

from __future__ import annotations

from pathlib import Path

from debugger.widgets.output import Output
from debugger.widgets.prompt import Prompt
from tests.debugger.app.driving import driven
from tests.debugger.sessions import ECHO, opened


async def test_input_is_asked_for_and_typed(tmp_path: Path) -> None:
    async with driven(opened(tmp_path, ECHO, asks=True)) as it:
        await it.press("c")
        assert it.main.tiling.prompting and it.step == 10
        assert "input for the program" in it.text(Prompt)[0]
        await it.press(*"hello", "enter")
        assert it.main.tiling.prompting, "the program has gone on to its next read"
        assert any("hello" in line for line in it.text(Output))
        await it.press("enter")
        await it.press("space", *"x ", "enter")
        await it.press("ctrl+d")
        assert not it.main.tiling.prompting and it.main.session.ended
        assert it.main.session.output().text == "hello\n\n x \n"


async def test_escape_leaves_it_waiting(tmp_path: Path) -> None:
    async with driven(opened(tmp_path, ECHO, asks=True)) as it:
        await it.press("c", "escape")
        assert not it.main.tiling.prompting and it.step == 10
        await it.press("S")
        assert it.step == 9
        await it.type("input later")
        await it.press("c")
        assert it.main.tiling.prompting and it.main.session.output().text == "later\n"
