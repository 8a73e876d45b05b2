"""Tail calls: the callee's frame replaces the caller's, at every boundary and through the host."""

from __future__ import annotations

import dataclasses

import pytest

from gabagool.errors import SnapshotError
from gabagool.native.layout import Header
from gabagool.runtime.pages import Pages
from gabagool.runtime.store import Store
from gabagool.types import I32, I64, FuncType
from tests.machines import Guest

from .stepping import FOREVER, at_every_step

LOOP = """(module
  (type $t (func (param i64 i64) (result i64 i32)))
  (table funcref (elem $odd $even))
  (func $odd (type $t) (local i64 i64 i64)
    (if (i64.eqz (local.get 0)) (then (return (local.get 1) (i32.const 1))))
    (return_call_indirect (type $t)
      (i64.sub (local.get 0) (i64.const 1)) (i64.add (local.get 1) (local.get 3)) (i32.const 1)))
  (func $even (type $t)
    (if (i64.eqz (local.get 0)) (then (return (local.get 1) (i32.const 0))))
    (return_call $wide (i64.sub (local.get 0) (i64.const 1)) (i64.add (local.get 1) (i64.const 1))
                       (i32.const 7)))
  (func $wide (param i64 i64 i32) (result i64 i32) (local i64)
    (local.set 3 (i64.const 5))
    (return_call $odd (local.get 0) (local.get 1)))
  (func (export "run") (param i64) (result i64 i32)
    (i64.const 40) (call $even (local.get 0) (i64.const 0)) (drop) (i64.add) (i32.const 3)))"""


def _begun(n: int) -> Guest:
    guest = Guest(LOOP)
    guest.begin("run", n)
    return guest


def test_constant_stack() -> None:
    machine = _begun(1_000_001).machine
    machine.reset_peak()
    assert machine.run(FOREVER).results == (500_041, 3)
    assert machine.peak_depth == 2


def test_at_every_step() -> None:
    assert at_every_step(lambda: _begun(6)).results == (43, 3)


def test_one_step() -> None:
    """A tail call is one step and leaves the depth as it was."""
    machine = _begun(4).machine
    frames = set()
    while machine.ended is None:
        frames.add(tuple(frame.funcidx for frame in machine.frames()))
        machine.run(machine.step + 1)
    assert frames == {(3,), (0, 3), (1, 3), (2, 3)}


HOST = """(module
  (type $t (func (param i32 i64) (result i64 i32)))
  (import "host" "swap" (func $swap (type $t)))
  (table funcref (elem $swap))
  (func $direct (type $t) (local f64) (return_call $swap (local.get 0) (local.get 1)))
  (func $table (type $t) (return_call_indirect (type $t) (local.get 0) (local.get 1) (i32.const 0)))
  (func (export "run") (result i64 i32) (local i64)
    (call $direct (i32.const 7) (i64.const 9)) (i64.extend_i32_u) (local.set 0)
    (i32.wrap_i64) (call $table (local.get 0))))"""


def _calling_host() -> Guest:
    store = Store()
    t = FuncType((I32, I64), (I64, I32))
    swap = store.new_host_func(t, lambda _, a, b: (b + 1, a + 1), "swap")
    guest = Guest(HOST, {("host", "swap"): swap}, store)
    guest.begin("run")
    return guest


def test_host_functions() -> None:
    """A host function has no frame to put in place: it is called, and its results returned."""
    assert at_every_step(_calling_host).results == (9, 11)


def test_snapshot_of_another_callee_is_refused() -> None:
    """The first frame's call is direct: what replaced its callee must return the same types."""
    guest = _begun(4)
    machine = guest.machine
    while machine.depth < 2:
        machine.run(machine.step + 1)
    good = machine.exported()
    stack = bytearray(good.regions["stack"].to_bytes())
    fresh = _begun(4).machine
    control = dataclasses.replace(good.control, func=guest.instance.funcs[3])
    with pytest.raises(SnapshotError):
        fresh.restore_checked(dataclasses.replace(good, control=control))
    stack[good.control.fp + 16 + Header.DELTA] ^= 8
    regions = {**good.regions, "stack": Pages.from_bytes(stack)}
    with pytest.raises(SnapshotError):
        fresh.restore_checked(dataclasses.replace(good, regions=regions))
    fresh.restore_checked(good)
    assert fresh.run(FOREVER).results == (42, 3)
