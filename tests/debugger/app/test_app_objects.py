"""Objects in the state pane: opened and closed by key and mouse, as they change."""

from __future__ import annotations

from pathlib import Path

import pytest

from debugger.app import DebuggerApp
from debugger.session import Session
from debugger.widgets.events import Events
from debugger.widgets.log import Log
from debugger.widgets.state import State
from tests.debugger.app.conftest import Opener
from tests.debugger.app.driving import NARROW, WIDE, Driven, driven
from tests.debugger.app.test_app_pictures import Compare, pressing
from tests.debugger.sessions import OBJECTS
from tests.debugger.sessions import opened as opened_text

SET_RESULT = "break *0x28f"         # struct.set $operation $result


@pytest.fixture
def expression(opened: Opener) -> Session:
    """sum(10) of programs/expression.wasm: a tree whose nodes know their parents."""
    return opened("expression", "sum", "10")


def row(it: Driven, start: str) -> int:
    """The first line of the state pane that begins so, after its mark."""
    lines = it.text(State)
    return next(i for i, line in enumerate(lines) if line[2:].startswith(start))


def part(it: Driven, start: str) -> list[str]:
    """What is below the line that begins so."""
    lines = it.text(State)
    at = row(it, start)
    depth = len(lines[at]) - len(lines[at].lstrip(" ▸▾"))
    end = at + 1
    while end < len(lines) and len(lines[end]) - len(lines[end].lstrip(" ▸▾")) > depth:
        end += 1
    return lines[at + 1:end]


async def select(it: Driven, start: str) -> None:
    it.pane(State).focus()
    it.pane(State).selected = row(it, start)
    await it.rest()


async def test_enter_opens_and_closes(expression: Session) -> None:
    async with driven(expression) as it:
        await it.type(SET_RESULT)
        await it.press("c")
        await select(it, "$operation")
        assert part(it, "$operation") == []
        await it.press("enter")
        names = [line.split()[-2 if "null" in line else 1] for line in part(it, "$operation")]
        assert len(names) == 4
        assert it.text(State)[row(it, "$operation")].startswith("▾")
        await it.press("enter")
        assert part(it, "$operation") == []
        assert it.text(State)[row(it, "$operation")].startswith("▸")


async def test_arrows_go_in_and_out(expression: Session) -> None:
    async with driven(expression) as it:
        await it.type(SET_RESULT)
        await it.press("c")
        await select(it, "$operation")
        at = it.pane(State).selected
        await it.press("right")
        assert it.pane(State).selected == at
        await it.press("right", "down", "down", "right", "right")
        assert it.text(State)[it.pane(State).selected].strip().startswith("▸ [0] $variable@0x78")
        await it.press("left")
        assert "operands" in it.text(State)[it.pane(State).selected]
        await it.press("left")
        assert len(part(it, "$operation")) == 4
        await it.press("left")
        assert it.pane(State).selected == at
        await it.press("left", "left")
        assert part(it, "$operation") == [] and it.pane(State).selected == at


async def test_a_click_opens_and_the_selection_stays_with_its_value(expression: Session) -> None:
    async with driven(expression) as it:
        await it.type(SET_RESULT)
        await it.press("c")
        await it.pilot.click(State, offset=(5, 1 + row(it, "$tree")))
        await it.rest()
        assert len(part(it, "$tree")) == 4
        pane = it.pane(State)
        before = pane.selected
        await it.press("s")             # the operands go, so rows move up
        assert pane.selected == before - 2 and row(it, "$tree") == pane.selected
        await it.press("up")
        assert "globals" in it.text(State)[pane.selected]


async def test_changed_fields_stand_out(expression: Session) -> None:
    async with driven(expression) as it:
        await it.type(SET_RESULT)
        await it.press("c")
        await select(it, "$operation")
        await it.press("enter", "s")
        assert any("result" in line and "null→i31 12" in line
                   for line in part(it, "$operation"))
        await it.press("s")
        assert not any("→" in line for line in part(it, "$operation"))
        await it.press("S", "S")
        assert any("i31 12→null" in line for line in part(it, "$operation"))


async def test_an_object_in_a_circle_is_opened_as_deep_as_wanted(expression: Session) -> None:
    async with driven(expression, (120, 60)) as it:
        await it.type(SET_RESULT)
        await it.press("c")
        await select(it, "$operation")
        await it.press(*["right", "right"] * 6)
        lines = part(it, "$operation")
        assert sum("▾ parent" in line for line in lines) == 3      # the topmost has no parent
        indents = [len(line) - len(line.lstrip()) for line in lines if "▾ parent" in line]
        assert indents == [2, 4, 6]


async def test_what_is_opened_below_the_edge_is_shown(opened: Opener) -> None:
    async with driven(opened("garbage", "garbage", "100"), NARROW) as it:
        await it.press("1", "0", "0", "s", "tab")
        await it.press("ctrl+end")
        assert "$queues" in it.text(State)[-1]
        await it.press("enter")
        assert "$queues" in it.text(State)[0] and "[0…99]" in it.text(State)[1]


async def test_printing_goes_to_the_log(expression: Session) -> None:
    async with driven(expression) as it:
        await it.type(SET_RESULT)
        await it.press("c")
        await it.type("print $operation.operands")
        assert any("[1]  (ref $node) $number@0x90" in line for line in it.text(Log))
        await it.type("print $operation.operands[1].value + 1")
        assert it.message == "i64 3"


async def test_collections_are_on_the_timeline(opened: Opener) -> None:
    async with driven(opened("garbage", "garbage", "100000")) as it:
        await it.press("c")
        it.main.open_pane("events")
        await it.rest()
        lines = it.text(Events)
        assert sum("garbage collection" in line and "◇" in line for line in lines) == 3
        await it.press("0")
        await it.pilot.click(Events, offset=(5, 1))
        await it.rest()
        assert it.step == 813_484


# -- pictures --------------------------------------------------------------------------------

@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_tree(size: tuple[int, int], expression: Session, snap_compare: Compare) -> None:
    keys = pressing(f":={SET_RESULT}", "c", "c", "c", "c", "tab", *["down"] * 7, "right", "right",
                    "down", "down", "right", "s", *(["z"] if size == NARROW else []))
    assert snap_compare(DebuggerApp(expression), terminal_size=size, run_before=keys)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_objects_of_every_kind(size: tuple[int, int], tmp_path: Path,
                               snap_compare: Compare) -> None:
    session = opened_text(tmp_path, OBJECTS, invoke="run", args=["7"])
    keys = pressing(":=break end", "c", ":=up", "tab", *["down"] * 9, "right", "up", "up", "up",
                    "right", *(["z"] if size == NARROW else []))
    assert snap_compare(DebuggerApp(session), terminal_size=size, run_before=keys)


def test_the_heap_in_words(opened: Opener, snap_compare: Compare) -> None:
    session = opened("garbage", "garbage", "100000")
    keys = pressing("c", ":=goto 2M", ":=info heap", ":=print $queues[5]@3")
    assert snap_compare(DebuggerApp(session), terminal_size=WIDE, run_before=keys)
