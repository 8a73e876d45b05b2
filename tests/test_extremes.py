"""Modules at and beyond the limits: large but legal ones run, the others are refused at once."""

from __future__ import annotations

import time

import pytest

from gabagool.errors import MalformedError, ModuleError, Trap, ValidationError
from gabagool.runtime.compiled import Compiled
from gabagool.runtime.limits import Limits
from gabagool.runtime.stops import StopReason
from tests.machines import Guest, wat

FOREVER = 1 << 40


def leb(n: int) -> bytes:
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes([*out, n])


def section(number: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return bytes([number]) + leb(len(content)) + content


def module(body: bytes, functype: bytes = b"\x60\0\0") -> bytes:
    """A module whose only function, exported as "f", has this body (locals to the last `end`)."""
    return (b"\0asm\1\0\0\0" + section(1, b"\1", functype) + section(3, b"\1\0")
            + section(7, b"\1\1f\0\0") + section(10, b"\1", leb(len(body)), body))


def validate(source: bytes) -> None:
    Compiled(source).validate_all()


# -- code ------------------------------------------------------------------------------------

@pytest.mark.parametrize("depth", [1000, 50_000])
def test_nested_blocks(depth: int) -> None:
    guest = Guest(module(b"\0" + b"\x02\x40" * depth + b"\x0c" + leb(depth) + b"\x0b" * depth
                         + b"\x0b"))
    assert guest.call("f") == ()


def test_nested_ifs_and_loops() -> None:
    guest = Guest(module(b"\0" + b"\x41\1\x04\x40\x03\x40" * 10_000 + b"\x0b" * 20_000 + b"\x0b"))
    assert guest.call("f") == ()


@pytest.mark.parametrize(("index", "result"), [(0, 7), (99_999, 7), (100_000, 9), (1 << 31, 9)])
def test_a_huge_br_table(index: int, result: int) -> None:
    table = b"\x0e" + leb(100_000) + b"\0" * 100_000 + b"\1"
    guest = Guest(module(b"\0\x02\x40\x02\x40\x20\0" + table + b"\x0b\x41\7\x0f\x0b\x41\x09\x0b",
                         b"\x60\1\x7f\1\x7f"))
    assert guest.call("f", index) == (result,)


def test_a_br_table_that_carries_many_values_is_checked_quickly() -> None:
    """Found while reading: each entry was checked anew, 10^8 type comparisons here."""
    results = b"\x60\0" + leb(1000) + b"\x7f" * 1000
    body = b"\0" + b"\x41\0" * 1001 + b"\x0e" + leb(100_000) + b"\0" * 100_001 + b"\x0b"
    began = time.monotonic()
    validate(module(body, results))
    assert time.monotonic() - began < 5


def test_a_long_body() -> None:
    guest = Guest(module(b"\0\x41\0" + b"\x41\1\x6a" * 300_000 + b"\x0b", b"\x60\0\1\x7f"))
    assert guest.call("f") == (300_000,)


def test_a_tall_operand_stack() -> None:
    count = 100_000
    guest = Guest(module(b"\0" + b"\x41\3" * count + b"\x6a" * (count - 1) + b"\x0b",
                         b"\x60\0\1\x7f"))
    assert guest.call("f") == (3 * count,)


def test_operands_that_do_not_fit_the_stack() -> None:
    """The frame alone is larger than the whole stack."""
    guest = Guest(module(b"\0" + b"\x41\3" * 140_000 + b"\x1a" * 140_000 + b"\x0b"),
                  limits=Limits(stack_bytes=1 << 20))
    with pytest.raises(Trap, match="call stack exhausted"):
        guest.call("f")


def test_operands_pushed_by_the_thousand() -> None:
    """A body of 20 KB that would need a frame of 80 MB."""
    functype = b"\x60\0" + leb(1000) + b"\x7f" * 1000
    with pytest.raises(ValidationError, match="too many operands"):
        validate(module(b"\0" + b"\x10\0" * 10_000 + b"\0\x0b", functype))


# -- locals and parameters -------------------------------------------------------------------

def test_fifty_thousand_locals() -> None:
    locals_ = b"\1" + leb(50_000) + b"\x7e"
    guest = Guest(module(locals_ + b"\x42\7\x21" + leb(49_999) + b"\x20" + leb(49_999) + b"\x0b",
                         b"\x60\0\1\x7e"))
    assert guest.call("f") == (7,)
    assert len(guest.begin("f").locals()) == 50_000


@pytest.mark.parametrize("groups", [
    b"\1" + leb(50_001) + b"\x7f", b"\2" + leb(50_000) + b"\x7f\1\x7f",
    b"\2" + leb(0xFFFFFFFF) + b"\x7f" + leb(0xFFFFFFFF) + b"\x7e"])
def test_more_locals(groups: bytes) -> None:
    with pytest.raises(MalformedError, match="too many locals"):
        validate(module(groups + b"\x0b"))


def test_a_thousand_parameters_and_results() -> None:
    types = leb(1000) + b"\x7f" * 1000
    gets = b"".join(b"\x20" + leb(i) for i in reversed(range(1000)))
    guest = Guest(module(b"\0" + gets + b"\x0b", b"\x60" + types + types))
    assert guest.call("f", *range(1000)) == tuple(reversed(range(1000)))


@pytest.mark.parametrize("functype", [b"\x60" + leb(1001) + b"\x7f" * 1001 + b"\0",
                                      b"\x60\0" + leb(1001) + b"\x7f" * 1001])
def test_more_parameters_or_results(functype: bytes) -> None:
    with pytest.raises(ValidationError, match="limit"):
        validate(module(b"\0\0\x0b", functype))


# -- sizes that lie --------------------------------------------------------------------------

HUGE = leb(0xFFFFFFFF)


@pytest.mark.parametrize("source", [
    b"", b"\0asm", b"\0asm\1\0\0", b"#!/bin/sh\n", b"\x7fELF" + bytes(100), b"PK\3\4" + bytes(50),
    b"\0asm\x0d\0\1\0", b"(module)", b"\0asm\1\0\0\0" + section(1, HUGE),
    b"\0asm\1\0\0\0" + section(2, HUGE), b"\0asm\1\0\0\0\1" + HUGE,
    b"\0asm\1\0\0\0" + section(1, b"\1\x60", HUGE), b"\0asm\1\0\0\0" + section(0, HUGE),
    module(b"\1" + HUGE), module(b"\0\x0e" + HUGE + b"\0\x0b"), module(HUGE + b"\x0b"),
    module(b"\0\x1c" + HUGE + b"\x0b"), b"\0asm\1\0\0\0" + section(11, b"\1\1", HUGE),
    b"\0asm\1\0\0\0" + section(9, b"\1\1\0", HUGE), b"\0asm\1\0\0\0" + section(12, HUGE),
])
def test_sizes_that_lie(source: bytes) -> None:
    began = time.monotonic()
    with pytest.raises(ModuleError):
        validate(source)
    assert time.monotonic() - began < 1


# -- running on and on -----------------------------------------------------------------------

def test_endless_recursion_traps_and_can_be_looked_at() -> None:
    guest = Guest("(module (func $f (export \"f\") (param i32) (local i64 i64)"
                  " (call $f (i32.add (local.get 0) (i32.const 1)))))")
    machine = guest.begin("f", 0)
    stop = machine.run(FOREVER)
    assert stop.trap is not None
    assert stop.trap.message == "call stack exhausted"
    assert len(machine.frames(10)) == 10
    assert machine.locals()[0][1] == machine.depth - 1
    machine.restore(machine.capture())
    assert machine.depth == len(machine.frames())


def test_an_endless_loop_ends_with_its_fuel() -> None:
    machine = Guest("(module (func (export \"f\") (loop $l (br $l))))").begin("f")
    stop = machine.run(100_000_000)
    assert (stop.reason, stop.step) == (StopReason.FUEL, 100_000_000)


def test_many_functions() -> None:
    count = 20_000
    calls = " ".join(f"(func $f{i} (result i32) (i32.add (call $f{i - 1}) (i32.const 1)))"
                     for i in range(1, count))
    guest = Guest(wat(f"(module (func $f0 (result i32) (i32.const 1)) {calls}"
                      f" (export \"f\" (func $f{count - 1})))"))
    assert guest.call("f") == (count,)
