"""The screen as a picture: `pytest --snapshot-update` after a wanted change, then look at it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from debugger.app import DebuggerApp
from debugger.session import Session
from debugger.styles.themes import LIGHT
from tests.debugger.app.conftest import Opener
from tests.debugger.app.driving import NARROW, WIDE, Driven
from tests.debugger.app.fake import FakeSession
from tests.debugger.sessions import VECTORS
from tests.debugger.sessions import opened as opened_text

Compare = Callable[..., bool]


def pressing(*keys: str, theme: str = "") -> Callable[[Pilot[Any]], Awaitable[None]]:
    """Presses keys and waits until the app has come to rest."""

    async def run(pilot: Pilot[Any]) -> None:
        it = Driven(pilot)
        if theme:
            pilot.app.theme = theme
        await it.rest()
        for key in keys:
            opener, asks, answer = key.partition("=")
            await it.press(*((opener, *answer, "enter") if asks else (key,)))

    return run


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_at_the_trap(size: tuple[int, int], corruption: Session, snap_compare: Compare) -> None:
    keys = pressing("c", "@=0x101e0")
    assert snap_compare(DebuggerApp(corruption), terminal_size=size, run_before=keys)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_in_a_loop(size: tuple[int, int], climb: Session, snap_compare: Compare) -> None:
    keys = pressing(*["down"] * 8, "b", "9", "c", "m", "a", "s", theme=LIGHT)
    assert snap_compare(DebuggerApp(climb), terminal_size=size, run_before=keys)


def test_a_command_line(corruption: Session, snap_compare: Compare) -> None:
    keys = pressing(":=info functions", ":", *"break a")
    assert snap_compare(DebuggerApp(corruption), terminal_size=WIDE, run_before=keys)


@pytest.mark.parametrize("size", [WIDE, NARROW, (60, 16)], ids=["wide", "narrow", "smallest"])
def test_a_billion_steps(size: tuple[int, int], snap_compare: Compare) -> None:
    app = DebuggerApp(FakeSession())  # type: ignore[arg-type]
    keys = pressing("b", "s", "+", "+")
    assert snap_compare(app, terminal_size=size, run_before=keys)


@pytest.mark.parametrize("keys", [("l", "l", "l", "5", "s"), ("L", "L", "L", "L", "L", "1", "s")],
                         ids=["hex", "i16x8"])
def test_vectors(keys: tuple[str, ...], tmp_path: Path, snap_compare: Compare) -> None:
    session = opened_text(tmp_path, VECTORS, invoke="mix", args=["3"])
    keys = ("2", "6", "s", *keys)
    assert snap_compare(DebuggerApp(session), terminal_size=WIDE, run_before=pressing(*keys))


def test_help(climb: Session, snap_compare: Compare) -> None:
    app = DebuggerApp(climb)
    assert snap_compare(app, terminal_size=NARROW, run_before=pressing("?"))


def test_what_to_run(opened: Opener, snap_compare: Compare) -> None:
    app = DebuggerApp(opened("stair_climb"))
    assert snap_compare(app, terminal_size=NARROW, press=["enter", "x"])


def test_too_small(climb: Session, snap_compare: Compare) -> None:
    assert snap_compare(DebuggerApp(climb), terminal_size=(50, 10))
