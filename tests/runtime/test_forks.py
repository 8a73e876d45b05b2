"""Forks in one process: they part at a boundary and never see each other again."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from gabagool import Func, Linker, Module, SnapshotError, Store, WasiConfig
from gabagool.runtime.journal import Journal
from gabagool.runtime.machine import Machine
from tests.machines import Guest
from tests.native.states import state

PROGRAMS = Path(__file__).parents[2] / "programs"


def begun(program: str, output: list[bytes]) -> Machine:
    store = Store()
    linker = Linker(store)
    linker.define_wasi(WasiConfig(args=(program,), stdout=output.append, stderr=None,
                                  realtime=10**18, seed=3))
    module = Module.from_file(PROGRAMS / f"{program}.wasm")
    func = linker.instantiate(module).exports(store)["_start"]
    assert isinstance(func, Func)
    store.machine.start(func.inst.addr, [])
    return store.machine


@pytest.mark.parametrize("program", ["life", "corruption"])
def test_taking_turns_at_random(program: str) -> None:
    whole: list[bytes] = []
    reference = begun(program, whole)
    end = reference.run(1 << 60)
    rng = random.Random(program)
    output: list[bytes] = []
    machines = [begun(program, output)]
    before = [0]                     # pieces of output that a fork's parent had printed
    printed: list[list[bytes]] = [[]]
    machines[0].run(end.step // 5)
    printed[0], output[:] = list(output), []
    for _ in range(60):
        i = rng.randrange(len(machines))
        machine = machines[i]
        if len(machines) < 5 and rng.random() < 0.3:
            machines.append(machine.fork())
            printed.append(list(printed[i]))
            assert state_of(machines[-1]) == state_of(machine)
        else:
            machine.run(machine.step + rng.randrange(end.step // 8))
            printed[i] += output
            output.clear()
    assert len(machines) == 5 and before == [0]
    for i, machine in enumerate(machines):
        machine.run(1 << 60)
        printed[i] += output
        output.clear()
        assert state_of(machine) == state_of(reference)
        assert b"".join(printed[i]) == b"".join(whole)


def state_of(machine: Machine) -> tuple[object, ...]:
    machine.enter()
    return state(machine)


COUNTING = """(module (memory (export "m") 1 4) (table (export "t") 2 funcref)
  (global $n (export "n") (mut i32) (i32.const 0)) (data $d "x")
  (func $f) (elem declare func $f)
  (func (export "f") (param i32) (result i32)
    (loop $again
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (i32.store (i32.mul (global.get $n) (i32.const 4)) (global.get $n))
      (br_if $again (i32.lt_u (global.get $n) (local.get 0))))
    (table.set (i32.const 1) (ref.func $f)) (drop (memory.grow (i32.const 1))) (data.drop $d)
    (global.get $n)))"""


def test_everything_is_each_ones_own() -> None:
    guest = Guest(COUNTING)
    first = guest.begin("f", 1000)
    first.run(500)
    second = first.fork()
    guest.store.memories[0].write(60_000, b"first")     # it is the first one's turn
    assert first.run(1 << 40).results == (1000,)
    ended = state_of(first)
    assert guest.store.memories[0].pages == 2 and guest.store.tables[0].get(1) != 0
    assert guest.instance.dropped_datas == {0}
    second.enter()
    assert guest.instance.dropped_datas == set()
    memory = guest.store.memories[0]
    assert memory.pages == 1 and memory.read(60_000, 5) == bytes(5)
    assert guest.store.tables[0].get(1) == 0 and second.step == 500
    third = second.fork()
    assert second.run(1 << 40).results == (1000,)
    assert third.step == 500 and third.ended is None
    assert third.run(1 << 40).step == second.step
    first.enter()
    assert guest.store.memories[0].read(60_000, 5) == b"first" and state_of(first) == ended
    third.enter()
    assert guest.store.memories[0].read(60_000, 5) == bytes(5)


def test_snapshots_of_forks() -> None:
    guest = Guest(COUNTING)
    first = guest.begin("f", 500)
    first.run(100)
    second = first.fork()
    second.run(2000)
    at = second.capture()
    here = state_of(second)
    first.run(50_000)
    second.run(3000)
    first.run(1 << 40)
    second.restore(at)
    assert state_of(second) == here


def test_a_recorded_machine_forks_with_its_past() -> None:
    output: list[bytes] = []
    machine = begun("life", output)
    machine.journal = Journal()
    machine.run(1_000_000)
    entries = len(machine.journal.entries)
    twin = machine.fork()
    machine.run(2_000_000)
    assert twin.journal is not None and len(twin.journal.entries) == entries
    twin.run(2_000_000)
    assert twin.journal.entries == machine.journal.entries


def test_not_within_a_host_function() -> None:
    machine: list[Machine] = []

    def host() -> None:
        machine[0].nested += 1
        try:
            machine[0].fork()
        finally:
            machine[0].nested -= 1

    store = Store()
    func = Func(store, __import__("gabagool").FuncType(), host)
    machine.append(store.machine)
    with pytest.raises(SnapshotError, match="host function"):
        func(store)
