"""Generated modules: the same in gabagool, in wasmtime, and in gabagool with interruptions.

`GABAGOOL_SMITH` is the number of modules (300 by default), `GABAGOOL_SEED` the first seed; the
test's id is the seed, and what fails says how to run it again. Half as many more have objects of
the GC heap.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import pytest

from gabagool.runtime.stops import StopReason

from .engines import FULL, Engine, Gabagool, Outcome, Wasmtime, probe_of
from .probe import Probe
from .smith import generate

COUNT = int(os.environ.get("GABAGOOL_SMITH", "300"))
FIRST = int(os.environ.get("GABAGOOL_SEED", "0"))
_ARGUMENTS = (0, 1, 5, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 65535, 0x7FC00001, 0x3F800000,
              0x7FF0000000000001, 0xBFF0000000000000, 1 << 63)

Trace = list[tuple[str, tuple[int, ...], Outcome, list[Outcome], bytes]]


def trace(fresh: Callable[[], Engine], probe: Probe, seed: int) -> Trace:
    """Call each function in an instance of its own, for smith's fuel lasts but once; look at
    all state after each call."""
    rng = random.Random(seed)
    found: Trace = [("instantiation", (), fresh().failed or "", [], b"")]
    if found[0][2]:
        return found
    for name, widths in probe.calls.items():
        engine = fresh()
        for _ in range(2):
            args = tuple(rng.choice((rng.choice(_ARGUMENTS), rng.getrandbits(width)))
                         & ((1 << width) - 1) for width in widths)
            outcome = engine.call(name, args)
            looks = [engine.call(look, ()) for look in probe.looks]
            found.append((name, args, outcome, looks, engine.memory()))
    return found


class Interrupted(Gabagool):
    """Stops at random steps; now and then goes on from a snapshot, after running astray."""

    rng = random.Random(0)

    def run(self, funcaddr: int, args: tuple[int, ...]) -> tuple[int, ...]:
        machine = self.machine
        machine.start(funcaddr, args)
        while machine.ended is None:
            stop = machine.run(machine.step + self.rng.choice((1, 2, 3, 10, 100, 1000)))
            if stop.reason == StopReason.FUEL and not self.rng.randrange(4):
                snapshot = machine.capture()
                machine.run(machine.step + self.rng.choice((1, 10, 10_000)))
                machine.restore(snapshot)
        failed = machine.ended.trap or machine.ended.exception
        if failed is not None:
            raise failed
        assert machine.ended.results is not None
        return machine.ended.results


def until_full(found: Trace) -> int:
    """How many outcomes there are before the heap is full, which is up to each engine."""
    return next((i for i, (_, _, *outcomes, _) in enumerate(found) if FULL in outcomes),
                len(found))


def compare(wasm: bytes, seed: int) -> None:
    """The same outcomes and states everywhere."""
    probe = probe_of(wasm)
    theirs, ours = Wasmtime.load(wasm, probe), Gabagool.load(wasm, probe)
    expected = trace(lambda: Wasmtime(*theirs), probe, seed)
    again = f"again: GABAGOOL_SEED={seed} GABAGOOL_SMITH=1 python -m pytest {__file__}"
    for fresh in (lambda: Gabagool(*ours), lambda: Interrupted(*ours)):
        found = trace(fresh, probe, seed)
        end = min(until_full(found), until_full(expected))
        assert found[:end] == expected[:end], again


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_module(seed: int) -> None:
    compare(generate(seed), seed)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT // 2))
def test_module_with_objects(seed: int) -> None:
    compare(generate(seed, gc=True), seed)
