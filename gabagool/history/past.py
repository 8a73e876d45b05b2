"""What a recorder knows of its recording, without running anything."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from gabagool.history import events
from gabagool.history.lanes import Lane
from gabagool.history.nearby import Nearby, dirty_bytes
from gabagool.history.protocol import Machine
from gabagool.history.store import History
from gabagool.runtime.collected import Collections
from gabagool.runtime.journal import Journal
from gabagool.runtime.state import Snapshot
from gabagool.runtime.stops import Stop
from gabagool.runtime.throws import Throws

if TYPE_CHECKING:
    from gabagool.history.recorder import Recorder


class Past:
    """The part of a recorder that only tells: how far, what happened, which snapshots there are."""

    machine: Machine
    before: Recorder | None          # has recorded the steps before the fork
    ended: Stop | None
    journal: Journal
    throws: Throws
    collections: Collections
    _end: Snapshot                   # the newest step's
    _last: Snapshot                  # that of the newest multiple of Δ
    _history: History
    _nearby: Nearby
    _interval: int                   # steps in a cell of the lanes
    _lanes: dict[str, Lane]

    @property
    def origin(self) -> int:
        """The first step of the recording, what came before the fork included."""
        return self.fork if self.before is None else self.before.origin

    @property
    def fork(self) -> int:
        """The step from which on the recording is this recorder's own."""
        return self._history.origin

    @property
    def total(self) -> int:
        """The newest recorded step."""
        return self._end.step

    @property
    def interval(self) -> int:
        """Δ: steps between the newest snapshots, and in a cell of the lanes."""
        return self._history.interval

    @property
    def bytes(self) -> int:
        """Memory that snapshots and the journal take, in bytes."""
        return (self._history.bytes + self._nearby.bytes + dirty_bytes(self._last, self._end)
                + self.journal.bytes)

    def retained(self) -> tuple[int, ...]:
        """All steps that have a snapshot in the history, rising."""
        shared = () if self.before is None else self.before.retained()
        return tuple(sorted({*(step for step in shared if step < self.fork), *self._steps()}))

    def _steps(self) -> tuple[int, ...]:
        """Those from the fork on."""
        return (*self._history.steps(), self.total)

    def snapshot_at(self, step: int) -> Snapshot:
        """The snapshot of a retained step."""
        return self._end if step == self.total else self._history.get(step)

    def lane_cells(self) -> list[tuple[str, int, list[int]]]:
        """(name, steps in a cell, cells from the first step on) of each lane."""
        return [(name, self._interval, lane.cells()) for name, lane in self._lanes.items()]

    def events(self, first: int, last: int) -> list[events.Event]:
        """What happened in the steps [first, last), rising."""
        thrown = events.thrown(self.throws, self.machine.throw_text, first, last)
        rest = events.between(self.journal.entries.between(first, last), self.ended, first, last)
        collected = events.collected(self.collections, first, last)
        return list(heapq.merge(thrown, collected, rest, key=lambda event: event.step))

    def lane(self, name: str, first: int, last: int, cells: int) -> tuple[int | None, ...]:
        """`cells` numbers for the steps [first, last), None where nothing is recorded.

        'depth' is the deepest call, 'writes' the most bytes of pages changed in one Δ. Nothing is
        sampled; where a cell is shorter than Δ it has the number of the whole Δ.
        """
        edges = [first + i * (last - first) // cells for i in range(cells + 1)]
        return tuple(self._cell(name, edges[i], edges[i + 1]) for i in range(cells))

    def memory_size(self, addr: int) -> int:
        """Bytes of a memory at the newest recorded step, which it never had more of."""
        return self._end.regions[f"memory {addr}"].size

    def _retained_before(self, step: int) -> int:
        """The last step ≤ `step` that has a snapshot in the history."""
        if self.before is not None and step < self.fork:
            return self.before._retained_before(step)
        return self._history.nearest(step)

    def _retained(self, step: int) -> Snapshot:
        if self.before is not None and step < self.fork:
            return self.before._retained(step)
        return self._history.get(step)

    def _cell(self, name: str, first: int, last: int) -> int | None:
        first, last = max(first, self.origin), min(max(last, first + 1), self.total)
        if first >= last:
            return None
        found: list[int | None] = []
        if self.before is not None and first < self.fork:
            found.append(self.before._cell(name, first, min(last, self.fork)))
            first = self.fork
        if first < last:
            found.append(self._lanes[name].peak(
                (first - self.fork) // self._interval,
                (last - 1 - self.fork) // self._interval + 1))
        return max((cell for cell in found if cell is not None), default=None)
