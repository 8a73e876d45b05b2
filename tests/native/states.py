"""What a stopped machine looks like, to compare runs boundary by boundary."""

from __future__ import annotations

import hashlib

from gabagool.runtime.machine import Machine

State = tuple[object, ...]
_FRAMES = 12          # of a deep recursion the innermost will do


def state(machine: Machine) -> State:
    """Everything observable at a boundary (of the frames the innermost)."""
    store = machine.store
    frames = ()
    if machine.position is not None:
        frames = tuple((f.instance, f.funcidx, f.offset, tuple(machine.locals(level)),
                        tuple(machine.operands(level)))
                       for level, f in enumerate(machine.frames(_FRAMES)))
    ended = machine.ended
    end = ended and (ended.reason, ended.step, ended.results, ended.exit_code,
                     ended.trap and (ended.trap.message, ended.trap.frames),
                     ended.exception and (ended.exception.message, ended.exception.frames))
    return (machine.step, machine.position, machine.depth, frames,
            tuple(g.bits for g in store.globals),
            tuple(hashlib.sha256(m.read(0, m.size)).digest() for m in store.memories),
            tuple(t.region.read(0, t.size * 8) for t in store.tables),
            tuple(hashlib.sha256(region.read(0, region.size)).digest()
                  for region in (store.heap.region, store.heap.pins)), end)


def walk(machine: Machine, limit: int = 10_000) -> list[State]:
    """Step one by one to the end; the state at every boundary."""
    states = [state(machine)]
    while machine.ended is None:
        assert machine.step < limit, "the program does not end"
        machine.run(machine.step + 1)
        states.append(state(machine))
    return states
