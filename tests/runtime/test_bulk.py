"""Bulk memory and table instructions at their edges; memories and tables that grow."""

from __future__ import annotations

import pytest

from gabagool.errors import LimitError, Trap
from gabagool.native.layout import REF_HOST, REF_SHIFT
from gabagool.runtime.limits import Limits
from tests.machines import Guest

GUEST = """(module
  (memory (export "memory") 1 4) (data $d "0123456789")
  (table $t (export "table") 4 8 funcref) (table $x 2 externref)
  (elem $e func $a $b $a)
  (func $a) (func $b)
  (func (export "init") (param i32 i32 i32)
    (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
  (func (export "drop") (data.drop $d))
  (func (export "copy") (param i32 i32 i32)
    (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "fill") (param i32 i32 i32)
    (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "tinit") (param i32 i32 i32)
    (table.init $t $e (local.get 0) (local.get 1) (local.get 2)))
  (func (export "edrop") (elem.drop $e))
  (func (export "tcopy") (param i32 i32 i32)
    (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
  (func (export "tfill") (param i32 i32) (param i32)
    (table.fill $t (local.get 0) (table.get $t (local.get 1)) (local.get 2)))
  (func (export "tgrow") (param i32) (result i32)
    (table.grow $t (table.get $t (i32.const 0)) (local.get 0)))
  (func (export "xset") (param i32 externref) (table.set $x (local.get 0) (local.get 1)))
  (func (export "xget") (param i32) (result externref) (table.get $x (local.get 0)))
  (func (export "sizes") (result i32 i32) (table.size $t) (table.size $x)))"""

PAGE = 65536
TOP = (1 << 32) - 1


@pytest.fixture
def guest() -> Guest:
    return Guest(GUEST)


def read(guest: Guest, at: int, count: int) -> bytes:
    return guest.store.memories[0].read(at, count)


def funcs(guest: Guest) -> list[int]:
    """Function indices in the table, 0 where it is empty (imports would come first)."""
    table = guest.store.tables[0]
    first = guest.instance.funcs[0]
    return [ref and (ref >> REF_SHIFT) - first + 1 for ref in map(table.get, range(table.size))]


@pytest.mark.parametrize(("name", "arguments"), [
    ("init", (0, 0, 11)), ("init", (0, 10, 1)), ("init", (PAGE - 2, 0, 3)), ("init", (PAGE, 0, 1)),
    ("init", (PAGE + 1, 0, 0)), ("init", (0, 11, 0)), ("init", (TOP, 1, 1)), ("init", (0, TOP, 1)),
    ("init", (0, 0, TOP)), ("copy", (PAGE - 1, 0, 2)), ("copy", (0, PAGE - 1, 2)),
    ("copy", (PAGE + 1, 0, 0)), ("copy", (0, PAGE + 1, 0)), ("copy", (TOP, 0, TOP)),
    ("fill", (PAGE - 1, 1, 2)), ("fill", (PAGE + 1, 1, 0)), ("fill", (1, 1, TOP)),
])
def test_memory_is_untouched_by_what_is_out_of_bounds(guest: Guest, name: str,
                                                      arguments: tuple[int, ...]) -> None:
    guest.call("fill", 0, 7, PAGE)
    with pytest.raises(Trap, match="out of bounds memory access"):
        guest.call(name, *arguments)
    assert read(guest, 0, PAGE) == b"\7" * PAGE


def test_up_to_the_edge(guest: Guest) -> None:
    guest.call("init", PAGE - 10, 0, 10)
    guest.call("copy", 0, PAGE - 10, 10)
    guest.call("copy", 2, 0, 10)            # overlapping, forwards and backwards
    assert read(guest, 0, 12) == b"010123456789"
    guest.call("copy", 0, 2, 10)
    assert read(guest, 0, 12) == b"012345678989"
    guest.call("fill", PAGE - 1, 0x1FF, 1)
    assert read(guest, PAGE - 1, 1) == b"\xff"
    for name in ("init", "copy", "fill"):
        guest.call(name, PAGE, 0, 0)


def test_dropped_segments_are_empty(guest: Guest) -> None:
    guest.call("drop")
    guest.call("drop")
    guest.call("init", 5, 0, 0)
    with pytest.raises(Trap, match="out of bounds memory access"):
        guest.call("init", 5, 0, 1)
    guest.call("edrop")
    guest.call("tinit", 0, 0, 0)
    with pytest.raises(Trap, match="out of bounds table access"):
        guest.call("tinit", 0, 0, 1)


@pytest.mark.parametrize(("name", "arguments"), [
    ("tinit", (2, 0, 3)), ("tinit", (0, 1, 3)), ("tinit", (5, 0, 0)), ("tinit", (0, 4, 0)),
    ("tinit", (TOP, 0, 1)), ("tcopy", (3, 0, 2)), ("tcopy", (0, 3, 2)), ("tcopy", (TOP, 0, TOP)),
    ("tfill", (3, 0, 2)), ("tfill", (5, 0, 0)), ("tfill", (0, 0, TOP)), ("tfill", (0, 4, 1)),
])
def test_tables_are_untouched_by_what_is_out_of_bounds(guest: Guest, name: str,
                                                       arguments: tuple[int, ...]) -> None:
    guest.call("tinit", 0, 0, 3)
    with pytest.raises(Trap, match="out of bounds table access"):
        guest.call(name, *arguments)
    assert funcs(guest) == [1, 2, 1, 0]


def test_table_operations(guest: Guest) -> None:
    guest.call("tinit", 1, 1, 2)
    assert funcs(guest) == [0, 2, 1, 0]
    guest.call("tcopy", 0, 1, 3)
    assert funcs(guest) == [2, 1, 0, 0]
    guest.call("tcopy", 1, 0, 3)
    assert funcs(guest) == [2, 2, 1, 0]
    guest.call("tfill", 2, 0, 2)
    assert funcs(guest) == [2, 2, 2, 2]
    assert guest.call("tgrow", 4) == (4,)
    assert funcs(guest) == [2] * 8
    assert guest.call("tgrow", 1) == (TOP,)
    assert guest.call("tgrow", 0) == (8,)
    assert guest.call("sizes") == (8, 2)


def test_host_references_in_tables(guest: Guest) -> None:
    ref = guest.store.host_refs.ref("an object")
    guest.call("xset", 1, ref)
    assert guest.call("xget", 1) == (ref,)
    assert ref & REF_HOST
    assert guest.call("xget", 0) == (0,)


@pytest.mark.parametrize(("pages", "before"), [(0, 1), (3, 1), (4, TOP), (TOP, TOP),
                                               (0x80000000, TOP)])
def test_memory_grow(guest: Guest, pages: int, before: int) -> None:
    assert guest.call("grow", pages) == (before,)
    grown = PAGE * (1 + (pages if before == 1 else 0))
    assert guest.store.memories[0].size == grown
    assert read(guest, grown - 1, 1) == b"\0"


def test_memory_of_four_gigabytes() -> None:
    """All of it can be addressed, and only what is touched is taken from the system."""
    guest = Guest("""(module (memory 65535 65536)
      (func (export "run") (result i32 i32)
        (drop (memory.grow (i32.const 1)))
        (i32.store8 offset=1 (i32.const 0xfffffffe) (i32.const 5))
        (i32.load8_u (i32.const 0xffffffff)) (memory.size))
      (func (export "beyond") (param i32) (result i32) (i32.load offset=1 (local.get 0)))
      (func (export "far") (param i32) (result i32)
        (i32.load offset=0xffffffff (local.get 0))))""")
    assert guest.call("run") == (5, 65536)
    assert guest.call("beyond", 0xFFFFFFFB) == (0x05000000,)
    for name, address in (("beyond", 0xFFFFFFFC), ("far", 0), ("far", 0xFFFFFFFF)):
        with pytest.raises(Trap, match="out of bounds memory access"):
            guest.call(name, address)


@pytest.mark.parametrize("text", [
    "(module (memory 11))", "(module (table 1001 funcref))", "(module (table 4000000000 funcref))"])
def test_more_than_the_limits_allow(text: str) -> None:
    with pytest.raises(LimitError):
        Guest(text, limits=Limits(memory_pages=10, table_elements=1000))


def test_growth_stops_at_the_limits() -> None:
    guest = Guest("""(module (memory 1) (table 1 funcref)
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "tgrow") (param i32) (result i32)
        (table.grow (ref.null func) (local.get 0))))""",
                  limits=Limits(memory_pages=10, table_elements=1000))
    assert guest.call("grow", 10) == (TOP,)
    assert guest.call("grow", 9) == (1,)
    assert guest.call("tgrow", 1000) == (TOP,)
    assert guest.call("tgrow", 999) == (1,)
