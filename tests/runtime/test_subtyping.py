"""Subtypes at run time: calls through tables, and linking modules to each other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gabagool.errors import LinkError, SnapshotError, Trap
from gabagool.runtime.store import Store
from gabagool.types import EQ, FuncType, concrete, reftype
from tests.machines import Guest

_TYPES = """
  (type $top (sub (func (result anyref))))
  (type $mid (sub $top (func (result eqref))))
  (type $low (sub final $mid (func (result (ref null i31)))))
  (type $other (sub $top (func (result structref))))
  (rec (type $twin (sub (func (result anyref)))) (type (struct)))
"""
CALLS = f"""(module {_TYPES}
  (table funcref (elem $mid $low $other $twin))
  (func $mid (type $mid) (ref.null eq)) (func $low (type $low) (ref.null i31))
  (func $other (type $other) (ref.null struct)) (func $twin (type $twin) (ref.null any))
  (func (export "top") (param i32) (result i32)
    (ref.is_null (call_indirect (type $top) (local.get 0))))
  (func (export "mid") (param i32) (result i32)
    (ref.is_null (call_indirect (type $mid) (local.get 0))))
  (func (export "low") (param i32) (result i32)
    (ref.is_null (call_indirect (type $low) (local.get 0))))
  (func $tail (param i32) (result anyref) (return_call_indirect (type $top) (local.get 0)))
  (func (export "tail") (param i32) (result i32) (ref.is_null (call $tail (local.get 0)))))"""
_FITS = {"top": (1, 1, 1, 0), "mid": (1, 1, 0, 0), "low": (0, 1, 0, 0), "tail": (1, 1, 1, 0)}


@pytest.mark.parametrize("name", _FITS)
@pytest.mark.parametrize("index", range(4))
def test_indirect_calls(name: str, index: int) -> None:
    guest = Guest(CALLS)
    if _FITS[name][index]:
        assert guest.call(name, index) == (1,)
    else:
        with pytest.raises(Trap, match="indirect call type mismatch"):
            guest.call(name, index)


EXPORTS = f"""(module {_TYPES}
  (func (export "mid") (type $mid) (ref.null eq))
  (func (export "twin") (type $twin) (ref.null any))
  (table (export "table") 1 (ref null $mid))
  (global (export "const") (ref null $mid) (ref.null $mid))
  (global (export "var") (mut (ref null $mid)) (ref.null $mid)))"""


@pytest.mark.parametrize(("wanted", "fits"), [
    ('"mid" (func (type $mid))', True),
    ('"mid" (func (type $top))', True),
    ('"mid" (func (type $low))', False),
    ('"mid" (func (type $other))', False),
    ('"mid" (func (type $alone))', False),
    ('"twin" (func (type $twin))', True),
    ('"twin" (func (type $top))', False),
    ('"table" (table 1 (ref null $mid))', True),
    ('"table" (table 1 (ref null $top))', False),
    ('"const" (global (ref null $mid))', True),
    ('"const" (global (ref null $top))', True),
    ('"const" (global funcref)', True),
    ('"const" (global (ref null $low))', False),
    ('"const" (global (ref $mid))', False),
    ('"var" (global (mut (ref null $mid)))', True),
    ('"var" (global (mut (ref null $top)))', False),
])
def test_imports(wanted: str, fits: bool) -> None:
    exporter = Guest(EXPORTS)
    name = wanted.split('"')[1]
    # types of another index, and behind others
    importer = f"""(module (type (struct)) {_TYPES} (type $alone (func (result eqref)))
      (import "m" {wanted}))"""
    imports = {("m", name): exporter.extern(name)}
    if fits:
        Guest(importer, imports, exporter.store)
    else:
        with pytest.raises(LinkError, match="incompatible import type"):
            Guest(importer, imports, exporter.store)


def test_a_host_function_may_have_a_lower_type() -> None:
    store = Store()
    imports = {("m", "f"): store.new_host_func(FuncType((), (reftype(True, EQ),)), print, "f")}
    Guest('(module (import "m" "f" (func (result eqref))))', imports, store)
    with pytest.raises(LinkError, match="incompatible import type"):
        Guest('(module (import "m" "f" (func (result anyref))))', imports, store)


def test_references_fit_by_subtyping() -> None:
    guest = Guest(CALLS)
    store = guest.store
    bits = {name: guest.instance.funcs[i] << 2 for i, name in enumerate(
        ("mid", "low", "other", "twin"))}
    top, mid, low, _, twin = guest.instance.types[:5]
    wanted = {top: {"mid", "low", "other"}, mid: {"mid", "low"}, low: {"low"}, twin: {"twin"}}
    for number, names in wanted.items():
        t = reftype(True, concrete(number))
        assert {name for name in bits if store.fits(t, bits[name])} == names


def test_a_snapshot_may_not_lie_about_types() -> None:
    """A frame of a function that the call could not have led to."""
    guest = Guest(CALLS)
    machine = guest.begin("mid", 0)
    machine.run(2)
    assert machine.depth == 2
    good = machine.exported()
    machine.restore_checked(good)
    twin = guest.store.funcs[guest.instance.funcs[3]]
    guest.store.thread(twin)
    assert twin.lowered is not None
    control = replace(good.control, func=twin.addr, offset=twin.lowered.offsets[0])
    lying = replace(good, control=control)
    with pytest.raises(SnapshotError, match="another type"):
        machine.restore_checked(lying)
