"""Several instances in one store: calls between them, shared memories, tables and globals."""

from __future__ import annotations

import pytest

from gabagool.errors import LinkError, Trap
from gabagool.runtime.compiled import Compiled
from gabagool.runtime.instantiate import instantiate
from gabagool.runtime.store import Store
from tests.machines import Guest, wat
from tests.native.states import state, walk

FOREVER = 1 << 40

SUPPLIER = """(module
  (memory (export "memory") 1 3) (global $g (export "g") (mut i64) (i64.const 5))
  (table (export "table") 4 funcref) (elem (i32.const 0) $load $grow)
  (func $load (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func $grow (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func (export "bump") (global.set $g (i64.add (global.get $g) (i64.const 1))))
  (data (i32.const 10) "\\2a"))"""

# Its own memory holds other bytes at the same addresses, so that a memory not switched shows.
USER = """(module
  (import "s" "load" (func $load (param i32) (result i32)))
  (import "s" "grow" (func $grow (result i32)))
  (import "s" "bump" (func $bump))
  (import "s" "g" (global $g (mut i64)))
  (import "s" "table" (table 4 funcref))
  (type $get (func (param i32) (result i32)))
  (memory 1) (data (i32.const 10) "\\07")
  (elem (i32.const 2) $mine)
  (func $mine (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "direct") (result i32)
    (i32.add (i32.mul (call $load (i32.const 10)) (i32.const 100))
             (i32.load8_u (i32.const 10))))
  (func (export "indirect") (param i32) (result i32)
    (i32.add (i32.mul (call_indirect (type $get) (i32.const 10) (local.get 0)) (i32.const 100))
             (i32.load8_u (i32.const 10))))
  (func (export "bumped") (result i64) (call $bump) (global.get $g))
  (func (export "grown") (result i32 i32 i32)
    (call $grow) (memory.size) (call $load (i32.const 65536))))"""


def pair() -> tuple[Guest, Guest]:
    supplier = Guest(SUPPLIER)
    names = ("load", "grow", "bump", "g", "table")
    return supplier, Guest(USER, {("s", name): supplier.extern(name) for name in names},
                           supplier.store)


def test_calls_switch_memories() -> None:
    _, user = pair()
    for _ in range(2):          # the first call lowers the callee
        assert user.call("direct") == (4207,)


def test_indirect_calls_switch_memories() -> None:
    supplier, user = pair()
    assert user.call("indirect", 0) == (4207,)
    assert user.call("indirect", 2) == (707,)
    with pytest.raises(Trap, match="indirect call type mismatch"):
        user.call("indirect", 1)
    with pytest.raises(Trap, match=r"uninitialized element \d+$"):
        user.call("indirect", 3)
    with pytest.raises(Trap, match=r"undefined element \d+$"):
        user.call("indirect", 4)
    assert supplier.store.tables[0].size == 4


def test_globals_are_shared() -> None:
    supplier, user = pair()
    assert user.call("bumped") == (6,)
    supplier.call("bump")
    assert user.call("bumped") == (8,)


def test_a_memory_grown_elsewhere() -> None:
    _, user = pair()
    assert user.call("grown") == (1, 1, 0)


def test_importers_of_one_memory_see_it_grow() -> None:
    supplier = Guest(SUPPLIER)
    user = Guest("""(module (import "s" "memory" (memory 1))
      (import "s" "grow" (func $grow (result i32)))
      (func (export "run") (result i32 i32)
        (drop (call $grow)) (i32.store8 (i32.const 65536) (i32.const 9))
        (memory.size) (i32.load8_u (i32.const 65536))))""",
                 {("s", name): supplier.extern(name) for name in ("memory", "grow")},
                 supplier.store)
    assert user.call("run") == (2, 9)
    assert supplier.call("load", 65536) == (9,)


@pytest.mark.parametrize(("name", "arguments"), [
    ("direct", ()), ("indirect", (0,)), ("indirect", (3,)), ("grown", ())])
def test_stepping_between_instances(name: str, arguments: tuple[int, ...]) -> None:
    expected = walk(pair()[1].begin(name, *arguments))
    machine = pair()[1].begin(name, *arguments)
    start = machine.capture()
    for n in range(len(expected)):
        machine.restore(start)
        machine.run(n)
        assert state(machine) == expected[n]
    machine.restore(start)
    machine.run(FOREVER)
    assert state(machine) == expected[-1]


# -- instantiation ---------------------------------------------------------------------------

def test_missing_imports_are_named_together() -> None:
    with pytest.raises(LinkError) as caught:
        Guest(USER)
    assert [name for _, name in caught.value.missing] == ["load", "grow", "bump", "g", "table"]


@pytest.mark.parametrize("kind", ["(func)", "(global i32)", "(table 1 funcref)", "(memory 2)",
                                  "(memory 1 2)", "(func (param i32))"])
def test_imports_of_another_type(kind: str) -> None:
    supplier = Guest(SUPPLIER)
    with pytest.raises(LinkError, match="incompatible import type"):
        Guest(f"(module (import \"s\" \"x\" {kind}))",
              {("s", "x"): supplier.extern("g" if "func" in kind else "memory")}, supplier.store)


def test_segments_before_one_out_of_bounds_stay() -> None:
    supplier = Guest(SUPPLIER)
    with pytest.raises(Trap, match="out of bounds memory access"):
        Guest("""(module (import "s" "memory" (memory 1))
          (data (i32.const 20) "ab") (data (i32.const 65535) "cd") (data (i32.const 30) "ef"))""",
              {("s", "memory"): supplier.extern("memory")}, supplier.store)
    memory = supplier.store.memories[0]
    assert (memory.read(20, 2), memory.read(65535, 1), memory.read(30, 2)) == (
        b"ab", b"\0", b"\0\0")


def test_functions_of_a_failed_instance_stay_callable() -> None:
    """They may have reached a table that others share (spec §4.5.4)."""
    supplier = Guest(SUPPLIER)
    with pytest.raises(Trap, match="out of bounds table access"):
        Guest("""(module (import "s" "table" (table 1 funcref)) (memory 1)
          (data (i32.const 10) "\\63")
          (func $get (param i32) (result i32) (i32.load8_u (local.get 0)))
          (elem (i32.const 3) $get) (elem (i32.const 9) $get))""",
              {("s", "table"): supplier.extern("table")}, supplier.store)
    user = Guest("""(module (import "s" "table" (table 1 funcref))
      (func (export "run") (result i32)
        (call_indirect (param i32) (result i32) (i32.const 10) (i32.const 3))))""",
                 {("s", "table"): supplier.extern("table")}, supplier.store)
    assert user.call("run") == (0,)         # its data came after the trap


def test_a_start_function_that_traps() -> None:
    guest = Guest("(module (global (export \"g\") (mut i32) (i32.const 0)) (start $s)"
                  " (func $s (global.set 0 (i32.const 4)) unreachable))")
    with pytest.raises(Trap, match="unreachable") as caught:
        guest.run_start()
    assert [frame.funcidx for frame in caught.value.frames] == [0]
    assert guest.store.globals[0].bits == 4


def test_equal_types_of_different_modules_match() -> None:
    """call_indirect compares types, not their indices (spec §4.6, canonical ids)."""
    store = Store()
    first = Guest("""(module (type (func (param f32))) (type $t (func (result i32)))
      (table (export "t") 1 funcref) (elem (i32.const 0) $f) (func $f (type $t) (i32.const 8)))""",
                  store=store)
    second = Guest("""(module (type $t (func (result i32))) (import "a" "t" (table 1 funcref))
      (func (export "run") (result i32) (call_indirect (type $t) (i32.const 0))))""",
                   {("a", "t"): first.extern("t")}, store)
    assert second.call("run") == (8,)


def test_imports_of_one_name_and_several_types() -> None:
    """Found by smith: a module may import a name twice; then only the order tells them apart."""
    supplier = Guest(SUPPLIER)
    compiled = Compiled(wat("""(module (import "" "" (global $g (mut i64)))
      (import "" "" (func $load (param i32) (result i32))) (import "" "" (memory 1)))"""))
    externs = [supplier.extern(name) for name in ("g", "load", "memory")]
    instance = instantiate(supplier.store, compiled, externs)
    assert (instance.globals, instance.funcs, instance.mems) == (
        [externs[0].addr], [externs[1].addr], [externs[2].addr])
    with pytest.raises(LinkError, match="unknown import"):
        instantiate(supplier.store, compiled, externs[:2])
