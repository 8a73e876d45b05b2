"""What is on the screen is what the panes would draw: no line is left over from before."""

from __future__ import annotations

import random

import pytest

from debugger.session import Session
from debugger.widgets.painted import Painted
from tests.debugger.app.driving import NARROW, WIDE, driven

KEYS = ["s", "S", "n", "N", "c", "C", "5", "b", "down", "up", "pagedown", "tab", "plus", "minus",
        "z", "z", "T", "greater_than_sign", "u", "U", "0", "dollar_sign", "right", "f", "F"]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("seed", range(3))
async def test_no_stale_lines(corruption: Session, size: tuple[int, int], seed: int) -> None:
    keys = random.Random(seed)
    async with driven(corruption, size) as it:
        await it.type("break set_owner")
        for _ in range(60):
            await it.pilot.press(keys.choice(KEYS))
        await it.rest()
        for pane in it.main.query(Painted):
            if not pane.display:
                continue
            shown = [pane._drawn[y].text for y in range(pane.size.height)]
            assert shown == [pane.paint(y).text for y in range(pane.size.height)], pane.id
