"""Pictures of every state that the screen can be in, at both sizes.

Many stand elsewhere, by what they are about; here are the others, and the list of all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from debugger.app import DebuggerApp
from debugger.session import Session
from debugger.views import Progress
from tests.debugger.app.conftest import Opener
from tests.debugger.app.driving import NARROW, WIDE, Driven
from tests.debugger.app.fake import FakeSession
from tests.debugger.app.test_app_pictures import pressing
from tests.debugger.sessions import VECTORS
from tests.debugger.sessions import opened as opened_text

Compare = Callable[..., bool]
PICTURES = Path(__file__).parent / "__snapshots__"

# Each state, and the tests that take its picture.
STATES = {
    "fresh": "states/fresh", "running": "states/running", "trapped": "pictures/at_the_trap",
    "exited": "states/exited", "help": "states/help", "palette": "states/palette",
    "a command line": "states/a_command_line", "a question": "states/a_question",
    "call tree": "traces/a_call_tree", "flame graph": "traces/a_flame_graph",
    "profile": "traces/a_profile", "value history": "watch/a_history",
    "events": "traces/events_and_notes", "a branch": "branches/a_picture_of_a_branch",
    "two branches compared": "branches/a_picture_of_a_comparison",
    "source": "source/source_and_code", "objects": "objects/objects_of_every_kind",
    "vectors": "states/vectors", "memory as bytes": "memory/a_picture_of_numbers",
    "breakpoints": "watch/all_kinds_of_breakpoints", "what to run": "states/what_to_run",
    "too small": "states/too_small",
}
both_sizes = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
Size = tuple[int, int]


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_its_pictures(state: str) -> None:
    module, _, name = STATES[state].partition("/")
    taken = [path.stem for path in (PICTURES / f"test_app_{module}").glob(f"test_{name}*.svg")]
    assert any("wide" in each for each in taken) and any("narrow" in each for each in taken), taken


@both_sizes
def test_fresh(size: Size, corruption: Session, snap_compare: Compare) -> None:
    assert snap_compare(DebuggerApp(corruption), terminal_size=size, run_before=pressing())


@both_sizes
def test_running(size: Size, snap_compare: Compare) -> None:
    session = FakeSession()
    session.delay = 4.0

    async def run(pilot: Pilot[Any]) -> None:
        it = Driven(pilot)
        await it.rest()
        await pilot.press("c")
        await it.until("progress", lambda: it.main.message_bar.progress is not None)
        it.main.driver._progressed = lambda _progress: None     # times are no two pictures' same
        it.main.message_bar.progress = Progress("replay", 1_274_000_000, 3_100_000_000, 4.2)
        await pilot.pause()

    assert snap_compare(DebuggerApp(session), terminal_size=size,  # type: ignore[arg-type]
                        run_before=run)


@both_sizes
def test_exited(size: Size, opened: Opener, snap_compare: Compare) -> None:
    session = opened("greet")
    assert snap_compare(DebuggerApp(session), terminal_size=size, run_before=pressing("c"))


@both_sizes
def test_help(size: Size, climb: Session, snap_compare: Compare) -> None:
    assert snap_compare(DebuggerApp(climb), terminal_size=size, run_before=pressing("?"))


def searching(text: str) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """Opens the palette and types."""
    async def run(pilot: Pilot[Any]) -> None:
        it = Driven(pilot)
        await it.rest()
        await pilot.press("ctrl+p")
        await it.until("a palette", lambda: isinstance(it.app.screen, CommandPalette))
        box = it.app.screen.query_one(Input)
        box.cursor_blink = False
        box.value = text
        await it.until("hits", lambda: it.app.screen.query_one(OptionList).option_count > 1)
        await asyncio.sleep(0.5)        # the last hits come in, and the list is sorted
        await pilot.pause()
    return run


@both_sizes
def test_palette(size: Size, climb: Session, snap_compare: Compare) -> None:
    assert snap_compare(DebuggerApp(climb), terminal_size=size, run_before=searching("watch"))


@both_sizes
def test_a_command_line(size: Size, corruption: Session, snap_compare: Compare) -> None:
    keys = pressing(":=info locals", ":", *"break a")
    assert snap_compare(DebuggerApp(corruption), terminal_size=size, run_before=keys)


@both_sizes
def test_a_question(size: Size, climb: Session, snap_compare: Compare) -> None:
    assert snap_compare(DebuggerApp(climb), terminal_size=size, run_before=pressing("g"))


@both_sizes
def test_vectors(size: Size, tmp_path: Path, snap_compare: Compare) -> None:
    session = opened_text(tmp_path, VECTORS, invoke="mix", args=["3"])
    keys = pressing("2", "6", "s", "l", "l", "tab")
    assert snap_compare(DebuggerApp(session), terminal_size=size, run_before=keys)


@both_sizes
def test_what_to_run(size: Size, opened: Opener, snap_compare: Compare) -> None:
    app = DebuggerApp(opened("stair_climb"))
    assert snap_compare(app, terminal_size=size, press=["enter", "x"])


@pytest.mark.parametrize("size", [(120, 14), (59, 24)], ids=["wide", "narrow"])
def test_too_small(size: Size, climb: Session, snap_compare: Compare) -> None:
    assert snap_compare(DebuggerApp(climb), terminal_size=size)
