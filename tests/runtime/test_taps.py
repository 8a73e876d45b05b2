"""Taps notice exactly what single steps show: instructions, writes of every kind, conditions."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from gabagool import Caller, FuncType, Linker, Machine, Module, Store
from gabagool.errors import GabagoolError
from gabagool.history.hits import page, tally
from gabagool.history.recorder import Recorder
from gabagool.history.search import TapScan
from gabagool.native.nodes import FRAME, NEW, OLD, Binary, Const, Depth, Place, Read
from gabagool.runtime.stops import Position, StopReason
from gabagool.runtime.tapping import (
    Code,
    Forms,
    GlobalWrites,
    HostCalls,
    LocalWrites,
    MemoryWrites,
    TableWrites,
    TapSpec,
)
from gabagool.types import I32, I64
from tests.machines import wat

FOREVER = 1 << 40
TEXT = """(module
  (import "env" "poke" (func $poke (param i32)))
  (memory (export "memory") 1) (table $t 4 funcref)
  (global $g (export "g") (mut i32) (i32.const 0)) (global $wide (mut i64) (i64.const 7))
  (elem declare func $fact) (elem $seg func $fact $fact)
  (func $fact (param $n i32) (result i32) (local $kept i32)
    (local.set $kept (i32.mul (local.get $n) (i32.const 2)))
    (global.set $g (i32.add (global.get $g) (i32.const 1)))
    (if (result i32) (i32.le_s (local.get $n) (i32.const 1)) (then (i32.const 1))
      (else (i32.mul (local.get $n) (call $fact (i32.sub (local.get $n) (i32.const 1)))))))
  (func (export "run") (result i32) (local $i i32) (local $v v128)
    (loop $again
      (i32.store (i32.const 8) (i32.shr_u (local.get $i) (i32.const 1)))
      (i64.store (i32.const 4) (i64.extend_i32_u (local.get $i)))
      (global.set $wide (i64.extend_i32_u (i32.and (local.get $i) (i32.const 2))))
      (local.set $v (v128.const i32x4 0 0 0 1))
      (i32.store8 (i32.const 100) (call $fact (i32.and (local.get $i) (i32.const 3))))
      (table.set $t (i32.and (local.get $i) (i32.const 3)) (ref.func $fact))
      (table.fill $t (i32.const 1) (ref.null func) (i32.const 2))
      (if (i32.eq (local.get $i) (i32.const 5)) (then (drop (memory.grow (i32.const 1)))
        (table.init $t $seg (i32.const 0) (i32.const 0) (i32.const 2))))
      (call $poke (local.get $i))
      (memory.fill (i32.const 40) (local.get $i) (i32.and (local.get $i) (i32.const 1)))
      (memory.copy (i32.const 60) (i32.const 4) (i32.const 8))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                              (i32.const 12))))
    (global.get $g)))"""


def begin() -> Machine:
    store = Store()
    linker = Linker(store)

    def poke(caller: Caller, value: int) -> None:
        caller.memory.write(200, bytes([value & 2, 1]))
        caller.memory.write(202, bytes([value & 4]))

    linker.define_func("env", "poke", FuncType((I32,)), poke, access_caller=True)
    instance = linker.instantiate(Module(wat(TEXT)))
    started: Callable[..., Machine] = instance.exports(store)["run"].start  # type: ignore[union-attr]
    return started(store)


def stepped(look: Callable[[Machine], object]) -> list[int]:
    """The steps that change what `look` sees."""
    machine, steps = begin(), []
    before = look(machine)
    while machine.ended is None:
        step = machine.step
        machine.run(step + 1)
        if (after := look(machine)) != before:
            steps.append(step)
        before = after
    return steps


def noticed(spec: TapSpec) -> list[int]:
    """The steps of a tap's hits in one run."""
    machine = begin()
    machine.taps.arm([spec], 0, 1000)
    machine.run(FOREVER)
    return [hit.step for _, hit in machine.taps.hits()]


def positions(name: str) -> dict[int, Position]:
    """Where each step with an instruction of some name is."""
    machine, found = begin(), {}
    while machine.ended is None:
        at = machine.position
        func = machine.frames(1)[0].funcaddr if at else 0
        if at and machine.form_at(*machine.store.func_at(machine.ctx[0])).name == name and func:
            found[machine.step] = at
        machine.run(machine.step + 1)
    return found


def memory(start: int, size: int) -> Callable[[Machine], object]:
    return lambda m: m.store.memories[0].read(start, size)


CHANGES = {
    **{f"memory {start}+{size}": (TapSpec(MemoryWrites(0, start, size), changed=True),
                                  memory(start, size))
       for start, size in [(8, 4), (8, 1), (4, 8), (0, 65536), (100, 1), (200, 3), (202, 1),
                           (40, 1), (60, 8), (63, 2), (300, 8)]},
    "global": (TapSpec(GlobalWrites(0), changed=True), lambda m: m.store.globals[0].bits),
    "wide global": (TapSpec(GlobalWrites(1), changed=True), lambda m: m.store.globals[1].bits),
    "local": (TapSpec(LocalWrites(0, 2, 0, 0), changed=True),
              lambda m: m.stack.u64(0) if m.ended is None else 12),
    "vector local": (TapSpec(LocalWrites(0, 2, 1, 0), changed=True),
                     lambda m: m.stack.read(8, 16) if m.ended is None else bytes(12) + b"\1\0\0\0"),
    **{f"table {i}": (TapSpec(TableWrites(0, i, 1), changed=True),
                      lambda m, i=i: m.store.tables[0].get(i)) for i in range(4)},
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_noticed(name: str) -> None:
    spec, look = CHANGES[name]
    assert noticed(spec) == stepped(look)


def test_writes_of_the_same_value_are_noticed_unless_only_changes_are_asked_for() -> None:
    wide = list(positions("global.set"))
    assert sorted(noticed(TapSpec(GlobalWrites(0))) + noticed(TapSpec(GlobalWrites(1)))) == wide
    assert noticed(TapSpec(TableWrites(0, 2, 1))) != noticed(
        TapSpec(TableWrites(0, 2, 1), changed=True))
    assert len(noticed(TapSpec(MemoryWrites(0, 201, 1)))) == 12
    assert len(noticed(TapSpec(MemoryWrites(0, 201, 1), changed=True))) == 1


@pytest.mark.parametrize("name", ["i32.store", "call", "memory.grow", "table.fill", "local.tee"])
def test_instructions(name: str) -> None:
    found = positions(name)
    assert noticed(TapSpec(Code(tuple(set(found.values()))))) == list(found)
    assert noticed(TapSpec(Forms(frozenset([name])))) == list(found)


def test_host_calls() -> None:
    calls = noticed(TapSpec(HostCalls(frozenset(["env.poke"]))))
    assert len(calls) == 12 and set(calls) < set(positions("call"))
    assert noticed(TapSpec(HostCalls(frozenset(["env.other"])))) == []


def test_what_is_logged() -> None:
    machine = begin()
    values = (Place(I32, FRAME, 0), Depth(), Read(I32, "<I", Const(I32, 65536 * 3)))
    machine.taps.arm([TapSpec(MemoryWrites(0, 8, 4), values=values)], 2, 3)
    machine.run(FOREVER)
    hits = [hit for _, hit in machine.taps.hits()]
    assert len(hits) == 3 and all(hit.at == 8 and hit.length == 4 for hit in hits)
    assert [hit.old == hits[i - 1].new for i, hit in enumerate(hits)][1:] == [True, True]
    assert [hit.values[1:] for hit in hits] == [(1, None)] * 3
    assert [hit.values[0] for hit in hits] == [1, 1, 2]
    machine = begin()
    machine.taps.arm([TapSpec(LocalWrites(0, 2, 0, 0))], 0, 100)
    machine.run(FOREVER)
    seen = [(int.from_bytes(h.old, "little"), int.from_bytes(h.new, "little"))
            for _, h in machine.taps.hits()]
    assert seen == [(i, i + 1) for i in range(12)]


def test_stops_are_before_instructions_and_behind_writes_in_memory() -> None:
    for spec, behind in [(TapSpec(GlobalWrites(0), stop=True), False),
                         (TapSpec(MemoryWrites(0, 8, 4), stop=True), True),
                         (TapSpec(MemoryWrites(0, 201, 1), stop=True), True),
                         (TapSpec(TableWrites(0, 1, 1), stop=True), True),
                         (TapSpec(HostCalls(frozenset(["env.poke"])), stop=True), False)]:
        expected = noticed(replace(spec, stop=False))
        machine, stops = begin(), []
        machine.taps.arm([spec])
        while (stop := machine.run(FOREVER)).reason in ("breakpoint", "watchpoint"):
            assert (stop.reason is StopReason.WATCHPOINT) == behind
            stops.append(stop.step - behind)
            assert machine.capture().step == stop.step
        assert stops == expected and machine.ended


def test_ignored_hits_do_not_stop() -> None:
    spec = TapSpec(GlobalWrites(0), stop=True, ignore=5)
    machine = begin()
    tap, = machine.taps.arm([spec])
    assert machine.run(FOREVER).step == noticed(replace(spec, stop=False))[5]
    assert (tap.count, tap.ignore) == (6, 0)


@pytest.mark.parametrize("check", [
    Binary(I32, ">", Place(I32, NEW, 0), Place(I32, OLD, 0)),
    Binary(I32, "==", Binary(I32, "%", Place(I32, NEW, 0), Const(I32, 3)), Const(I32, 0)),
    Binary(I32, ">", Depth(), Const(I32, 3)),
    Binary(I32, "==", Read(I32, "<B", Const(I32, 100)), Const(I32, 6)),
    Binary(I32, "/", Const(I32, 1), Binary(I32, "-", Place(I32, NEW, 0), Const(I32, 4))),
])
def test_conditions(check: Binary) -> None:
    machine, expected = begin(), []
    every = noticed(TapSpec(GlobalWrites(0)))
    for step in every:
        machine.run(step)
        old = machine.store.globals[0].bits
        new = old + 1
        holds = {">": new > old if isinstance(check.left, Place) else machine.depth > 3,
                 "==": new % 3 == 0 if isinstance(check.left, Binary)
                 else machine.store.memories[0].read(100, 1) == b"\6",
                 "/": new in (3, 5)}[check.sign]
        expected += [step] if holds else []
    assert noticed(TapSpec(GlobalWrites(0), check=check)) == expected != []


def test_a_search_backwards_a_tally_and_its_pages_agree() -> None:
    specs = [TapSpec(GlobalWrites(0)), TapSpec(MemoryWrites(0, 4, 8), changed=True),
             TapSpec(TableWrites(0, 0, 4)), TapSpec(HostCalls(frozenset(["env.poke"])))]
    recorder = Recorder(begin())
    recorder.record()
    expected = sorted((step, i) for i, spec in enumerate(specs) for step in noticed(spec))
    found = tally(recorder, specs, 0, recorder.total)
    assert found is not None and found.total == len(expected)
    rng = random.Random(1)
    for _ in range(10):
        first, count = rng.randrange(len(expected)), rng.randrange(20)
        hits = page(recorder, found, first, count)
        assert hits is not None
        assert [(hit.step, i) for i, hit in hits] == expected[first:first + count]
    back, at = [], recorder.total
    while (hit := recorder.search_back(at, TapScan(specs))) is not None:
        back.append(hit)
        at = hit
    assert back[::-1] == sorted({step for step, _ in expected})
    assert recorder.machine.step == recorder.total


def test_disarming_restores_plain_code() -> None:
    machine = begin()
    machine.run(500)
    code = bytes(machine.store.arena.view[:machine.store.arena.size])
    machine.taps.arm([TapSpec(GlobalWrites(0)), TapSpec(MemoryWrites(0, 0, 8)),
                      TapSpec(LocalWrites(0, 1, 1, 0))])
    assert bytes(machine.store.arena.view[:machine.store.arena.size]) != code
    machine.taps.disarm()
    assert bytes(machine.store.arena.view[:machine.store.arena.size]) == code


def test_what_can_not_be_tapped_is_said_and_nothing_stays_set() -> None:
    machine = begin()
    with pytest.raises(GabagoolError):
        machine.taps.arm([TapSpec(GlobalWrites(0)), TapSpec(Code((Position(0, 1, 3),)))])
    assert machine.run(FOREVER).reason is StopReason.FINISHED


def test_division_by_zero_and_by_minus_one_are_harmless() -> None:
    low = Const(I64, 1 << 63)
    for check, count in [(Binary(I64, "/", low, Const(I64, (1 << 64) - 1)), 12),
                         (Binary(I64, "%", low, Const(I64, (1 << 64) - 1)), 0),
                         (Binary(I64, "/", low, Const(I64, 0)), 0)]:
        calls = TapSpec(HostCalls(frozenset(["env.poke"])), check=check)
        assert len(noticed(calls)) == count
