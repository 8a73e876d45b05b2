"""The GC heap: collections keep what is reachable, are the same however a run is cut, and are
part of snapshots."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gabagool import snapshot as files
from gabagool.errors import GabagoolError, Trap
from gabagool.native.layout import HeapWord
from gabagool.runtime import heap as heaps
from gabagool.runtime.limits import Limits
from gabagool.runtime.machine import Machine
from gabagool.runtime.stops import Position, StopReason
from gabagool.runtime.store import Store
from gabagool.types import I32, I64, FuncType
from tests.machines import Guest
from tests.native.states import State, state

from .garbage import FIRST, LIMITS, TEXT

FOREVER = 1 << 40
ROUNDS = 60


@pytest.fixture(autouse=True)
def small_heap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heaps, "FIRST_SIZE", FIRST)


@pytest.fixture(scope="module")
def binary() -> bytes:
    return Guest(TEXT, limits=LIMITS).source


def begun(binary: bytes, rounds: int = ROUNDS) -> Machine:
    return Guest(binary, limits=LIMITS).begin("run", rounds)


def collections(machine: Machine) -> int:
    return machine.store.heap.region.u64(HeapWord.COLLECTIONS)


def finished(binary: bytes, rounds: int = ROUNDS) -> State:
    machine = begun(binary, rounds)
    assert machine.run(FOREVER).results is not None
    assert collections(machine) > 2
    return state(machine)


def around_collections(binary: bytes) -> list[int]:
    """Steps right before and right after each collection."""
    machine, steps = begun(binary), []
    seen = collections(machine)
    while machine.ended is None:
        machine.run(machine.step + 1)
        if collections(machine) != seen:
            seen = collections(machine)
            steps += [machine.step - 1, machine.step]
    return steps


def test_a_run_step_by_step_has_the_same_heap(binary: bytes) -> None:
    """So the roots do not depend on what fused handlers leave in slots."""
    machine = begun(binary)
    while machine.ended is None:
        machine.run(machine.step + 1)
    assert state(machine) == finished(binary)


def resumed(binary: bytes, machine: Machine) -> State:
    """Where another store gets to from a machine's state, by way of a file."""
    data = files.dump(machine, modules=False)
    other = begun(binary, 1)
    files.load(data, other)
    assert state(other) == state(machine)
    other.run(FOREVER)
    return state(other)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_snapshot_anywhere_goes_on_as_if_never_stopped(binary: bytes,
                                                         data: st.DataObject) -> None:
    end = finished(binary)
    machine = begun(binary)
    for step in sorted(data.draw(st.lists(st.integers(0, end[0]), max_size=4))):
        machine.run(step)
    assert resumed(binary, machine) == end
    machine.run(FOREVER)
    assert state(machine) == end


def test_snapshots_around_each_collection(binary: bytes) -> None:
    end = finished(binary)
    machine = begun(binary)
    steps = around_collections(binary)
    assert len(steps) >= 6
    snapshots = []
    for step in steps:
        machine.run(step)
        snapshots.append((state(machine), machine.capture()))
        assert resumed(binary, machine) == end
    for found, snapshot in reversed(snapshots):
        machine.restore(snapshot)
        assert state(machine) == found
        machine.run(FOREVER)
        assert state(machine) == end


def test_a_snapshot_goes_on_where_types_have_other_numbers(binary: bytes) -> None:
    """A store numbers the types of what the host defines, too, and that may differ."""
    machine = begun(binary)
    machine.run(5_000)
    store = Store(LIMITS)
    for params in ((I32,), (I64,), (I32, I64)):
        store.types.intern_functype(FuncType(params))
    other = Guest(binary, store=store).begin("run", 1)
    exported = machine.exported()
    other.restore_checked(exported)
    assert other.exported() == exported
    assert other.store.heap.region.read(0, FIRST) != machine.store.heap.region.read(0, FIRST)
    machine.run(FOREVER)
    other.run(FOREVER)
    assert other.exported() == machine.exported()


# -- what is collected -----------------------------------------------------------------------

LIST = """(module
  (type $node (struct (field $n i32) (field $next (ref null $node))))
  (global $list (mut (ref null $node)) (ref.null $node))
  (func (export "build") (param $n i32)
    (loop $more
      (global.set $list (struct.new $node (local.get $n) (global.get $list)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "churn") (param $n i32)
    (loop $more
      (drop (struct.new $node (i32.const 0) (ref.null $node)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "drop") (global.set $list (ref.null $node)))
  (func (export "sum") (result i64) (local $at (ref null $node)) (local $sum i64)
    (local.set $at (global.get $list))
    (block $end
      (loop $more
        (local.set $sum (i64.add (local.get $sum)
          (i64.extend_i32_u (struct.get $node $n (br_on_null $end (local.get $at))))))
        (local.set $at (struct.get $node $next (local.get $at)))
        (br $more))
      (unreachable))
    (local.get $sum)))"""


def test_a_list_of_a_million_nodes_is_marked_without_recursion() -> None:
    guest = Guest(LIST, limits=Limits(heap_bytes=1 << 26))
    guest.call("build", 1_000_000)
    guest.call("churn", 2_000_000)
    heap = guest.store.heap
    assert heap.region.u64(HeapWord.LIVE) >= 24_000_000
    assert guest.call("sum") == (1_000_000 * 1_000_001 // 2,)
    guest.call("drop")
    guest.call("churn", 2_000_000)
    assert heap.region.u64(HeapWord.LIVE) < 100
    assert heap.region.size < 1 << 20          # it shrinks again


def test_a_heap_that_is_full_traps_and_serves_on() -> None:
    guest = Guest(LIST, limits=Limits(heap_bytes=1 << 16))
    with pytest.raises(Trap, match=r"out of memory: .* limited to 65536 bytes"):
        guest.call("build", 10_000)
    assert guest.store.heap.region.size == 1 << 16
    guest.call("drop")
    guest.call("build", 1000)
    assert guest.call("sum") == (500_500,)


RECURSION = """(module
  (type $box (struct (field i64)))
  (func $down (export "down") (param $n i32) (result i64) (local $box (ref null $box))
    (local.set $box (struct.new $box (i64.extend_i32_u (local.get $n))))
    (i64.add
      (struct.get $box 0 (struct.new $box (i64.const 1)))
      (if (result i64) (local.get $n)
        (then (call $down (i32.sub (local.get $n) (i32.const 1))))
        (else (i64.const 0)))
      (struct.get $box 0 (local.get $box))
      (i64.add))))"""


def test_frames_by_the_thousand_are_roots() -> None:
    guest = Guest(RECURSION, limits=Limits(heap_bytes=1 << 22))
    n = 50_000
    assert guest.call("down", n) == (n * (n + 1) // 2 + n + 1,)
    assert guest.store.heap.region.u64(HeapWord.COLLECTIONS) > 2


ARRAYS = """(module
  (type $bytes (array (mut i8)))
  (global $kept (mut (ref null $bytes)) (ref.null $bytes))
  (func (export "make") (param $size i32) (param $n i32)
    (loop $more
      (global.set $kept (array.new_default $bytes (local.get $size)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "huge") (drop (array.new_default $bytes (i32.const -1)))))"""


@pytest.mark.parametrize("size", [0, 1, 7, 8, 200, 5_000, 300_000])
def test_arrays_of_any_size_come_and_go(size: int) -> None:
    guest = Guest(ARRAYS, limits=Limits(heap_bytes=1 << 21))
    guest.call("make", size, 2 * (1 << 21) // (size + 8) + 2)
    assert guest.store.heap.region.size <= 1 << 21
    assert guest.store.heap.region.u64(HeapWord.COLLECTIONS) > 0


def test_an_array_over_the_limit_traps_with_nothing_changed() -> None:
    guest = Guest(ARRAYS, limits=Limits(heap_bytes=1 << 21))
    guest.call("make", 10, 10)
    before = state(guest.machine)
    with pytest.raises(Trap, match="out of memory"):
        guest.call("huge")
    assert state(guest.machine)[-2] == before[-2]


EXCEPTIONS = """(module
  (type $box (struct (field i32)))
  (tag $tag (param (ref $box) i64))
  (func $churn (param $n i32)
    (loop $more (drop (struct.new $box (i32.const 9)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $throw (throw $tag (struct.new $box (i32.const 35)) (i64.const 7)))
  (func (export "run") (result i32) (local $exn exnref) (local $n i32)
    (block $caught (result exnref)
      (try_table (catch_all_ref $caught) (call $throw))
      (unreachable))
    (local.set $exn)
    (call $churn (i32.const 5000))
    (block $values (result (ref $box) i64)
      (try_table (catch $tag $values)
        (call $churn (i32.const 5000))
        (throw_ref (local.get $exn)))
      (unreachable))
    (call $churn (i32.const 5000))
    (i32.wrap_i64)
    (local.set $n)
    (struct.get $box 0)
    (i32.add (local.get $n))))"""


def test_exceptions_are_kept_and_keep_what_they_carry() -> None:
    guest = Guest(EXCEPTIONS)
    assert guest.call("run") == (42,)
    assert guest.store.heap.region.u64(HeapWord.COLLECTIONS) > 3
    alone = guest.begin("run")
    while alone.ended is None:
        alone.run(alone.step + 997)
    assert alone.ended.results == (42,)


# -- several machines ------------------------------------------------------------------------

def test_a_machine_whose_objects_may_be_gone_refuses_to_run(binary: bytes) -> None:
    guest = Guest(binary, limits=LIMITS)
    paused = guest.begin("run", ROUNDS)
    paused.run(500)
    snapshot = paused.capture()
    other = Machine(guest.store)
    other.call(guest.func("run"), (ROUNDS,))
    with pytest.raises(GabagoolError, match="another machine"):
        paused.run(FOREVER)
    paused.restore(snapshot)
    assert paused.run(FOREVER).results is not None


def test_calls_from_hosts_back_into_wasm_see_all_frames() -> None:
    text = """(module
      (type $box (struct (field i32)))
      (import "host" "again" (func $again (param i32)))
      (func (export "churn") (param $n i32)
        (loop $more (drop (struct.new $box (i32.const 9)))
          (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      (func (export "run") (param $n i32) (result i32) (local $box (ref $box))
        (local.set $box (struct.new $box (local.get $n)))
        (struct.new $box (i32.const 30))
        (call $again (i32.const 5000))
        (i32.add (struct.get $box 0) (struct.get $box 0 (local.get $box)))))"""
    guest = hosted(text, lambda guest, caller, n: caller.call(guest.func("churn"), (n,)))
    assert guest.call("run", 12) == (42,)
    assert guest.store.heap.region.u64(HeapWord.COLLECTIONS) > 2


def hosted(text: str, again: Callable[..., object]) -> Guest:
    store = Store(Limits(heap_bytes=1 << 20))
    guests: list[Guest] = []

    def host(caller: object, n: int) -> None:
        again(guests[0], caller, n)

    func = store.new_host_func(FuncType((I32,)), host, "host.again")
    guests.append(Guest(text, {("host", "again"): func}, store))
    return guests[0]


def test_the_collector_is_not_loaded_without_objects() -> None:
    guest = Guest("(module (func (export \"f\") (result i32) (i32.const 1)))")
    guest.call("f")
    assert guest.store.heap._native is None


def test_breakpoints_and_probes_everywhere_change_nothing(binary: bytes) -> None:
    end = finished(binary)
    machine = begun(binary)
    counts: dict[Position, int] = {}
    while machine.ended is None:
        assert machine.position is not None
        counts[machine.position] = counts.get(machine.position, 0) + 1
        machine.run(machine.step + 1)
    machine = begun(binary)
    machine.set_probes(counts)
    assert machine.run(FOREVER).results is not None
    assert {position: machine.probe_count(position) for position in counts} == counts
    assert state(machine) == end
    machine = begun(binary)
    for position in counts:
        machine.set_break(position)
    stops = 1                  # it starts at the first
    while machine.run(FOREVER).reason == StopReason.BREAKPOINT:
        stops += 1
    assert stops == sum(counts.values()) and state(machine) == end
