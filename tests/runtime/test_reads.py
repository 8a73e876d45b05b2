"""Taps of reads notice exactly the loads, copies, calls and host calls that single steps show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from gabagool import Caller, FuncType, GabagoolError, Linker, Machine, Module, Store
from gabagool.history.heat import heat
from gabagool.history.recorder import Recorder
from gabagool.history.search import TapScan
from gabagool.isa import BY_NAME
from gabagool.isa.row import Form
from gabagool.native.layout import Ctx
from gabagool.native.nodes import NEW, Binary, Const, Place
from gabagool.runtime.stops import StopReason
from gabagool.runtime.tapping import (
    GlobalWrites,
    Hit,
    LocalWrites,
    MemoryWrites,
    TableWrites,
    TapSpec,
)
from gabagool.types import I32
from tests.machines import wat

FOREVER = 1 << 40
TEXT = """(module
  (import "env" "peek" (func $peek (param i32)))
  (memory (export "memory") 1) (memory $far 1) (memory $huge i64 1) (table $t 6 funcref)
  (global $g (mut i32) (i32.const 0)) (type $nullary (func (result i32)))
  (elem (table $t) (i32.const 0) func $one $two $one $two)
  (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))
  (func $tail (param i32) (result i32)
    (return_call_indirect $t (type $nullary) (local.get 0)))
  (func (export "run") (result i32) (local $i i32) (local $v v128) (local $sum i64)
    (loop $again
      (i32.store (i32.const 16) (i32.mul (local.get $i) (i32.const 0x01020304)))
      (i64.store $huge (i64.const 16) (i64.extend_i32_u (local.get $i)))
      (global.set $g (i32.add (global.get $g) (i32.load8_u offset=2 (i32.const 14))))
      (local.set $sum (i64.add (local.get $sum) (i64.load offset=4 (i32.const 8))))
      (local.set $sum (i64.add (local.get $sum) (i64.load32_s $huge (i64.const 16))))
      (local.set $v (v128.load (i32.and (local.get $i) (i32.const 3))))
      (local.set $v (v128.load16_lane 3 (i32.const 17) (local.get $v)))
      (local.set $v (i32x4.add (local.get $v) (v128.load8_splat (i32.const 19))))
      (local.set $v (i32x4.add (local.get $v) (v128.load8x8_u $far (i32.const 12))))
      (drop (f32.load (i32.const 18))) (drop (f64.load (i32.const 40)))
      (drop (i32.load16_s (i32.add (local.get $i) (i32.const 10))))
      (memory.copy (i32.const 20) (i32.const 15) (i32.const 8))
      (memory.copy (i32.const 100) (i32.const 40) (i32.const 0))
      (memory.copy $far 0 (i32.const 8) (i32.const 16) (i32.const 8))
      (call $peek (local.get $i))
      (drop (call_indirect $t (type $nullary) (i32.and (local.get $i) (i32.const 3))))
      (drop (call $tail (i32.const 2)))
      (drop (table.get $t (i32.const 3)))
      (table.copy $t $t (i32.const 4) (i32.const 1) (i32.const 2))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                              (i32.const 9))))
    (global.get $g)))"""


def begin() -> Machine:
    store = Store()
    linker = Linker(store)

    def peek(caller: Caller, value: int) -> None:
        if value & 1:
            caller.memory.read(16 + value, 4)
        caller.memory.read(500, 2)

    linker.define_func("env", "peek", FuncType((I32,)), peek, access_caller=True)
    instance = linker.instantiate(Module(wat(TEXT)))
    started: Callable[..., Machine] = instance.exports(store)["run"].start  # type: ignore[union-attr]
    return started(store)


@cache
def boundaries() -> tuple[tuple[int, Form, tuple[int, ...], tuple[int, ...]], ...]:
    """Of each step its form, fields, and the six slots from its operands on."""
    machine, found = begin(), []
    while machine.ended is None:
        func, at = machine.store.func_at(machine.ctx[Ctx.PC])
        form, fields = machine.form_at(func, at), machine.threaded_fields_at(func, at)
        slots: tuple[int, ...] = ()
        if form.fields and form.fields[0][0] == "slot":
            slots = tuple(machine.slots(fields[0], 6))
        index = dict(zip((name for name, _ in form.fields), fields, strict=True)).get("index")
        if index is not None:
            slots = (machine.get(index),)
        found.append((machine.step, form, fields, slots))
        machine.run(machine.step + 1)
    return tuple(found)


def ranges(memory: int) -> Iterator[tuple[int, int, int]]:
    """Step, start and end of what is read of a memory."""
    rounds = 0
    for step, form, fields, slots in boundaries():
        named = dict(zip((name for name, _ in form.fields), fields, strict=True))
        if form.name == "call" and len(form.name) == 4 and named["func"] == 1:
            if rounds & 1 and not memory:
                yield step, 16 + rounds, 20 + rounds
            if not memory:
                yield step, 500, 502
            rounds += 1
        elif form.name.startswith("memory.copy"):
            source = named.get("source", 0)
            if source == memory and slots[2]:
                yield step, slots[1] & 0xFFFFFFFF, (slots[1] + slots[2]) & 0xFFFFFFFF
        elif form.reads and named.get("mem", 0) == memory:
            size = BY_NAME[form.name.partition("+")[0]].align
            start = (slots[0] if "mem" in named else slots[0] & 0xFFFFFFFF) + named["offset"]
            yield step, start, start + size


def read(memory: int, start: int, size: int) -> list[int]:
    """The steps that read some of these bytes."""
    return sorted({step for step, lo, hi in ranges(memory) if lo < start + size and hi > start})


def noticed(spec: TapSpec) -> list[Hit]:
    machine = begin()
    machine.taps.arm([spec], 0, 1000)
    machine.run(FOREVER)
    hits = [hit for _, hit in machine.taps.hits()]
    assert all(hit.read for hit in hits)
    return hits


@pytest.mark.parametrize(("memory", "start", "size"), [
    (0, 16, 4), (0, 16, 1), (0, 19, 1), (0, 0, 65536), (0, 21, 3), (0, 500, 1), (0, 40, 8),
    (0, 3000, 16), (1, 16, 1), (1, 0, 65536), (2, 16, 4), (2, 20, 1)])
def test_reads_of_memory(memory: int, start: int, size: int) -> None:
    hits = noticed(TapSpec(MemoryWrites(memory, start, size), reads=True))
    assert [hit.step for hit in hits] == read(memory, start, size)
    assert bool(hits) == ((start, memory) not in ((3000, 0), (20, 2)))


def test_a_read_shows_what_was_read() -> None:
    hits = noticed(TapSpec(MemoryWrites(0, 16, 4), reads=True))
    for hit in hits:
        machine = begin()
        machine.run(hit.step)
        there = machine.store.memories[0].read(16, 4)
        assert hit.new == hit.old == there


def steps_of(*names: str) -> list[int]:
    return [step for step, form, _, _ in boundaries() if form.name in names]


def test_reads_of_a_global_and_a_local() -> None:
    assert [h.step for h in noticed(TapSpec(GlobalWrites(0), reads=True))] == steps_of("global.get")
    hits = noticed(TapSpec(LocalWrites(0, 4, 0, 0), reads=True))
    gets = [step for step, form, fields, _ in boundaries()
            if form.name == "local.get" and fields[1] == 0]
    tail = [step for step in gets if boundaries()[step + 1][1].name.startswith("return_call")]
    assert [h.step for h in hits] == [step for step in gets if step not in tail]
    assert [int.from_bytes(h.new, "little") for h in hits[:1]] == [0]


@pytest.mark.parametrize("element", range(6))
def test_reads_of_a_table(element: int) -> None:
    wanted = [step for step, form, _, slots in boundaries() if
              (form.name in ("table.get", "call_indirect", "return_call_indirect")
               and slots[0] & 0xFFFFFFFF == element)
              or (form.name == "table.copy" and element in (1, 2))]
    hits = noticed(TapSpec(TableWrites(0, element, 1), reads=True))
    assert [hit.step for hit in hits] == wanted
    assert {hit.at for hit in hits} <= {element}


@pytest.mark.parametrize(("start", "count"), [(-1, 2), (0, 1 << 40), (1 << 60, 1), (3, 0)])
def test_elements_that_no_table_can_have_are_refused(start: int, count: int) -> None:
    machine = begin()
    with pytest.raises(GabagoolError, match="are not in table 0"):
        machine.taps.arm([TapSpec(TableWrites(0, start, count), reads=True)])
    assert machine.run(FOREVER).reason is StopReason.FINISHED


def test_it_stops_behind_the_read_and_passes_over_ignored_ones() -> None:
    steps = read(0, 16, 4)
    for ignore in (0, 3):
        machine = begin()
        tap, = machine.taps.arm([TapSpec(MemoryWrites(0, 16, 4), reads=True, stop=True,
                                         ignore=ignore)])
        stop = machine.run(FOREVER)
        assert (stop.reason, stop.step) == (StopReason.WATCHPOINT, steps[ignore] + 1)
        assert tap.last == steps[ignore]


def test_conditions_see_what_was_read() -> None:
    check = Binary(I32, "==", Place(I32, NEW, 0), Const(I32, 0x04080C10))
    hits = noticed(TapSpec(MemoryWrites(0, 16, 4), reads=True, check=check))
    assert hits and all(hit.new == bytes.fromhex("100c0804") for hit in hits)


def test_reads_and_writes_together_and_backwards() -> None:
    specs = [TapSpec(MemoryWrites(0, 16, 4), reads=True), TapSpec(MemoryWrites(0, 16, 4)),
             TapSpec(GlobalWrites(0), reads=True)]
    machine = begin()
    machine.taps.arm(specs, 0, 1000)
    machine.run(FOREVER)
    forwards = sorted((hit.step, i) for i, hit in machine.taps.hits())
    assert {step for step, i in forwards if i == 0} == set(read(0, 16, 4))
    recorder = Recorder(begin())
    recorder.record()
    backwards, before = [], recorder.total + 1
    while (hit := recorder.search_back(before, TapScan(specs))) is not None:
        backwards.append(hit)
        before = hit
    assert backwards == sorted({step for step, _ in forwards})[::-1]
    assert recorder.machine.store.mode == "plain"


def test_heat_of_reads() -> None:
    recorder = Recorder(begin())
    recorder.record()
    found = heat(recorder, 0, 0, recorder.total, 4)
    assert found is not None
    counts = found.reads
    for line in range(8):
        assert counts[line] == len(read(0, 4 * line, 4))
    assert counts[125] == 9 and sum(counts[126:]) == 0


def test_nothing_changes_for_being_watched() -> None:
    plain, watched = begin(), begin()
    watched.taps.arm([TapSpec(MemoryWrites(m, 0, 65536), reads=True) for m in range(3)])
    assert plain.run(FOREVER) == watched.run(FOREVER)
    assert plain.store.memories[0].read(0, 600) == watched.store.memories[0].read(0, 600)
