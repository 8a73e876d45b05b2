"""Several memories, and 64-bit addresses of memories and tables."""

from __future__ import annotations

import pytest

from gabagool.errors import LimitError, Trap
from gabagool.runtime.limits import Limits
from gabagool.runtime.tapping import MemoryWrites, TapSpec
from tests.machines import Guest

from .stepping import FOREVER, at_every_step

MEMORIES = """(module
  (memory $a 1) (memory $b i64 1 3) (memory $c 1) (data $d "abcdef")
  (table $t i64 2 9 funcref) (elem $e func $run)
  (func $run (export "run") (result i64 i32 i64 i64)
    (memory.init $b $d (i64.const 65530) (i32.const 0) (i32.const 6))
    (drop (memory.grow $b (i64.const 1)))
    (memory.copy $a $b (i32.const 8) (i64.const 65530) (i32.const 6))
    (memory.copy $c $a (i32.const 0) (i32.const 8) (i32.const 6))
    (memory.fill $b (i64.const 65531) (i32.const 0x41) (i64.const 2))
    (i64.store $b offset=65536 (i64.const 3) (i64.const 0x1122334455667788))
    (f32.store $c (i32.const 12) (f32.const 1.5))
    (table.init $t $e (i64.const 1) (i32.const 0) (i32.const 1))
    (drop (table.grow $t (table.get $t (i64.const 1)) (i64.const 2)))
    (table.fill $t (i64.const 0) (ref.null func) (table.size $t))
    (i64.load16_s $b (i64.const 65539))
    (i32.load $c (i32.const 12))
    (memory.size $b)
    (table.grow $t (ref.null func) (i64.const -1)))
  (func (export "load") (param i64) (result i32)
    (i32.load $b offset=0xfffffffffffffff0 (local.get 0)))
  (func (export "store") (param i64) (i32.store16 $b offset=2 (local.get 0) (i32.const 7)))
  (func (export "fill") (param i64 i64) (memory.fill $b (local.get 0) (i32.const 1) (local.get 1))))
"""


def _begun() -> Guest:
    guest = Guest(MEMORIES)
    guest.begin("run")
    return guest


def test_at_every_step() -> None:
    assert at_every_step(_begun).results == (0x7788, 0x3FC00000, 2, (1 << 64) - 1)


@pytest.mark.parametrize(("name", "args"), [
    ("load", (0,)), ("load", (0x10 + 65536,)), ("load", (0x10 + 65533,)),
    ("load", ((1 << 64) - 1,)), ("store", ((1 << 64) - 4,)), ("store", ((1 << 64) - 2,)),
    ("fill", ((1 << 64) - 1, 2)), ("fill", (1 << 32, 0)), ("fill", (0, 65537))])
def test_sums_do_not_wrap(name: str, args: tuple[int, ...]) -> None:
    with pytest.raises(Trap, match="out of bounds memory access"):
        Guest(MEMORIES).call(name, *args)


def test_the_last_bytes() -> None:
    guest = Guest(MEMORIES)
    guest.call("store", 65532)
    assert guest.store.memories[1].region.read(65534, 2) == b"\x07\0"


BEYOND = 5 << 30


def test_addresses_beyond_32_bits() -> None:
    guest = Guest("""(module (memory i64 0 100000)
      (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0)))
      (func (export "put") (param i64 i32) (i32.store offset=0x100000000 (local.get 0)
        (local.get 1)))
      (func (export "get") (param i64) (result i32) (i32.load (local.get 0))))""")
    assert guest.call("grow", 100_000) == (0,)
    guest.call("put", BEYOND - (1 << 32), 77)
    assert guest.call("get", BEYOND) == (77,)
    assert guest.call("get", BEYOND & 0xFFFFFFFF) == (0,)
    assert guest.call("grow", 1) == ((1 << 64) - 1,)
    with pytest.raises(Trap, match="out of bounds memory access"):
        guest.call("get", 100_000 * 65536 - 3)


def test_limits_of_memories() -> None:
    limits = Limits(memory64_pages=70_000, memory_pages=80_000)
    grow = "(func (export \"grow\") (result {0}) (memory.grow ({0}.const {1})))"
    wide = Guest(f"(module (memory i64 1) {grow.format('i64', 69_999)})", limits=limits)
    assert wide.call("grow") == (1,)
    with pytest.raises(LimitError, match="70001 pages is over the limit of 70000"):
        Guest("(module (memory i64 70001))", limits=limits)
    narrow = Guest(f"(module (memory 1) {grow.format('i32', 65_536)})", limits=limits)
    assert narrow.call("grow") == (0xFFFFFFFF,)


@pytest.mark.parametrize(("memory", "at"), [(1, 65541), (0, 9), (2, 3), (1, 65531), (2, 14)])
def test_writes_are_noted(memory: int, at: int) -> None:
    """Watching tells the last write to a byte of any memory, however it is made."""
    wanted, machine = None, _begun().machine
    region = machine.store.memories[memory].region
    while machine.ended is None:
        before = region.read(at, 1)
        machine.run(machine.step + 1)
        if region.read(at, 1) != before:
            wanted = machine.step - 1
    watched = _begun().machine
    tap, = watched.taps.arm([TapSpec(MemoryWrites(memory, at, 1))])
    watched.run(FOREVER)
    assert tap.last == wanted is not None
