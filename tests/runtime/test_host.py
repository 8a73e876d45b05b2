"""Host functions: values in and out, exceptions, calls back into wasm, journaled effects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gabagool.errors import Exit, GabagoolError, SnapshotError, Trap
from gabagool.runtime.host import Caller
from gabagool.runtime.journal import Journal
from gabagool.runtime.limits import Limits
from gabagool.runtime.stops import StopReason
from gabagool.runtime.store import Store
from gabagool.types import EXTERNREF, F32, F64, FUNCREF, I32, I64, FuncType
from tests.machines import Guest
from tests.native.states import state

FOREVER = 1 << 40


def guest(text: str, functype: FuncType, host: Callable[..., Any], **limits: int) -> Guest:
    """A module that imports `host` as "env" "host"."""
    store = Store(Limits(**limits))
    func = store.new_host_func(functype, host, "env.host")
    return Guest(text, {("env", "host"): func}, store)


# -- values ----------------------------------------------------------------------------------

def test_values_reach_the_host_and_come_back() -> None:
    seen: list[Any] = []

    def host(caller: Caller, *args: Any) -> tuple[Any, ...]:
        seen.extend(args)
        return args[::-1]

    types = (I32, I64, F32, F64)
    g = guest("""(module (import "env" "host" (func $h (param i32 i64 f32 f64)
        (result f64 f32 i64 i32)))
      (func (export "run") (result f64 f32 i64 i32)
        (call $h (i32.const -1) (i64.const -2) (f32.const 1.5) (f64.const -2.5))))""",
              FuncType(types, types[::-1]), host)
    assert g.call("run") == (0xC004000000000000, 0x3FC00000, (1 << 64) - 2, (1 << 32) - 1)
    assert seen == [(1 << 32) - 1, (1 << 64) - 2, 1.5, -2.5]


def test_references_reach_the_host_and_come_back() -> None:
    thing = object()
    seen: list[Any] = []

    def host(caller: Caller, ref: Any, func: Any) -> Any:
        seen.append((ref, func))
        return thing if ref is None else None

    g = guest("""(module (import "env" "host" (func $h (param externref funcref)
        (result externref)))
      (func $f) (elem declare func $f)
      (func (export "run") (result i32)
        (call $h (ref.null extern) (ref.null func))
        (ref.is_null (call $h (ref.func $f)))))""",
              FuncType((EXTERNREF, FUNCREF), (EXTERNREF,)), host)
    assert g.call("run") == (1,)
    assert seen[0] == (None, None)
    assert seen[1][0] is thing


@pytest.mark.parametrize("returned", [None, (), (1, 2), "x", 1.5, 1 << 32])
def test_results_that_do_not_fit_say_so(returned: Any) -> None:
    g = guest("""(module (import "env" "host" (func $h (result i32)))
      (func (export "run") (result i32) (call $h)))""", FuncType((), (I32,)),
              lambda caller: returned)
    with pytest.raises((TypeError, OverflowError)):
        g.call("run")


# -- ends ------------------------------------------------------------------------------------

CALLER = """(module (import "env" "host" (func $h))
  (global $g (export "g") (mut i32) (i32.const 0)) (memory (export "memory") 1)
  (func $inner (call $h) (global.set $g (i32.const 2)))
  (func (export "run") (global.set $g (i32.const 1)) (call $inner)))"""


def test_a_trap_from_the_host_is_the_programs() -> None:
    def host(caller: Caller) -> None:
        raise Trap("the host says no")

    g = guest(CALLER, FuncType(), host)
    with pytest.raises(Trap, match="the host says no") as caught:
        g.call("run")
    assert [frame.funcidx for frame in caught.value.frames] == [1, 2]
    stop = g.begin("run").run(FOREVER)
    assert (stop.reason, stop.step) == (StopReason.TRAP, 3)
    assert g.store.globals[0].bits == 1


def test_exit_from_the_host() -> None:
    def host(caller: Caller) -> None:
        raise Exit(3)

    g = guest(CALLER, FuncType(), host)
    with pytest.raises(Exit):
        g.call("run")
    stop = g.begin("run").run(FOREVER)
    assert (stop.reason, stop.exit_code) == (StopReason.EXIT, 3)


def test_another_exception_comes_out_and_the_call_can_be_tried_again() -> None:
    failures = [RuntimeError("not now"), RuntimeError("nor now")]

    def host(caller: Caller) -> None:
        if failures:
            raise failures.pop()

    machine = guest(CALLER, FuncType(), host).begin("run")
    for _ in range(2):
        with pytest.raises(RuntimeError, match="now"):
            machine.run(FOREVER)
        assert (machine.step, machine.ended, machine.depth) == (3, None, 2)
        machine.capture()
    assert machine.run(FOREVER).reason == StopReason.FINISHED


# -- calls back ------------------------------------------------------------------------------

BACK = """(module (import "env" "host" (func $h (param i32) (result i32)))
  (func $down (export "down") (param i32) (result i32) (local i64)
    (if (result i32) (local.get 0)
      (then (i32.add (call $h (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
      (else (if (result i32) (i64.eqz (local.get 1)) (then (i32.const 100)) (else unreachable))))
    (local.set 1 (i64.const -1))))"""


def calling_back(**limits: int) -> Guest:
    def host(caller: Caller, n: int) -> int:
        result, = caller.call(g.func("down"), (n,))
        return result

    g = guest(BACK, FuncType((I32,), (I32,)), host, **limits)
    return g


def test_calls_back_into_wasm() -> None:
    assert calling_back().call("down", 40) == (140,)


def test_calls_back_while_stepping() -> None:
    """A run that a debugger controls is not disturbed by what its host calls."""
    g = calling_back()
    machine = g.begin("down", 3)
    while machine.ended is None:
        machine.run(machine.step + 1)
    assert machine.ended.results == (103,)


def test_breakpoints_and_depth_stops_do_not_stop_calls_back() -> None:
    g = calling_back()
    machine = g.begin("down", 3)
    assert machine.position is not None
    machine.set_break(machine.position)
    assert machine.run(FOREVER, max_depth=5).results == (103,)


def test_calls_back_share_the_depth_limit() -> None:
    g = calling_back(call_depth=10)
    assert g.call("down", 9) == (109,)
    with pytest.raises(Trap, match="call stack exhausted"):
        g.call("down", 10)


def test_a_trap_in_a_call_back_can_be_caught() -> None:
    def host(caller: Caller, n: int) -> int:
        with pytest.raises(Trap, match="unreachable"):
            caller.call(g.func("boom"), ())
        return n + 1

    g = guest("""(module (import "env" "host" (func $h (param i32) (result i32)))
      (func (export "boom") (local i64 i64 i64) unreachable)
      (func (export "run") (param i32) (result i32) (local i32)
        (local.set 1 (i32.const 50))
        (i32.add (local.get 1) (call $h (local.get 0)))))""", FuncType((I32,), (I32,)), host)
    assert g.call("run", 4) == (55,)
    machine = g.begin("run", 4)
    assert machine.run(FOREVER).results == (55,)


def test_no_snapshot_amid_a_host_call() -> None:
    def host(caller: Caller) -> None:
        with pytest.raises(SnapshotError):
            machine.capture()

    machine = guest(CALLER, FuncType(), host).begin("run")
    assert machine.run(FOREVER).reason == StopReason.FINISHED


# -- the journal -----------------------------------------------------------------------------

def test_a_recording_has_no_calls_back() -> None:
    g = calling_back()
    machine = g.begin("down", 3)
    machine.journal = Journal()
    with pytest.raises(GabagoolError, match="recording"):
        machine.run(FOREVER)


EFFECTS = """(module (import "env" "host" (func $h (result i32)))
  (memory (export "memory") 1 5) (table (export "table") 2 9 externref)
  (global (export "g") (mut i64) (i64.const 1))
  (func (export "run") (result i32 i32 i32 i64)
    (drop (call $h)) (drop (call $h))
    (i32.load (i32.const 70000)) (memory.size) (table.size) (global.get 0)))"""


def test_effects_are_replayed_without_the_host() -> None:
    calls = []

    def host(caller: Caller) -> int:
        calls.append(1)
        store = caller.store
        store.memories[0].grow(1)
        store.memories[0].write(70000 if len(calls) > 1 else 0, b"\x01\x02\x03\x04")
        store.tables[0].grow(2, store.host_refs.ref("x"))
        store.tables[0].set(0, store.host_refs.ref("y"))
        store.globals[0].bits = 40 + len(calls)
        return 0

    g = guest(EFFECTS, FuncType((), (I32,)), host)
    machine = g.begin("run")
    start = machine.capture()
    machine.journal = Journal()
    expected = [state(machine)]
    while machine.ended is None:
        machine.run(machine.step + 1)
        expected.append(state(machine))
    assert machine.ended.results == (0x04030201, 3, 6, 42)
    replayed = len(calls)
    for n in (*range(len(expected)), FOREVER):
        machine.restore(start)
        machine.run(n)
        assert state(machine) == expected[min(n, len(expected) - 1)]
    assert len(calls) == replayed


def test_a_diverging_replay_is_noticed() -> None:
    g = guest(CALLER, FuncType(), lambda caller: None)
    machine = g.begin("run")
    start = machine.capture()
    machine.journal = Journal()
    machine.run(FOREVER)
    machine.restore(start)
    entry, = machine.journal.entries
    machine.journal = Journal([type(entry)(entry.step + 1, entry.name, entry.args)])
    with pytest.raises(SnapshotError, match="diverged"):
        machine.run(FOREVER)
