"""Exceptions: where they are caught, at every boundary, through the host, and what they leave."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from gabagool.errors import SnapshotError, Thrown, Trap
from gabagool.runtime.host import Caller
from gabagool.runtime.journal import Journal, decode, encode
from gabagool.runtime.limits import Limits
from gabagool.runtime.pages import Pages
from gabagool.runtime.stops import StopReason
from gabagool.runtime.store import Store
from gabagool.types import I32, I64, FuncType, TagType
from tests.machines import Guest
from tests.native.states import state

from .stepping import FOREVER, at_every_step
from .throwing import LEGACY, LEGACY_RESULTS, NEW, NEW_RESULTS


def _begun(source: str, n: int) -> Guest:
    guest = Guest(source)
    guest.begin("run", n)
    return guest


@pytest.mark.parametrize("n", NEW_RESULTS)
def test_caught(n: int) -> None:
    assert Guest(NEW).call("run", n) == (NEW_RESULTS[n],)


@pytest.mark.parametrize("n", LEGACY_RESULTS)
def test_legacy_caught(n: int) -> None:
    assert Guest(LEGACY).call("run", n) == LEGACY_RESULTS[n]


@pytest.mark.parametrize("n", [0, 1, 3, 4, 8])
def test_at_every_step(n: int) -> None:
    end = at_every_step(lambda: _begun(NEW, n))
    assert end.results == ((NEW_RESULTS[n],) if n in NEW_RESULTS else None)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_legacy_at_every_step(n: int) -> None:
    end = at_every_step(lambda: _begun(LEGACY, n))
    assert end.results == LEGACY_RESULTS.get(n)


def test_uncaught() -> None:
    """The machine stands at the throw, with all its frames."""
    machine = _begun(NEW, 8).machine
    stop = machine.run(FOREVER)
    assert stop.reason is StopReason.EXCEPTION and stop.exception is not None
    assert stop.exception.message == "uncaught exception none()"
    assert [frame.funcidx for frame in stop.exception.frames] == [7]
    assert machine.depth == 1 and machine.position is not None
    assert machine.run(FOREVER) == stop
    with pytest.raises(Thrown, match="uncaught exception"):
        Guest(NEW).call("run", 8)


def test_after_an_uncaught_exception() -> None:
    """The store is as usable as after a trap."""
    guest = Guest(NEW)
    with pytest.raises(Thrown):
        guest.call("run", 8)
    assert guest.call("run", 0) == (1010,)


def test_one_step_each() -> None:
    """Blocks that catch are structure; throwing is a step, wherever it leads."""
    guest = Guest("""(module (tag $e)
      (func (export "run") (result i32)
        (block $h (try_table (catch $e $h) (throw $e)))
        (i32.const 1)))""")
    machine = guest.begin("run")
    assert machine.run(1).step == 1
    assert machine.position is not None
    assert machine.run(FOREVER).step == 2


def test_traps_are_not_caught() -> None:
    guest = Guest("""(module
      (func (export "run") (block $h (try_table (catch_all $h) (unreachable))))
      (func (export "null") (throw_ref (ref.null exn))))""")
    with pytest.raises(Trap, match="unreachable"):
        guest.call("run")
    with pytest.raises(Trap, match="null exception reference"):
        guest.call("null")


def test_run_stops_where_an_exception_is_caught_at_the_depth() -> None:
    """`max_depth` is for going over calls and out of functions, which may throw."""
    for target in (1, 2, 3):
        machine = _begun(NEW, 0).machine
        while machine.depth < 7:
            machine.run(machine.step + 1)
        stop = machine.run(FOREVER, max_depth=target)
        assert stop.reason is StopReason.DEPTH
        assert machine.depth == target == len(machine.frames())


def test_an_exception_caught_deeper_does_not_stop() -> None:
    machine = _begun(NEW, 4).machine
    while machine.depth < 7:
        machine.run(machine.step + 1)
    assert machine.run(FOREVER, max_depth=0).reason is StopReason.FINISHED


def test_many() -> None:
    """A loop that throws and catches does not leave anything on the stack."""
    guest = Guest("""(module (tag $e (param i32))
      (func $f (param i32) (throw $e (local.get 0)))
      (func (export "run") (param i32) (result i32) (local i32)
        (loop $more
          (block $h (result i32)
            (try_table (catch $e $h) (call $f (local.get 0)))
            (unreachable))
          (local.set 1 (i32.add (local.get 1)))
          (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1)))""")
    machine = guest.begin("run", 2000)
    assert machine.run(FOREVER).results == (2001000,)
    assert machine.peak_depth == 2


# -- garbage, hostile snapshots, the journal -------------------------------------------------

CARRYING = """(module
  (type $box (struct (field i32)))
  (tag $e (param i32 (ref $box)))
  (func $throw (param i32)
    (throw $e (local.get 0) (struct.new $box (local.get 0))))
  (func (export "run") (param i32) (result i32) (local i32 exnref)
    (loop $more
      (block $h (result i32 (ref $box) exnref)
        (try_table (catch_ref $e $h) (call $throw (local.get 0)))
        (unreachable))
      (local.set 2)
      (struct.get $box 0)
      (i32.add)
      (local.set 1 (i32.add (local.get 1)))
      (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (block $h (result i32 (ref $box))
      (try_table (catch $e $h) (throw_ref (local.get 2)))
      (unreachable))
    (struct.get $box 0) (i32.add) (local.get 1) (i32.add)))"""


def test_exceptions_are_collected() -> None:
    """What they carry lives as long as they do, and they as long as somebody refers to them."""
    guest = Guest(CARRYING, limits=Limits(heap_bytes=1 << 20))
    n = 30_000                                   # 56 bytes each
    assert guest.call("run", n) == ((n * (n + 1) + 2) & 0xFFFFFFFF,)
    assert guest.store.heap.epoch > 0


def test_carrying_at_every_step() -> None:
    def begun() -> Guest:
        guest = Guest(CARRYING)
        guest.begin("run", 3)
        return guest

    assert at_every_step(begun).results == (14,)


@pytest.mark.parametrize(("source", "n"), [(NEW, 0), (NEW, 1), (LEGACY, 1), (LEGACY, 2)])
@pytest.mark.parametrize("region", ["stack", "heap"])
def test_every_bit_may_lie(source: str, n: int, region: str) -> None:
    """Refused, or harmless: whatever is thrown afterwards is caught, or not, or traps."""
    rng, refused = random.Random(n), 0
    machine = _begun(source, n).machine
    while machine.store.heap.region.size == 0:
        machine.run(machine.step + 1)
    snapshot = machine.exported()
    good = snapshot.regions[region].to_bytes()
    size = len(good.rstrip(b"\0")) + 64
    for _ in range(300):
        data = bytearray(good)
        data[rng.randrange(min(size, len(data)))] ^= 1 << rng.randrange(8)
        lie = replace(snapshot, regions={**snapshot.regions, region: Pages.from_bytes(data)})
        try:
            machine.restore_checked(lie)
            machine.run(snapshot.step + 2_000)
        except SnapshotError:
            refused += 1
    assert refused > 10


def test_an_outcome_that_lies() -> None:
    machine = _begun(NEW, 8).machine
    machine.run(FOREVER)
    snapshot = machine.exported()
    for ref in (0, 8, 12, snapshot.control.outcome[1] + 8, 1 << 40):
        lie = replace(snapshot, control=replace(snapshot.control, outcome=("exception", ref)))
        with pytest.raises(SnapshotError):
            machine.restore_checked(lie)
    machine.restore_checked(snapshot)
    assert machine.ended is not None and machine.ended.exception is not None


HOST = """(module
  (import "host" "e" (tag $e (param i64)))
  (import "host" "f" (func $f (param i32) (result i32)))
  (func $tail (param i32) (result i32)
    (block $h (try_table (catch_all $h) (return (return_call $f (local.get 0)))))
    (i32.const -1))
  (func (export "run") (param i32) (result i64)
    (block $h (result i64)
      (try_table (catch $e $h)
        (drop (call $f (i32.const 3)))
        (return (i64.extend_i32_s (call $tail (local.get 0)))))
      (unreachable))
    (i64.add (i64.const 1000)))
  (func (export "uncaught") (param i32) (result i32) (call $f (local.get 0))))"""


def _calling_host(calls: list[int] | None = None) -> Guest:
    store = Store()
    tag = store.new_tag(TagType(FuncType((I64,))), "host.e")

    def f(_: Caller, n: int) -> int:
        if calls is not None:
            calls.append(n)
        if n >> 31:
            raise Thrown("", store.new_exn(tag.addr, (n,)))
        return n

    func = store.new_host_func(FuncType((I32,), (I32,)), f, "host.f")
    return Guest(HOST, {("host", "e"): tag, ("host", "f"): func}, store)


@pytest.mark.parametrize("name", ["run", "uncaught"])
def test_thrown_by_the_host_at_every_step(name: str) -> None:
    def begun() -> Guest:
        guest = _calling_host()
        guest.begin(name, 1 << 31)
        return guest

    end = at_every_step(begun)
    if name == "run":          # a tail call leaves its function's handlers behind
        assert end.results == ((1 << 31) + 1000,)
    else:
        assert end.exception is not None
        assert end.exception.message == "uncaught exception host.e(2147483648)"


@pytest.mark.parametrize("name", ["run", "uncaught"])
def test_replay_throws_again_without_the_host(name: str) -> None:
    calls: list[int] = []
    machine = _calling_host(calls).begin(name, 1 << 31)
    machine.journal = Journal()
    first = machine.capture()
    machine.run(FOREVER)
    end, made = state(machine), list(calls)
    machine.journal = Journal(decode(encode(machine.journal.entries)))
    machine.restore(first)
    machine.run(FOREVER)
    assert state(machine) == end
    assert calls == made


def test_nested_runs_end_where_they_began() -> None:
    """An exception leaves a nested call through the host's frame, never past it."""
    store = Store()
    inner = Guest("""(module (tag (export "e") (param i32))
      (func (export "throw") (param i32) (throw 0 (local.get 0))))""", store=store)

    def f(caller: Caller, n: int) -> int:
        try:
            caller.call(inner.func("throw"), (n,))
        except Thrown:
            if n < 10:
                raise
        return 7

    func = store.new_host_func(FuncType((I32,), (I32,)), f, "host.f")
    outer = Guest("""(module
      (import "m" "e" (tag $e (param i32)))
      (import "m" "f" (func $f (param i32) (result i32)))
      (func (export "run") (param i32) (result i32)
        (block $h (result i32)
          (try_table (catch $e $h) (return (call $f (local.get 0))))
          (unreachable))
        (i32.add (i32.const 100))))""",
        {("m", "e"): inner.extern("e"), ("m", "f"): func}, store)
    assert outer.call("run", 3) == (103,)
    assert outer.call("run", 30) == (7,)
