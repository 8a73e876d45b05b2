"""The snapshots of a recording file: found by step, read when they are needed, never added to."""

from __future__ import annotations

from bisect import bisect_right

from gabagool.errors import SnapshotError
from gabagool.history.reading import Contents, load_state
from gabagool.runtime.machine import Machine
from gabagool.runtime.state import Snapshot

_KEPT = 16              # decoded snapshots that are kept: bases of those asked for next


class Archive:
    """In the place of a `History`. `machine` is the one that the snapshots are for."""

    def __init__(self, contents: Contents, machine: Machine) -> None:
        self._contents = contents
        self._machine = machine
        self.origin = contents.first.step
        self.interval = max([1, *(interval for interval, _ in contents.lanes.values())])
        self._steps = [self.origin, *sorted(contents.snapshots)]
        self._decoded = {self.origin: contents.first}
        self._pins: dict[int, Snapshot] = {}

    @property
    def bytes(self) -> int:
        """Of the snapshots in the file, compressed."""
        return sum(stored.chunk.size for stored in self._contents.snapshots.values())

    def steps(self) -> tuple[int, ...]:
        return tuple(sorted({*self._steps, *self._pins}))

    def nearest(self, step: int) -> int:
        """The last step ≤ `step` that has a snapshot."""
        if step < self.origin:
            raise ValueError(f"step {step} is before the recording's first, {self.origin}")
        pin = max((pinned for pinned in self._pins if pinned <= step), default=self.origin)
        return max(pin, self._steps[bisect_right(self._steps, step) - 1])

    def get(self, step: int) -> Snapshot:
        """The checked snapshot of a step that has one.

        One that turns out to be damaged is left out from then on: the step is reached by replay
        from the one before it.
        """
        while step not in self._pins:
            try:
                return self._machine.checked(self._load(step))
            except SnapshotError:
                if step == self.origin:
                    raise
                self._steps.remove(step)
                step = self.nearest(step)
        return self._pins[step]

    def _load(self, step: int) -> Snapshot:
        chain = []
        at = step
        while at not in self._decoded:
            chain.append(self._contents.snapshots[at])
            at = chain[-1].base
        found = self._decoded[at]
        for stored in reversed(chain):
            found = self._decoded[stored.step] = load_state(self._contents.part, stored, found)
        while len(self._decoded) > _KEPT:
            oldest = next(s for s in self._decoded if s not in (self.origin, step))
            del self._decoded[oldest]
        return found

    def pin(self, snapshot: Snapshot) -> None:
        self._pins[snapshot.step] = snapshot

    def unpin(self, step: int) -> None:
        self._pins.pop(step, None)
