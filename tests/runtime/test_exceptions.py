"""Exceptions: where they are caught, at every boundary, through the host, and what they leave."""

from __future__ import annotations

import pytest

from gabagool.errors import Thrown, Trap
from gabagool.runtime.stops import StopReason
from tests.machines import Guest

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
