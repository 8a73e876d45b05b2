"""Conditions: what native code computes is what Python computes; and what can be wrong in them."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from debugger.computing import Absent, compute
from debugger.exchange import CommandError
from debugger.expression import StateScope, evaluate, typed
from debugger.parsing import parse
from debugger.scopes import PlaceScope, condition, values
from debugger.session import Session
from debugger.values import float_of
from gabagool.runtime.tapping import Code, TapSpec
from gabagool.types import F32, F64
from tests.debugger.sessions import opened

TEXT = """(module (memory (export "memory") 1)
  (data (i32.const 0) "\\01\\80\\ff\\7f\\00\\00\\80\\ff\\00\\00\\c0\\7f")
  (data (i32.const 12) "\\2a\\00\\00\\00\\ff\\ff\\ff\\ff")
  (global $g (mut i64) (i64.const -9223372036854775808)) (global $__stack_pointer (mut i32)
    (i32.const 8))
  (func (export "run") (param $a i32) (param i64) (param $f f32) (param f64) (result i32)
    (i32.const 7) (i64.const -3) (drop) (drop) (i32.const 1)))"""
_BINARY = ("+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "==", "!=", "<", "<=", ">", ">=",
           "&&", "||")
_LEAVES = ("$a", "$0", "$1", "$f", "$3", "$g", "$sp", "global[0]", "0", "1", "31", "0xffffffff",
           "2.5", "i32[0]", "i8[1]", "u8[1]", "i16[0]", "u16[2]", "u32[16]", "i64[4]", "u64[12]",
           "f32[8]", "f64[0]", "i32[65533]", "i32[$sp+4]", "i32[$1]", "depth()")


def expression(rng: random.Random, depth: int) -> str:
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(_LEAVES)
    if rng.random() < 0.15:
        return f"{rng.choice('-~!')}({expression(rng, depth - 1)})"
    sign = rng.choice(_BINARY)
    return f"({expression(rng, depth - 1)} {sign} {expression(rng, depth - 1)})"


def is_nan(type_: int | None, bits: int) -> bool:
    return type_ in (F32, F64) and math.isnan(float_of(type_, bits))


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return opened(tmp_path, TEXT, invoke="run", args=["-7", "9000000000", "1.5", "-0.25"])


def native(session: Session, texts: list[str]) -> list[int | None]:
    """What native code computes at the cursor."""
    machine = session._nav.machine  # type: ignore[union-attr]
    scope = PlaceScope(machine, session._program.symbols, machine.position)
    assert machine.position is not None
    here = machine.capture()
    machine.taps.arm([TapSpec(Code((machine.position,)), values=values(texts, scope))], 0, 1)
    machine.run(machine.step + 1)
    (_, hit), = machine.taps.hits()
    machine.taps.disarm()
    machine.restore(here)
    return list(hit.values)


@pytest.mark.parametrize("seed", range(8))
def test_native_code_computes_the_same(session: Session, seed: int) -> None:
    rng, machine = random.Random(seed), session._nav.machine  # type: ignore[union-attr]
    session.goto(2)
    read, state = machine.store.memories[0].read, session.state()
    known: list[tuple[str, int, int | None]] = []
    while len(known) < 60:
        text = expression(rng, rng.randrange(1, 5))
        try:
            node = typed(parse(text), StateScope(state))
        except CommandError:
            continue                # a float shifted, and the like
        try:
            bits: int | None = compute(node, lambda memory, at, size: reading(read, at, size))
        except Absent:
            bits = None
        known.append((text, node.type, bits))
    assert any(bits is None for _, _, bits in known)
    for i in range(0, len(known), 6):
        part = known[i:i + 6]
        for (text, type_, bits), found in zip(part, native(session, [t for t, _, _ in part]),
                                              strict=True):
            same = bits == found or (None not in (bits, found) and is_nan(type_, bits or 0)
                                     and is_nan(type_, found or 0))
            assert same, (text, bits, found)


def reading(read, at: int, size: int) -> bytes:  # type: ignore[no-untyped-def]
    if at + size > 65536:
        raise Absent
    data: bytes = read(at, size)
    return data


def test_the_operand_stack(session: Session) -> None:
    session.goto(2)
    assert native(session, ["stack(0)", "stack(1) + 1"]) == [(1 << 64) - 3, 8]


@pytest.mark.parametrize(("text", "complaint"), [
    ("$9", "this frame has 4 values"), ("$nobody", "no local or global"), ("stack(5)", "2 values"),
    ("$0 +", "breaks off"), ("$f % 2", "needs integers"), ("i32[2.5]", "no address"),
    ("$0 = 5", "can't be understood"), ("foo[3]", "is not memory"), ("1 / 0", "division by zero"),
    ("(" * 60 + "1" + ")" * 60, "nested too deeply"), ("old > 1", "no local or global"),
    ("global[7]", "2 globals"), ("stack($0)", "needs a number"), ("1 ! 2", "not expected"),
])
def test_faults(session: Session, text: str, complaint: str) -> None:
    session.goto(2)
    machine = session._nav.machine  # type: ignore[union-attr]
    scope = PlaceScope(machine, session._program.symbols, machine.position)
    with pytest.raises(CommandError, match=complaint):
        condition(text, scope)


def test_precedence_is_cs(session: Session) -> None:
    def value(text: str) -> int:
        return evaluate(text, session.state(), lambda memory, at, size: b"").bits

    assert value("1 + 2 * 3 == 7 && 1 << 2 > 3") == 1
    assert value("2 | 1 == 1") == 3
    assert value("10 - 4 - 3") == 3
    assert value("!0 + 1") == 2
