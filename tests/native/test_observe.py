"""Breakpoints, probes, depth stops and limits, also amid fused sequences."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable

import pytest

from gabagool.errors import GabagoolError, Trap
from gabagool.native.engine import native
from gabagool.runtime.limits import Limits
from gabagool.runtime.stops import Position, StopReason
from gabagool.runtime.store import Store
from gabagool.types import I32, FuncType
from tests.machines import Guest, wat

from .shapes import Shape
from .states import State, state, walk
from .test_fusion import begin

FOREVER = 1 << 40
FIB = """(module (func $fib (export "fib") (param i32) (result i32)
  (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
    (then (local.get 0))
    (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                   (call $fib (i32.sub (local.get 0) (i32.const 2))))))))"""


def steps_at(states: list[State], position: Position) -> list[int]:
    """The steps that a walked machine made, or trapped in, at `position`."""
    return list(dict.fromkeys(step for step, found, *_ in states if found == position))


@pytest.mark.parametrize("names", native(best=True).fusions, ids="|".join)
def test_breakpoints_and_probes_in_a_sequence(names: tuple[str, ...]) -> None:
    shape = Shape(names, 5)
    source, arguments = wat(shape.text()), shape.arguments()
    expected = walk(begin(source, native(best=True), arguments))
    machine = begin(source, native(best=True), arguments)
    start = machine.capture()
    for position in dict.fromkeys(found for _, found, *_ in expected if found is not None):
        steps = [step for step in steps_at(expected, position) if step != 0]
        machine.restore(start)
        machine.set_break(position)
        for step in steps:
            stop = machine.run(FOREVER)
            assert (stop.reason, stop.step) == (StopReason.BREAKPOINT, step)
            assert state(machine) == expected[step]
        machine.run(FOREVER)
        assert state(machine) == expected[-1]
        machine.clear_break(position)
        machine.restore(start)
        machine.set_probes([position])
        machine.run(FOREVER)
        assert state(machine) == expected[-1]
        assert machine.probe_count(position) == len(steps_at(expected, position))
        assert machine.last_probe_step == steps_at(expected, position)[-1]
        machine.set_probes([])


# -- breakpoints -----------------------------------------------------------------------------

def test_a_breakpoint_stops_every_time_and_resuming_passes_it() -> None:
    expected = walk(Guest(FIB).begin("fib", 6))
    machine = Guest(FIB).begin("fib", 6)
    entry = expected[0][1]
    machine.set_break(entry)
    found = []
    while machine.run(FOREVER).reason == StopReason.BREAKPOINT:
        assert state(machine) == expected[machine.step]
        found.append(machine.step)
    assert found == steps_at(expected, entry)[1:]      # it starts at the first
    assert state(machine) == expected[-1]


CALLS = """(module (import "host" "note" (func $note (param i32)))
  (func $leaf (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $last (call $note (i32.const 3)))
  (func (export "run") (result i32) (local i32)
    (loop $again
      (local.set 0 (call $leaf (local.get 0)))
      (br_if $again (i32.lt_u (local.get 0) (i32.const 3))))
    (call $last)
    (local.get 0)))"""


def calls_guest() -> Guest:
    store = Store()
    note = store.new_host_func(FuncType((I32,)), lambda caller, value: None, "host.note")
    return Guest(CALLS, {("host", "note"): note}, store)


def test_a_first_call_is_observed_once() -> None:
    """A function is lowered when it is first called, and the call retried."""
    expected = walk(calls_guest().begin("run"))
    call = expected[1][1]
    machine = calls_guest().begin("run")
    machine.set_break(call)
    stops = [machine.run(FOREVER).step for _ in range(4)]
    assert stops == [*steps_at(expected, call), expected[-1][0]]
    machine = calls_guest().begin("run")
    machine.set_probes([call])
    machine.run(FOREVER)
    assert machine.probe_count(call) == 3


def test_breakpoints_can_be_off() -> None:
    machine = Guest(FIB).begin("fib", 6)
    position = machine.position
    assert position is not None
    machine.set_break(position)
    assert machine.run(FOREVER, breaks=False).reason == StopReason.FINISHED


@pytest.mark.parametrize("position", [Position(1, 0, 0), Position(0, 9, 0), Position(0, 0, 3)])
def test_a_breakpoint_needs_an_instruction(position: Position) -> None:
    with pytest.raises(GabagoolError):
        Guest(FIB).begin("fib", 6).set_break(position)


# -- depth -----------------------------------------------------------------------------------

@pytest.mark.parametrize("guest", [lambda: Guest(FIB), calls_guest])
def test_depth_stop(guest: Callable[[], Guest]) -> None:
    """From every step, stop right after the return to each lesser depth, whatever the slices."""
    entry = ("fib", 5) if guest().instance.export("fib") else ("run",)
    expected = walk(guest().begin(*entry))
    machine = guest().begin(*entry)
    start = machine.capture()
    for step, _, depth, *_ in expected[:-1]:
        for limit in range(depth):
            after = next(s for s in expected[step:] if s[2] <= limit)
            for slice_ in (1, 3, FOREVER):
                machine.restore(start)
                machine.run(step)
                while machine.run(machine.step + slice_, max_depth=limit).reason == "fuel":
                    pass
                assert state(machine) == after


def test_notes_of_calls_and_depth() -> None:
    expected = walk(Guest(FIB).begin("fib", 7))
    machine = Guest(FIB).begin("fib", 7)
    machine.reset_peak()
    machine.mark_calls(3)
    machine.run(FOREVER)
    deeper = [a[0] for a, b in itertools.pairwise(expected) if a[2] <= 3 and b[2] == a[2] + 1]
    assert machine.last_call_step == deeper[-1]
    assert machine.peak_depth == max(s[2] for s in expected)
    machine.mark_calls(None)
    assert machine.last_call_step is None


# -- limits ----------------------------------------------------------------------------------

RECURSE = """(module (func $down (export "down") (param i32) (result i32)
  (if (result i32) (local.get 0)
    (then (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
    (else (i32.const 0)))))"""


def test_call_depth_is_exact() -> None:
    guest = Guest(RECURSE, limits=Limits(call_depth=100))
    assert guest.call("down", 99) == (99,)
    with pytest.raises(Trap, match="call stack exhausted"):
        guest.call("down", 100)
    assert guest.machine.depth == 100
    assert guest.call("down", 99) == (99,)


def test_stack_bytes_are_exact() -> None:
    """The deepest call that fits is the same with and without fused handlers."""
    guest = Guest(RECURSE, limits=Limits(stack_bytes=8192))
    deepest = 0
    while True:
        try:
            guest.call("down", deepest + 1)
        except Trap as trap:
            assert trap.message == "call stack exhausted"
            break
        deepest += 1
    machine = guest.begin("down", deepest)
    while machine.ended is None:
        machine.run(machine.step + 1)
    assert machine.ended.results == (deepest,)
    machine = guest.begin("down", deepest + 1)
    while machine.ended is None:
        machine.run(machine.step + 1)
    assert machine.ended.trap is not None


def test_cancel() -> None:
    guest = Guest("(module (func (export \"spin\") (loop $l (br $l))))")
    machine = guest.begin("spin")
    cancel = threading.Event()
    threading.Timer(0.05, cancel.set).start()
    stop = machine.run(FOREVER, cancel=cancel)
    assert stop.reason == StopReason.CANCELLED
    assert 0 < stop.step == machine.step
    assert machine.run(stop.step + 5).step == stop.step + 5
