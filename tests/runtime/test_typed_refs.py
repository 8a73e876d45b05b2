"""Typed function references: calls through them, nulls, and what may stand in their slots."""

from __future__ import annotations

import dataclasses

import pytest

from gabagool.errors import LinkError, SnapshotError, Trap
from gabagool.native.layout import REF_SHIFT
from gabagool.runtime.host import encode
from gabagool.runtime.pages import Pages
from tests.machines import Guest

from .stepping import at_every_step

TYPED = """(module
  (type $f (func (param i64) (result i64)))
  (type $self (func (result (ref null $self))))
  (table $t 3 (ref $f) (ref.func $double))
  (global $g (export "g") (ref $f) (ref.func $double))
  (global $m (export "m") (mut (ref null $f)) (ref.null nofunc))
  (elem declare func $me)
  (func $double (export "double") (type $f) (i64.mul (local.get 0) (i64.const 2)))
  (func $tail (type $f) (return_call_ref $f (i64.add (local.get 0) (i64.const 1)) (global.get $g)))
  (func $me (export "me") (type $self) (ref.func $me))
  (elem (table $t) (i32.const 1) (ref $f) (ref.func $tail))
  (func (export "run") (param $n (ref null $f)) (result i64)
    (local $r (ref $f)) (local $x i64)
    (local.set $r (table.get $t (i32.const 1)))
    (local.set $x (call_ref $f (i64.const 4) (local.get $r)))
    (block $null
      (drop (br_on_null $null (local.get $n)))
      (local.set $x (i64.const 1)))
    (block $some (result (ref $f))
      (br_on_non_null $some (local.get $n))
      (ref.as_non_null (local.get $r)))
    (global.set $m)
    (drop (call_ref $self (ref.as_non_null (call_ref $self (ref.func $me)))))
    (i64.add (local.get $x) (call_ref $f (i64.const 5) (global.get $m))))
  (func (export "null") (result i64) (call_ref $f (i64.const 1) (global.get $m)))
  (func (export "as") (drop (ref.as_non_null (global.get $m)))))"""


def _begun() -> Guest:
    guest = Guest(TYPED)
    guest.begin("run", 0)
    return guest


def test_at_every_step() -> None:
    assert at_every_step(_begun).results == (22,)


@pytest.mark.parametrize(("name", "message"), [
    ("null", "null function reference"), ("as", "null reference")])
def test_null(name: str, message: str) -> None:
    with pytest.raises(Trap, match=message):
        Guest(TYPED).call(name)


@pytest.mark.parametrize("region", ["stack", "globals", "table 0"])
def test_snapshot_with_a_function_of_another_type_is_refused(region: str) -> None:
    """Native code calls what a typed reference refers to without looking at its type."""
    guest = _begun()
    machine = guest.machine
    machine.run(3)
    good = machine.exported()
    data = bytearray(good.regions[region].to_bytes())
    right, wrong = (guest.func(name).addr << REF_SHIFT for name in ("double", "me"))
    at = 0 if region == "stack" else data.index(right.to_bytes(8, "little"))
    data[at:at + 8] = wrong.to_bytes(8, "little")
    bad = dataclasses.replace(good, regions={**good.regions, region: Pages.from_bytes(data)})
    with pytest.raises(SnapshotError, match="a reference to function"):
        _begun().machine.restore_checked(bad)


def test_host_values() -> None:
    guest = Guest(TYPED)
    t = guest.func("run").type.params[0]
    assert encode(t, guest.func("double"), guest.store) == guest.func("double").addr << REF_SHIFT
    assert encode(t, None, guest.store) == 0
    for value in (guest.func("me"), "text"):
        with pytest.raises(TypeError):
            encode(t, value, guest.store)


USER = """(module (type $pad (func)) (type $f (func (param {t}) (result i64)))
  (type $self (func (result (ref null $self))))
  (import "m" "g" (global (ref null $f))) (import "m" "me" (func (type $self))))"""


def test_imports_of_equal_types() -> None:
    """Types are compared by structure, whatever their index, also those that name themselves."""
    guest = Guest(TYPED)
    imports = {("m", name): guest.extern(name) for name in ("g", "me")}
    Guest(USER.format(t="i64"), imports, guest.store)
    with pytest.raises(LinkError, match="incompatible import type"):
        Guest(USER.format(t="i32"), imports, guest.store)
