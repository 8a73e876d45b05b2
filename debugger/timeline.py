"""The timeline's data: lanes and what stands in them, for any viewport of the recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from threading import Event

from debugger.eventlist import EventList
from debugger.views import Lane, TimelineView
from gabagool import Machine, Snapshot
from gabagool.history.nearby import dirty_bytes
from gabagool.history.player import replay
from gabagool.history.recorder import Recorder

LANES = ("depth", "writes")
_LONGEST_REPLAY = 1 << 26       # steps of a window that `refine` replays: some 100 ms …
_MOST_CALLS = 1 << 14           # … and its host calls: some 500 ms
_KEPT = 32              # finely resolved viewports that are remembered
# A lane is scaled to its peak; below this a peak doesn't fill the lane.
_LEAST_PEAK = {"depth": 4, "writes": 1}

Window = tuple[int, int, int]                       # first, last, cells
Cells = dict[str, tuple[int | None, ...]]           # by lane


class Timeline:
    """Makes timeline views. Cells shorter than the recorder's interval are found out by replay
    (`refine`); until then they are None."""

    def __init__(self, machine: Machine, recorder: Recorder, events: EventList) -> None:
        self._machine = machine
        self._recorder = recorder
        self._events = events
        self._fine: dict[Window, Cells] = {}

    def view(self, cursor: int, viewport: tuple[int, int] | None, cells: int,
             marks: Mapping[str, int], breaks: Sequence[int]) -> TimelineView:
        first, last = self.viewport(viewport)
        total = self._recorder.total
        edges = cell_edges(first, last, cells)
        found = self._cells((first, last, cells))
        every = self._cells((0, total + 1, cells))["depth"]
        if None in every:
            every = self._recorder.lane("depth", 0, total + 1, cells)
        return TimelineView(
            total, cursor, first, last,
            tuple(value or 0.0 for value in _scaled("depth", every)),
            tuple(Lane(name, _scaled(name, found[name])) for name in LANES),
            tuple(self._events.first_of_cells(edges)),
            tuple((letter, step) for letter, step in sorted(marks.items())
                  if first <= step < last),
            _thinned(self._recorder.retained(), edges), _thinned(breaks, edges))

    def viewport(self, wanted: tuple[int, int] | None) -> tuple[int, int]:
        """[first, last) of all of the history, or what of `wanted` can be shown."""
        end = self._recorder.total + 1
        if wanted is None:
            return 0, end
        first = max(0, min(wanted[0], end - 1))
        return first, max(first + 1, min(wanted[1], end))

    def _cells(self, window: Window) -> Cells:
        if window in self._fine:
            return self._fine[window]
        if self._coarse(window):
            return {name: self._recorder.lane(name, *window) for name in LANES}
        return dict.fromkeys(LANES, (None,) * window[2])

    def _coarse(self, window: Window) -> bool:
        """Whether the recorder's own cells must do for a window, or are fine enough."""
        first, last, cells = window
        if last - first >= min(_LONGEST_REPLAY, cells * self._recorder.interval):
            return True
        return self._recorder.journal.entries.number_between(first, last) > _MOST_CALLS

    def refine(self, viewport: tuple[int, int] | None, cells: int, cancel: Event) -> bool:
        """Find out by replay what `view` leaves None. Whether it has found out something.

        The machine is left anywhere in the recording.
        """
        windows = {(*self.viewport(viewport), cells), (0, self._recorder.total + 1, cells)}
        found = False
        for window in windows:
            if window in self._fine or self._coarse(window):
                continue
            fine = self._replayed(window, cancel)
            if fine is None:
                return found
            self._fine[window] = fine
            found = True
            while len(self._fine) > _KEPT:
                del self._fine[next(iter(self._fine))]
        return found

    def _replayed(self, window: Window, cancel: Event) -> Cells | None:
        """The lanes of a window, by running through it; None if cancelled."""
        edges = cell_edges(*window)
        machine, total = self._machine, self._recorder.total
        if not self._recorder.seek(edges[0], cancel):
            return None
        depths: list[int | None] = []
        writes: list[int | None] = []
        before = machine.capture()
        for first, last in pairwise(edges):
            if first >= total and first > 0:
                depths.append(None)
                writes.append(None)
                continue
            machine.reset_peak()
            if not replay(machine, min(last, total), cancel):
                return None
            after = machine.capture()
            depths.append(machine.peak_depth)
            writes.append(_memory_writes(before, after))
            before = after
        return {"depth": tuple(depths), "writes": tuple(writes)}


def _memory_writes(before: Snapshot, after: Snapshot) -> int:
    """Bytes of pages of memories and the heap that differ."""
    return dirty_bytes(_memories(before), _memories(after))


def _memories(snapshot: Snapshot) -> Snapshot:
    kept = {name: pages for name, pages in snapshot.regions.items()
            if name.startswith(("memory", "heap"))}
    return Snapshot(snapshot.step, kept, snapshot.control, snapshot.host, snapshot.journal)


def cell_edges(first: int, last: int, cells: int) -> list[int]:
    """Where the cells of [first, last) begin, and the end: cell i holds the steps of which
    `(step - first) * cells // (last - first)` is i."""
    span = last - first
    return [first - (-i * span // cells) for i in range(cells + 1)]


def _scaled(name: str, values: Sequence[int | None]) -> tuple[float | None, ...]:
    """Values in 0..1 by their peak."""
    peak = max([_LEAST_PEAK[name], *(value for value in values if value is not None)])
    return tuple(None if value is None else value / peak for value in values)


def _thinned(steps: Sequence[int], edges: Sequence[int]) -> tuple[int, ...]:
    """At most one step for each cell."""
    first, span, cells = edges[0], edges[-1] - edges[0], len(edges) - 1
    found: dict[int, int] = {}
    for step in steps:
        if first <= step < edges[-1]:
            found.setdefault((step - first) * cells // span, step)
    return tuple(sorted(found.values()))
