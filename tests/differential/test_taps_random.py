"""Generated modules: whatever is tapped, searching backwards finds what running forwards stops at.

`GABAGOOL_TAPS` is the number of modules (40 by default).
"""

from __future__ import annotations

import os
import random
from dataclasses import replace

import pytest

from gabagool.errors import GabagoolError
from gabagool.history import recorder as recording
from gabagool.history.hits import page, tally
from gabagool.history.recorder import Recorder
from gabagool.history.search import TapScan
from gabagool.isa.control import TAIL_CALLS
from gabagool.native.nodes import FRAME, GLOBAL, NEW, OLD, Binary, Const, Depth, Node, Place, Read
from gabagool.runtime.machine import Machine
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
    Where,
)
from gabagool.types import I32, I64

from .engines import Gabagool, probe_of
from .smith import generate
from .writers import guest

COUNT = int(os.environ.get("GABAGOOL_TAPS", "40"))
_STEPS = 3000            # of a run that are looked at
_SIGNS = ("+", "-", "%", "/", "&", "==", "!=", "<", ">=", "||", "&&")


def begun(seed: int) -> tuple[Machine, random.Random] | None:
    """A machine before the first step of some export of the module of a seed."""
    rng = random.Random(seed)
    if seed % 4:
        return guest(seed).begin(f"f{rng.randrange(1, 5)}", rng.randrange(1, 5)), rng
    wasm = generate(seed)
    engine = Gabagool(*Gabagool.load(wasm, probe_of(wasm)))
    if engine.failed is not None:
        return None
    instance = engine.store.instances[0]
    funcs = [engine.store.funcs[addr] for addr in instance.funcs]
    func = rng.choice([f for f in funcs if f.instance is not None])
    args = [rng.getrandbits(30) if t in (I32, I64) else 0 for t in func.type.params]
    try:
        engine.machine.start(func.addr, args)
    except GabagoolError:
        return None
    return engine.machine, rng


def condition(rng: random.Random, depth: int = 2) -> Node:
    if depth == 0 or not rng.randrange(4):
        return rng.choice((Const(I32, rng.randrange(5)), Depth(), Place(I32, FRAME, 0),
                           Place(I64, GLOBAL, 0), Place(I32, OLD, 0), Place(I32, NEW, 0)))
    if not rng.randrange(5):
        return Read(I32, "<B", condition(rng, depth - 1))
    return Binary(I32, rng.choice(_SIGNS), condition(rng, depth - 1), condition(rng, depth - 1))


def places(machine: Machine, rng: random.Random) -> list[Where]:
    """Locations of all kinds, by what a walk over the first steps comes across."""
    start, found, seen = machine.capture(), list[Where](), list[Position]()
    while machine.ended is None and machine.step < _STEPS:
        if machine.position is not None and not rng.randrange(20):
            frame = machine.frames(1)[0]
            lowered = machine.store.funcs[frame.funcaddr].lowered
            seen.append(machine.position)
            if lowered is not None and lowered.locals:
                found.append(LocalWrites(frame.instance, frame.funcidx,
                                         rng.randrange(len(lowered.locals)), frame.fp))
        machine.run(machine.step + 1)
    machine.restore(start)
    store = machine.store
    found = rng.sample(found, min(4, len(found)))
    if seen:
        found.append(Code(tuple(set(rng.sample(seen, min(3, len(seen)))))))
    found += [GlobalWrites(g.addr) for g in store.globals if g.type.mutable][:2]
    found += [MemoryWrites(m.addr, rng.randrange(64), rng.choice((1, 4, 4000)))
              for m in store.memories if m.size]
    found += [MemoryWrites(m.addr, 0, 65536) for m in store.memories if m.size >= 65536]
    found += [TableWrites(t.addr, 0, min(t.size, 5)) for t in store.tables if t.size]
    names = frozenset(f.name for f in store.funcs if f.host is not None)
    return [*found, HostCalls(names), Forms(frozenset(("memory.grow", "drop", *TAIL_CALLS)))]


def forwards(recorder: Recorder, specs: list[TapSpec]) -> list[int]:
    """The steps at which taps stop the machine from the start on."""
    recorder.seek(recorder.origin)
    machine, steps = recorder.machine, list[int]()
    machine.taps.arm([replace(spec, stop=True) for spec in specs])
    try:
        while machine.step < recorder.total and machine.ended is None:
            stop = machine.run(recorder.total)
            if stop.reason is StopReason.BREAKPOINT:
                steps.append(stop.step)
            elif stop.reason is StopReason.WATCHPOINT:
                steps.append(stop.step - 1)
    finally:
        machine.taps.disarm()
    assert steps == sorted(steps)
    return sorted(set(steps))


def backwards(recorder: Recorder, specs: list[TapSpec]) -> list[int]:
    found, at = [], recorder.total
    while (hit := recorder.search_back(at, TapScan(specs))) is not None:
        found.append(hit)
        at = hit
    return found[::-1]


@pytest.mark.parametrize("seed", range(COUNT))
def test_backwards_is_forwards(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "FIRST_INTERVAL", 512)
    begin = begun(seed)
    if begin is None:
        return                   # it traps before there is a step to look at
    machine, rng = begin
    candidates = places(machine, rng)
    recorder = Recorder(machine)
    recorder.record(_STEPS)
    for _ in range(4):
        specs = [TapSpec(where, rng.random() < 0.5,
                         condition(rng) if rng.random() < 0.5 else None)
                 for where in rng.sample(candidates, min(len(candidates), rng.randrange(1, 4)))]
        found = tally(recorder, specs, 0, recorder.total)
        assert found is not None
        hits = page(recorder, found, 0, found.total)
        assert hits is not None and len(hits) == found.total
        steps = sorted({hit.step for _, hit in hits})
        assert [hit.step for _, hit in hits] == sorted(hit.step for _, hit in hits)
        assert forwards(recorder, specs) == steps
        if len(steps) <= 60:
            recorder.seek(recorder.total)
            assert backwards(recorder, specs) == steps
        else:
            for at in rng.sample(range(recorder.total), 10):
                last = max((step for step in steps if step < at), default=None)
                assert recorder.search_back(at, TapScan(specs)) == last
