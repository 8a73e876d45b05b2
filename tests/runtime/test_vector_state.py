"""Vectors are state like any other: in frames, globals and calls, at every boundary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import wasmtime

from gabagool import snapshot as files
from gabagool.errors import ValidationError
from gabagool.history.recorder import Recorder
from gabagool.runtime.compiled import Compiled
from gabagool.runtime.host import Caller
from gabagool.runtime.machine import Machine
from gabagool.runtime.store import Store
from gabagool.types import I32, I64, V128, FuncType
from tests.machines import Guest, wat
from tests.native.states import state, walk

HOST = FuncType((I32, V128, I64), (V128, I32, V128))
VECTOR = 0x0F0E0D0C_0B0A0908_07060504_03020100
ALL = (1 << 128) - 1

# Vectors among other values wherever values go: parameters, results, blocks and their
# parameters, branches that move them, branch tables, globals, locals, select, drop, dead code.
BODY = """
  (memory (export "memory") 1)
  (global $at (mut i32) (i32.const 0))
  (global $g (mut v128) (v128.const i32x4 1 2 3 4))
  (global $fixed v128 (v128.const i64x2 5 -6))
  (type $mix (func (param i32 v128 i64) (result v128 i32 v128)))
  (table funcref (elem $mix))
  (func $keep (param v128 i32 v128)
    (v128.store (global.get $at) (local.get 0))
    (i32.store offset=16 (global.get $at) (local.get 1))
    (v128.store offset=20 (global.get $at) (local.get 2))
    (global.set $at (i32.add (global.get $at) (i32.const 40))))
  (func $mix (type $mix) (local f32 v128 i64)
    (local.set 4 (i8x16.splat (local.get 0)))
    (block (result v128 i32 v128)
      i64.const 99 local.get 1 local.get 0 local.get 4
      (br_if 0 (i32.and (local.get 0) (i32.const 1)))
      drop drop drop drop
      global.get $g i32.const 7 global.get $fixed
      br 0
      i32x4.add drop local.get 4 local.set 1 select drop))
  (func $carry (param v128 i32) (result v128)
    (block $a (result v128)
      (block $b (result v128)
        f64.const 1 local.get 0
        (br_table $a $b $a (local.get 1)))
      v128.const i16x8 1 2 3 4 5 6 7 8 i16x8.add return)
    v128.const i32x4 3 3 3 3 i32x4.mul)
  (func $sum (param $n i32) (result v128) (local $total v128)
    local.get $n global.get $fixed
    (loop $again (param i32 v128) (result v128)
      global.set $g
      i32.const 1 i32.sub local.tee $n drop
      (local.set $total (i64x2.add (local.get $total) (global.get $g)))
      local.get $n
      (i32x4.add (global.get $g) (i32x4.splat (local.get $n)))
      (br_if $again (local.get $n))
      local.get $total
      i8x16.shuffle 1 0 3 2 16 17 18 19 8 9 10 11 31 30 29 28
      local.tee $total
      local.set $total
      drop local.get $total))
  (func (export "run") (param i32) (local $v v128)
    (call $mix (local.get 0) (v128.const i32x4 9 8 7 6) (i64.const 3))
    local.tee $v
    call $keep
    (call_indirect (type $mix) (i32.const 2) (local.get $v) (i64.const 3) (i32.const 0))
    call $keep
    (call $carry (local.get $v) (i32.const 0))
    i32.const 1
    (call $carry (local.get $v) (i32.const 1))
    call $keep
    (call $sum (i32.const 5))
    i32.const 2
    (select (local.get $v) (global.get $fixed) (local.get 0))
    call $keep
    (select (result v128) (local.get $v) (global.get $g) (i32.const 0))
    i32.const 3
    (v128.load offset=1 (i32.const 0))
    call $keep"""
PROGRAM = f"(module {BODY}))"
WITH_HOST = f"""(module
  (import "env" "host" (func $host (param i32 v128 i64) (result v128 i32 v128))) {BODY}
    (call $host (i32.const -3) (local.get $v) (i64.const -4))
    call $keep))"""


def host(_caller: Caller, a: int, b: int, c: int) -> tuple[int, int, bytes]:
    assert (a, c) == ((1 << 32) - 3, (1 << 64) - 4)
    return b ^ ALL, 5, bytes(range(16))


def guest(source: str = PROGRAM) -> Guest:
    store = Store()
    imports: Any = {("env", "host"): store.new_host_func(HOST, host, "env.host")}
    return Guest(source, imports, store)


def begin(source: str = PROGRAM, argument: int = 1) -> Machine:
    return guest(source).begin("run", argument)


@pytest.mark.parametrize("argument", [0, 1])
def test_program(argument: int) -> None:
    store = wasmtime.Store()
    module = wasmtime.Module(store.engine, wat(PROGRAM))
    exports = wasmtime.Instance(store, module, []).exports(store)
    exports["run"](store, argument)
    expected = bytes(exports["memory"].read(store, 0, 400))
    found = guest()
    found.call("run", argument)
    assert found.store.memories[0].read(0, 400) == expected


@pytest.mark.parametrize("argument", [0, 1])
def test_every_step(argument: int, tmp_path: Path) -> None:
    """Stepping, running for n steps, and going on from a snapshot or a file: all the same."""
    machine = begin(WITH_HOST, argument)
    start = machine.capture()
    expected = walk(machine)
    other = begin(WITH_HOST, argument)
    for n in range(len(expected)):
        machine.restore(start)
        machine.run(n)
        assert state(machine) == expected[n], n
        here = machine.capture()
        machine.run(1 << 40)
        assert state(machine) == expected[-1], n
        machine.restore(here)
        assert state(machine) == expected[n], n
        files.save_file(tmp_path / "at", machine)
        files.load_file(tmp_path / "at", other)
        assert state(other) == expected[n], n
        other.run(1 << 40)
        assert state(other) == expected[-1], n


def test_host_call() -> None:
    found = guest(WITH_HOST)
    found.call("run", 1)
    data = found.store.memories[0].read(200, 36)
    vector = int.from_bytes(b"\1" * 16, "little")
    assert data == ((vector ^ ALL).to_bytes(16, "little") + (5).to_bytes(4, "little")
                    + bytes(range(16)))


def test_recording() -> None:
    """A host's vectors are in the journal."""
    machine = begin(WITH_HOST)
    recorder = Recorder(machine)
    recorder.record()
    end = recorder.total
    final = state(machine)
    for step in (end, 0, end // 2, end):
        recorder.seek(step)
    assert state(machine) == final


@pytest.mark.parametrize(("types", "bits"), [
    (("v128",), (VECTOR,)),
    (("i32", "v128", "f64", "v128"), (7, VECTOR, 1 << 62, ALL)),
    (("v128", "i64"), (ALL, (1 << 64) - 1)),
])
def test_arguments_and_results(types: tuple[str, ...], bits: tuple[int, ...]) -> None:
    gets = " ".join(f"local.get {i}" for i in range(len(types)))
    found = guest(f"""(module (func (export "f") (param {" ".join(types)})
                                             (result {" ".join(types)}) {gets} nop))""")
    assert found.call("f", *bits) == bits
    machine = found.begin("f", *bits)
    machine.run(1)
    assert [b for _, b in machine.locals()] == list(bits)
    assert [b for _, b in machine.operands()] == [bits[0]]


def test_an_unstarted_unit_is_not_needed() -> None:
    """Programs without vectors never load their handlers."""
    lowered = Compiled(wat("(module (func (param i32) local.get 0 drop))")).lowered(0)
    assert not lowered.units
    assert Compiled(wat(PROGRAM)).lowered(1).units == {"vector"}


@pytest.mark.parametrize("body", [
    "local.get 0 i32.add drop",
    "local.get 0 local.get 1 select drop",
    "local.get 0 i32.const 1 local.get 1 select drop",
    "local.get 0 local.set 1",
    "local.get 1 local.set 0",
    "local.get 1 i32x4.abs drop",
    "(block (result v128) local.get 1) drop",
    "(block local.get 0)",
    "local.get 0 i32.eqz drop",
    "i32.const 1 i32.const 1 v128.and drop",
    "(block (result i32) unreachable i32x4.abs) drop",
])
def test_invalid(body: str) -> None:
    binary = wasmtime.wat2wasm(f"(module (func (param v128 i32) {body}))")
    with pytest.raises(ValidationError, match="type mismatch"):
        Compiled(bytes(binary)).validate_all()
