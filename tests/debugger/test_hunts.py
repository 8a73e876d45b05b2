"""Scripted hunts, from symptom to cause in under ten commands: every command is asserted on.

Each is done twice: by the words of `--batch`, and by keys in the app.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from debugger.batch import Script, run_batch
from debugger.session import Session
from debugger.widgets.breaks import Breaks
from debugger.widgets.history import History
from debugger.widgets.memory import Memory
from debugger.widgets.output import Output
from debugger.widgets.state import State
from tests.debugger.app.driving import Driven, driven
from tests.debugger.sessions import PROGRAMS, opened

_MOST = 10

# A list of free blocks, of which `$take` takes the first and `$give` puts one back. `$forget` gives
# a block back and goes on using it: the next one to take a block gets the same, and writes to it.
USE_AFTER_FREE = """
(module
  (memory (export "memory") 1)
  (global $free (export "free") (mut i32) (i32.const 0))
  (func $take (result i32) (local $block i32)
    (local.set $block (global.get $free))
    (global.set $free (i32.load (local.get $block)))
    (local.get $block))
  (func $give (param $block i32)
    (i32.store (local.get $block) (global.get $free))
    (global.set $free (local.get $block)))
  (func $fill (param $block i32) (param $value i32)
    (i32.store offset=4 (local.get $block) (local.get $value)))
  (func $work (param $rounds i32) (local $block i32)
    (loop $again
      (local.set $block (call $take))
      (call $fill (local.get $block) (local.get $rounds))
      (call $give (local.get $block))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))
  (func $forget (param $order i32)
    (call $give (local.get $order)))
  (func $check (param $order i32)
    (if (i32.ne (i32.load offset=4 (local.get $order)) (i32.const 4711)) (then (unreachable))))
  (func (export "run") (local $order i32)
    (call $give (i32.const 1024))
    (call $give (i32.const 2048))
    (local.set $order (call $take))
    (call $fill (local.get $order) (i32.const 4711))
    (call $work (i32.const 50))
    (call $forget (local.get $order))
    (call $work (i32.const 300))
    (call $check (local.get $order))))
"""

# A list of counters, whose sum must stay the same: who should only look at one has set it.
GARBAGE = """
(module
  (type $node (sub (struct (field $count (mut i32)) (field $next (ref null $node)))))
  (global $first (export "first") (mut (ref null $node)) (ref.null $node))
  (func $grow (param $n i32)
    (loop $again
      (global.set $first (struct.new $node (i32.const 7) (global.get $first)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $look (param $node (ref $node)) (param $n i32)
    (if (i32.eq (local.get $n) (i32.const 13))
      (then (struct.set $node $count (local.get $node) (i32.const -1)))))
  (func $walk (result i32) (local $at (ref null $node)) (local $sum i32) (local $n i32)
    (local.set $at (global.get $first))
    (loop $again
      (if (ref.is_null (local.get $at)) (then (return (local.get $sum))))
      (local.set $sum (i32.add (local.get $sum) (struct.get $node $count (local.get $at))))
      (call $look (ref.as_non_null (local.get $at)) (local.get $n))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (local.set $at (struct.get $node $next (local.get $at)))
      (br $again))
    (unreachable))
  (func (export "run") (local $sum i32)
    (call $grow (i32.const 20))
    (local.set $sum (call $walk))
    (if (i32.ne (call $walk) (local.get $sum)) (then (unreachable)))))
"""

Answer = dict[str, Any]
Hunt = list[tuple[str, Callable[[Answer], bool]]]


def hunt(session: Session, commands: Hunt) -> None:
    """Runs commands as `--batch --json` does, and looks at the answer of each."""
    assert len(commands) < _MOST
    with session:
        for text, found in commands:
            out = io.StringIO()
            assert run_batch(session, [Script("text", text)], as_json=True, out=out) == 0, text
            answer = json.loads(out.getvalue())
            assert found(answer), f"{text}: {answer}"


# -- corruption ----------------------------------------------------------------------------------

def test_who_took_the_money_by_words() -> None:
    hunt(Session.open(PROGRAMS / "corruption.wasm"), [
        ("run", lambda a: a["reason"] == "trap" and "unreachable" in a["result"]["message"]),
        ("output", lambda a: a["result"]["output"].rstrip().endswith(
            "account 7 (Reserve) at 0x101e0 holds 99840 cents, the journal says 100000")),
        ("x/1dw 0x101e0", lambda a: a["result"]["values"] == ["99840"]),
        ("last-write 0x101e0, 4", lambda a: a["step"] == 96_758 and "set_owner" in a["where"]),
        ("x/1dw 0x101e0", lambda a: a["result"]["values"] == ["100000"]),
        ("backtrace", lambda a: [f["name"] for f in a["result"]["frames"]][:3] == [
            "set_owner", "rename_customers", "__original_main"]),
        ("info locals", lambda a: {v["text"] for v in a["result"]["locals"]} >= {"12"}),
        ("stepi", lambda a: a["step"] == 96_759),
        ("x/1dw 0x101e0", lambda a: a["result"]["values"] == ["99840"]),
    ])


async def test_who_took_the_money_by_keys(corrupted: Session) -> None:
    async with driven(corrupted) as it:
        await it.press("c")                                             # 1: to the trap
        assert "unreachable" in it.message
        assert "99840" in "".join(it.text(Output))
        await it.press("at", *"0x101e0", "enter")                       # 2: the address it names
        assert it.pane(Memory).selected == 0x101E0
        assert _byte(it, 0x101E0) == 0x00
        await it.press("W")                                             # 3: who wrote it?
        assert it.step == 96_758 and _functions(it)[0] == "set_owner"
        assert _byte(it, 0x101E0) == 0xA0
        await it.press("s")                                             # 4: it is this one
        assert it.step == 96_759 and _byte(it, 0x101E0) == 0x00
        await it.press("S")                                             # 5: back before it
        assert any("12" in row for row in it.text(State))               # the name's length
        await it.press("F")                                             # 6: who called?
        assert _functions(it)[0] == "rename_customers"


# -- use after free ------------------------------------------------------------------------------

def test_use_after_free_by_words(tmp_path: Path) -> None:
    hunt(opened(tmp_path, USE_AFTER_FREE, invoke="run"), [
        ("run", lambda a: a["reason"] == "trap"),
        ("backtrace", lambda a: [f["name"] for f in a["result"]["frames"]] == ["check", "run"]),
        ("print i32[$order + 4]", lambda a: a["result"]["value"] == "1"),
        ("last-write $order + 4, 4", lambda a: "fill" in a["where"]),
        ("reverse-finish", lambda a: "work" in a["where"]),     # not whose order it is
        ("history 2052, 4", lambda a: a["result"]["total"] > 300),
        ("calls forget", lambda a: a["result"]["total"] == 1),
        ("break give if $block == 2048", lambda a: a["result"]["kind"] == "breakpoint"),
        ("hits 1 1 60", lambda a: a["result"]["total"] == 302 and (
            # after the first (the list is made), the owner's own: then come those of who reuses it
            a["result"]["rows"][1]["step"] > a["result"]["rows"][0]["step"])),
    ])


async def test_use_after_free_by_keys(tmp_path: Path) -> None:
    session = opened(tmp_path, USE_AFTER_FREE, invoke="run")
    with session:
        async with driven(session) as it:
            await it.press("c")                                         # 1
            assert "unreachable" in it.message and _functions(it) == ["check", "run"]
            await it.press("at", *"2052", "enter")                      # 2: the order's value
            it.main.open_pane("memory")
            assert _byte(it, 2052) == 1
            await it.press("4", "v")                                    # 3: every change of it
            view = it.pane(History).view
            assert view is not None and view.total > 290
            assert view.rows[-1].text == "2 → 1" and view.rows[-1].function == "fill"
            await it.type("break forget")                               # 4: when was it given back?
            assert len(it.pane(Breaks).view) == 1
            await it.press("C")                                         # 5
            forgotten = it.step
            assert _functions(it) == ["forget", "run"] and _byte(it, 2052) == 0x67
            it.main.open_pane("memory")
            await it.press("4", "w", "c")                               # 6, 7: who reuses it
            assert it.step > forgotten and _functions(it)[:2] == ["fill", "work"]
            assert "4711 → 300" in it.message


# -- garbage-collected objects -------------------------------------------------------------------

def test_a_spoilt_object_by_words(tmp_path: Path) -> None:
    hunt(opened(tmp_path, GARBAGE, invoke="run"), [
        ("run", lambda a: a["reason"] == "trap"),
        ("print $sum", lambda a: a["result"]["value"] == "140"),
        ("print $first", lambda a: "$node" in a["result"]["value"]),
        ("catch struct.set", lambda a: a["result"]["kind"] == "catchpoint"),
        ("reverse-continue", lambda a: a["reason"] == "catchpoint" and "look" in a["where"]),
        ("backtrace", lambda a: [f["name"] for f in a["result"]["frames"]] == [
            "look", "walk", "run"]),
        ("print $node", lambda a: "$node" in a["result"]["value"]),
        ("print $n", lambda a: a["result"]["value"] == "13"),
        ("reverse-continue", lambda a: a["reason"] == "catchpoint" and a["step"] < 600),
    ])


async def test_a_spoilt_object_by_keys(tmp_path: Path) -> None:
    session = opened(tmp_path, GARBAGE, invoke="run")
    with session:
        async with driven(session) as it:
            await it.press("c")                                         # 1
            assert "unreachable" in it.message and _functions(it) == ["run"]
            await it.type("catch struct.set")                           # 2: who changes objects?
            assert it.pane(Breaks).view[0].kind == "catchpoint"
            await it.press("C")                                         # 3: in the second walk
            second = it.step
            assert _functions(it) == ["look", "walk", "run"]
            await it.press("C")                                         # 4: in the first, too
            assert it.step < second and _functions(it) == ["look", "walk", "run"]
            assert any("$n " in row and "13" in row for row in it.text(State))
            await it.press("s")                                         # 5: and it is spoilt
            it.main.open_pane("state")
            assert any("count" in row or "$node" in row for row in it.text(State))


@pytest.fixture
def corrupted() -> Any:
    with Session.open(PROGRAMS / "corruption.wasm") as session:
        yield session


def _functions(it: Driven) -> list[str]:
    assert it.main.shown is not None
    return [frame.name for frame in it.main.shown.calls.frames]


def _byte(it: Driven, address: int) -> int:
    """A byte that the memory pane shows."""
    view = it.pane(Memory).view
    assert view is not None
    return view.data[address - view.address]
