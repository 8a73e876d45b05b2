"""Machines of one store share its threaded code; what each has set in it is its own."""

from __future__ import annotations

import random

import pytest

from gabagool.isa import FORMS
from gabagool.runtime.instantiate import instantiate
from gabagool.runtime.machine import Machine
from gabagool.runtime.stops import Position, StopReason
from gabagool.runtime.store import Store
from gabagool.runtime.tapping import Code, Forms, MemoryWrites, TapSpec
from gabagool.runtime.tracing import Wanted
from gabagool.types import FuncType
from tests.machines import Compiled, Guest, wat

FOREVER = 1 << 60
TEXT = """(module (memory 1)
  (func $double (param i32) (result i32) (i32.add (local.get 0) (local.get 0)))
  (func (export "run") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (call $double (local.get $n))))
      (i32.store (i32.const 8) (local.get $sum))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))"""
SUM = 90         # of 2n, n from 1 to 9


@pytest.fixture
def guest() -> Guest:
    return Guest(TEXT)


def two(guest: Guest) -> tuple[Machine, Machine]:
    """Machines that are to run the same function."""
    other = Machine(guest.store)
    other.start(guest.func("run").addr, [9])
    return guest.begin("run", 9), other


def positions(guest: Guest) -> list[Position]:
    """The instructions of `run`."""
    lowered = guest.instance.compiled.lowered(1)
    steps = [FORMS[number].steps for number, _ in lowered.numbered]
    executed = [offset for offset, many in zip(lowered.offsets, steps, strict=True) if many]
    return [Position(0, 1, offset) for offset in dict.fromkeys(executed)]


def stops(machine: Machine) -> list[tuple[Position | None, int]]:
    """Where a machine stops until it ends."""
    found = []
    while (stop := machine.run(FOREVER)).reason is StopReason.BREAKPOINT:
        found.append((machine.position, stop.step))
    assert stop.results == (SUM,)
    return found


def turn(machine: Machine, steps: int) -> tuple[object, ...]:
    stop = machine.run(machine.step + steps)
    return stop.reason, stop.step, stop.results, machine.position


@pytest.mark.parametrize("seed", range(8))
def test_breakpoints_are_each_machines_own(guest: Guest, seed: int) -> None:
    """Taking turns, each stops where it would stop alone."""
    rng = random.Random(seed)
    chosen = [rng.sample(positions(guest), 3) for _ in range(2)]
    turns = [(rng.randrange(2), rng.randrange(1, 40)) for _ in range(60)]
    alone: list[list[tuple[object, ...]]] = []
    for i, mine in enumerate(chosen):
        machine = Guest(TEXT).begin("run", 9)
        for position in mine:
            machine.set_break(position)
        alone.append([turn(machine, steps) for which, steps in turns if which == i])
    machines = two(guest)
    for machine, mine in zip(machines, chosen, strict=True):
        for position in mine:
            machine.set_break(position)
    found: list[list[tuple[object, ...]]] = [[], []]
    for which, steps in turns:
        found[which].append(turn(machines[which], steps))
    assert found == alone


def test_a_machine_without_any_runs_through(guest: Guest) -> None:
    one, other = two(guest)
    one.set_break(positions(guest)[0])
    assert one.run(FOREVER).reason is StopReason.BREAKPOINT
    assert other.run(FOREVER).results == (SUM,)
    assert len(stops(one)) == 7           # of 9: it began at the first and stands at the second


def test_probes_count_their_own_machine(guest: Guest) -> None:
    one, other = two(guest)
    call = positions(guest)[2]
    for machine in (one, other):
        machine.set_probes([call])
    one.run(30)
    after = one.probe_count(call)
    assert after > 0 and other.probe_count(call) == 0
    other.run(FOREVER)
    assert (one.probe_count(call), other.probe_count(call)) == (after, 9)
    one.run(FOREVER)
    assert (one.probe_count(call), other.probe_count(call)) == (9, 9)


def test_a_trace_sees_its_own_machine(guest: Guest) -> None:
    one, other = two(guest)
    trace = one.trace_calls(Wanted(profile=True))
    assert other.run(FOREVER).results == (SUM,)        # it has no trace to write to
    assert one.run(FOREVER).results == (SUM,)
    _, funcs = trace.profile()
    trace.close()
    assert {each.func: each.calls for each in funcs} == {
        guest.instance.funcs[0]: 9, guest.instance.funcs[1]: 1}


def test_taps_see_their_own_machine(guest: Guest) -> None:
    one, other = two(guest)
    specs = [TapSpec(MemoryWrites(0, 8, 4)), TapSpec(Code((positions(guest)[0],))),
             TapSpec(Forms(frozenset(["call"])))]
    one.taps.arm(specs, room=100)
    one.run(40)
    before = len(one.taps.hits())
    assert other.run(FOREVER).results == (SUM,) and len(one.taps.hits()) == before
    other.taps.arm([TapSpec(Forms(frozenset(["call"])))], room=100)
    one.run(FOREVER)
    assert len(one.taps.hits()) == 9 + 9 + 9
    one.taps.disarm()
    assert other.taps.hits() == []


def test_a_trace_leaves_watched_memory_watched(guest: Guest) -> None:
    machine = guest.begin("run", 9)
    machine.taps.arm([TapSpec(MemoryWrites(0, 8, 4))], room=100)
    machine.trace_calls(Wanted(profile=True)).close()
    machine.run(FOREVER)
    assert len(machine.taps.hits()) == 9


def test_forks_have_breakpoints_of_their_own(guest: Guest) -> None:
    machine = guest.begin("run", 9)
    machine.run(20)
    twin = machine.fork()
    machine.set_break(positions(guest)[0])
    assert twin.run(FOREVER).results == (SUM,)
    assert machine.run(FOREVER).reason is StopReason.BREAKPOINT


def test_a_machine_that_runs_amid_anothers_host_call() -> None:
    """When the call returns, the first one's breakpoints are in the code again."""
    store = Store()
    compiled = Compiled(wat("""(module (import "env" "other" (func $other))
      (func (export "run") (call $other) (nop) (nop)))"""))
    inner = Guest(TEXT, store=store)
    second = Machine(store)
    called: list[object] = []

    def other(*_: object) -> None:
        second.start(inner.func("run").addr, [9])
        called.append(second.run(FOREVER).results)

    host = store.new_host_func(FuncType(), other, "env.other")
    inst = instantiate(store, compiled, {("env", "other"): host})
    machine = Machine(store)
    machine.start(store.funcs[inst.funcs[1]].addr, [])
    last = Position(inst.index, 1, list(dict.fromkeys(compiled.lowered(1).offsets))[2])
    machine.set_break(last)
    second.set_break(Position(0, 0, inner.instance.compiled.lowered(0).offsets[0]))
    stop = machine.run(FOREVER)
    assert called == [None] and stop.reason is StopReason.BREAKPOINT
    assert machine.position == last
