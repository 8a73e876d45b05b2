"""A run captured before each of its steps goes on from every one of them as if never stopped."""

from __future__ import annotations

import random
from collections.abc import Callable

from gabagool import snapshot as files
from gabagool.runtime.stops import Stop
from tests.machines import Guest
from tests.native.states import state

FOREVER = 1 << 40


def at_every_step(begin: Callable[[], Guest], resumed: int | None = None) -> Stop:
    """Capture a begun guest's machine at each boundary, in memory and as a file; resume each, or
    so many of them.

    Returns how the run ended.
    """
    guest = begin()
    machine = guest.machine
    states, snapshots, exported = [], [], []
    while machine.ended is None:
        states.append(state(machine))
        snapshots.append(machine.capture())
        exported.append(files.dump(machine, modules=False))
        machine.run(machine.step + 1)
    states.append(state(machine))
    end = machine.ended
    order = list(range(len(snapshots)))
    random.Random(2).shuffle(order)
    for n in order[:resumed]:
        machine.restore(snapshots[n])
        assert state(machine) == states[n]
        other = begin().machine
        files.load(exported[n], other)
        assert state(other) == states[n]
        for one in (machine, other):
            one.run(FOREVER)
            assert state(one) == states[-1]
    return end
