"""Backward search that passes over hits: over the last so many of each group of taps.

Hits are counted at native speed, segment by segment; only the segment in which the search ends is
looked at once more for the steps themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from threading import Event

from gabagool.history.player import OnProgress, replay
from gabagool.history.protocol import Machine
from gabagool.history.recorder import Recorder
from gabagool.history.search import TapScan
from gabagool.records import dataclass
from gabagool.runtime.tapping import TapSpec


@dataclass(frozen=True, slots=True)
class Passed:
    """The step found and which group hit it, None and -1 if every hit was passed over; and how
    many hits of each group are still to be passed over."""

    step: int | None
    group: int
    left: tuple[int, ...]


class _PassingScan(TapScan):
    """Hits in the first segment in which a group has more hits than are left to pass over."""

    def __init__(self, groups: Sequence[Sequence[TapSpec]], left: Sequence[int]) -> None:
        super().__init__([spec for group in groups for spec in group])
        self._groups = groups
        self.left = list(left)
        self.counts = [0] * len(groups)
        self.part = (0, 0)
        self._start = 0

    def arm(self, machine: Machine) -> None:
        super().arm(machine)
        self._start = machine.step

    def last_hit(self, machine: Machine) -> int | None:
        taps = iter(self._armed)
        self.counts = [sum(next(taps).count for _ in group) for group in self._groups]
        if all(count <= left for count, left in zip(self.counts, self.left, strict=True)):
            self.left = [a - b for a, b in zip(self.left, self.counts, strict=True)]
            return None
        self.part = self._start, machine.step
        return self._start


def search_passing(recorder: Recorder, groups: Sequence[Sequence[TapSpec]], left: Sequence[int],
                   before: int, floor: int | None = None, cancel: Event | None = None,
                   progress: OnProgress | None = None) -> Passed | None:
    """The last hit in [floor, before) but for the last `left` ones of each group. None if
    cancelled. The cursor stays where it is."""
    scan = _PassingScan(groups, left)
    found = recorder.search_back(before, scan, floor, cancel, progress)
    if cancel is not None and cancel.is_set():
        return None
    if found is None:
        return Passed(None, -1, tuple(scan.left))
    with recorder.excursion():
        steps = []
        for specs, count, more in zip(groups, scan.counts, scan.left, strict=True):
            step = -1 if count <= more else _step(recorder, specs, count - more - 1, scan.part,
                                                  cancel)
            if step is None:
                return None
            steps.append(step)
        step = max(steps)
        behind = _counts(recorder, groups, step, scan.part[1], cancel)
    if behind is None:
        return None
    rest = tuple(max(0, a - b) for a, b in zip(scan.left, behind, strict=True))
    return Passed(step, steps.index(step), rest)


def _step(recorder: Recorder, specs: Sequence[TapSpec], number: int, part: tuple[int, int],
          cancel: Event | None) -> int | None:
    """The step of a hit of some taps in a part of the recording, by its number."""
    machine, (start, end) = recorder.machine, part
    if not recorder.seek(start, cancel):
        return None
    machine.taps.arm(_from(specs, start), number, 1)
    try:
        return machine.taps.hits()[0][1].step if replay(machine, end, cancel) else None
    finally:
        machine.taps.disarm()


def _counts(recorder: Recorder, groups: Sequence[Sequence[TapSpec]], after: int, end: int,
            cancel: Event | None) -> list[int] | None:
    """How many hits each group has in (after, end)."""
    machine = recorder.machine
    if not recorder.seek(after + 1, cancel):
        return None
    armed = machine.taps.arm(_from([spec for group in groups for spec in group], after + 1))
    try:
        if not replay(machine, end, cancel):
            return None
        taps = iter(armed)
        return [sum(next(taps).count for _ in group) for group in groups]
    finally:
        machine.taps.disarm()


def _from(specs: Sequence[TapSpec], start: int) -> list[TapSpec]:
    return [replace(spec, stop=False, logged=True, after=max(spec.after, start - 1))
            for spec in specs]
