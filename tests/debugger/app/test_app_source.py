"""The app at source level: panes, stepping by line, breakpoints on lines; and pictures of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from debugger.app import DebuggerApp
from debugger.session import Session
from debugger.widgets.breaks import Breaks
from debugger.widgets.calls import Calls
from debugger.widgets.code import Code
from debugger.widgets.header_bar import HeaderBar
from debugger.widgets.memory import Memory
from debugger.widgets.source import Source
from debugger.widgets.state import State
from tests.debugger.app.conftest import Opener
from tests.debugger.app.driving import NARROW, PROGRAMS, WIDE, driven
from tests.debugger.app.test_app_pictures import pressing

Compare = Callable[..., bool]


async def test_the_source_pane_follows_the_cursor(opened: Opener) -> None:
    async with driven(opened("orders", "run", "2")) as it:
        await it.type("break total")
        await it.press("c")
        view = it.pane(Source).view
        assert view is not None and "cents sum = 0" in view.lines[view.current - 1]
        shown = next(line for line in it.text(Source) if "►" in line)
        assert "cents sum = 0;" in shown and "●" in shown
        line = view.current
        await it.press("n")
        assert it.pane(Source).view.current == line + 1     # type: ignore[union-attr]
        await it.press("N")
        assert it.pane(Source).view.current == line         # type: ignore[union-attr]


async def test_state_shows_variables_and_calls_show_lines(opened: Opener) -> None:
    async with driven(opened("orders", "run", "2")) as it:
        await it.type("break orders.c:43")
        await it.press("c")
        shown = "\n".join(it.text(State))
        assert "factor" in shown and "0.75" in shown and "double" in shown
        assert "total orders.c:43" in "\n".join(it.text(Calls))
        await it.press("n", "greater_than_sign")
        assert "by line" in it.text(HeaderBar)[0]


async def test_variables_open_and_close(opened: Opener) -> None:
    async with driven(opened("orders", "run", "2")) as it:
        await it.type("break orders.c:43")
        await it.press("c")
        pane = it.pane(State)
        pane.focus()
        pane.selected = next(i for i, row in enumerate(it.text(State)) if "order" in row)
        await it.press("enter")
        shown = "\n".join(it.text(State))
        assert "▾ order" in shown and "customer" in shown and "PAID" in shown
        assert "▸ items" in shown
        await it.press("c")
        assert "PAID→SHIPPED" in "\n".join(it.text(State))
        await it.press("left")
        assert "customer" not in "\n".join(it.text(State))


async def test_what_steps_go_by(opened: Opener) -> None:
    async with driven(opened("orders", "run", "2")) as it:
        await it.type("break total")
        await it.press("c", "I")
        assert "by instruction" in it.text(HeaderBar)[0]
        before = it.step
        await it.press("s")
        assert it.step == before + 1
        await it.press("I", "n")
        assert it.step > before + 2


async def test_what_the_upper_left_shows(opened: Opener) -> None:
    async with driven(opened("orders", "run", "2")) as it:
        tiling = it.main.tiling
        assert tiling.is_open("source") and tiling.is_open("code")
        await it.press("d")
        assert tiling.is_open("source") and not tiling.is_open("code")
        await it.press("d")
        assert not tiling.is_open("source") and tiling.is_open("code")
        await it.press("d")
        assert tiling.is_open("source") and tiling.is_open("code")


async def test_without_debug_info_there_is_only_code(climb: Session) -> None:
    async with driven(climb) as it:
        assert not it.main.tiling.is_open("source") and it.main.tiling.is_open("code")
        await it.press("d")
        assert "no source is known" in it.message
        assert it.pane(Code).view is not None


async def test_a_breakpoint_on_the_selected_line(opened: Opener) -> None:
    async with driven(opened("orders", "run", "2")) as it:
        await it.press("down", "b")
        line = it.pane(Source).selected + 1
        points = it.pane(Breaks).view
        assert len(points) == 1 and points[0].line == f"orders.c:{line}"
        await it.press("b")
        assert it.pane(Breaks).view == ()


async def test_an_address_may_be_a_variable(opened: Opener) -> None:
    async with driven(opened("orders", "run", "2")) as it:
        await it.type("break total")
        await it.press("c", "at", "ampersand", *"first", "enter")
        assert it.pane(Memory).selected == 0x4018


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_source_and_code(size: tuple[int, int], opened: Opener, snap_compare: Compare) -> None:
    keys = pressing(":=break orders.c:43", "c", "n", "n", "n")
    session = opened("orders", "run", "2")
    assert snap_compare(DebuggerApp(session), terminal_size=size, run_before=keys)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_inlined_frames(size: tuple[int, int], opened: Opener, snap_compare: Compare) -> None:
    keys = pressing(":=break measure", "c", "d")
    session = opened("shapes", "run", "30")
    assert snap_compare(DebuggerApp(session), terminal_size=size, run_before=keys)


def test_a_source_that_is_elsewhere(tmp_path: Path, snap_compare: Compare) -> None:
    module = tmp_path / "orders.wasm"
    module.write_bytes((PROGRAMS / "orders.wasm").read_bytes())
    session = Session.open(module, invoke="run", args=["2"])
    keys = pressing(":=break total", "c")
    assert snap_compare(DebuggerApp(session), terminal_size=NARROW, run_before=keys)
