"""Snapshots around the cursor, so that going back by hand is a restore and a short replay."""

from __future__ import annotations

from gabagool.runtime.pages import changed
from gabagool.runtime.state import Snapshot

_MOST = 64


class Nearby:
    """At most 64 snapshots of at most `budget` bytes; those not used for longest go."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._held: dict[int, Snapshot] = {}
        self._sizes: dict[int, int] = {}
        self._latest: Snapshot | None = None

    @property
    def bytes(self) -> int:
        """Memory taken, in bytes, over what the snapshots share with each other."""
        return sum(self._sizes.values())

    def add(self, snapshot: Snapshot) -> None:
        self._drop(snapshot.step)
        self._held[snapshot.step] = snapshot
        self._sizes[snapshot.step] = dirty_bytes(self._latest, snapshot) if self._latest else 0
        self._latest = snapshot
        while len(self._held) > _MOST or (self.bytes > self._budget and len(self._held) > 1):
            self._drop(next(iter(self._held)))

    def steps(self) -> tuple[int, ...]:
        return tuple(self._held)

    def at(self, step: int) -> Snapshot | None:
        """The snapshot of a step, if it is held."""
        found = self._held.pop(step, None)
        if found is not None:
            self._held[step] = found      # to the end: used last
        return found

    def _drop(self, step: int) -> None:
        self._held.pop(step, None)
        self._sizes.pop(step, None)


def dirty_bytes(old: Snapshot, new: Snapshot) -> int:
    """Bytes of the pages of `new` that differ from those of `old`."""
    total = 0
    for name, region in new.regions.items():
        before = old.regions.get(name)
        indices = range(len(region.pages)) if before is None else changed(before, region)
        total += sum(len(region.pages[i]) for i in indices)
    return total
