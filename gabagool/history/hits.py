"""Every hit of some taps over a stretch of a recording: exact counts, and any page of them.

One pass counts the hits of each part of the stretch; which hits these are is found out when they
are asked for, by replaying the parts that they lie in. So memory doesn't grow with their number.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

from gabagool.history.player import OnProgress, offset_progress, replay
from gabagool.records import dataclass
from gabagool.runtime.tapping import Hit, TapSpec

if TYPE_CHECKING:
    from gabagool.history.recorder import Recorder

_PART = 1 << 24          # steps; a page needs the replay of one part, some 20 ms
_PARTS = 4096            # at most, whatever the length of the stretch


@dataclass(frozen=True, slots=True)
class Tally:
    """Hits of taps in the steps [first, last), part by part.

    Part i are the steps [starts[i], starts[i + 1]) and has counts[i][j] hits of tap j.
    """

    specs: tuple[TapSpec, ...]
    starts: tuple[int, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def total(self) -> int:
        return sum(map(sum, self.counts))

    @property
    def upto(self) -> int:
        """The step before which hits are counted."""
        return self.starts[-1]

    @property
    def totals(self) -> tuple[int, ...]:
        """Hits of each tap."""
        return tuple(sum(part[j] for part in self.counts) for j in range(len(self.specs)))

    @property
    def before(self) -> list[int]:
        """Hits before each part, and in all."""
        sums = [0]
        for part in self.counts:
            sums.append(sums[-1] + sum(part))
        return sums


def tally(recorder: Recorder, specs: Sequence[TapSpec], first: int, last: int,
          cancel: Event | None = None, progress: OnProgress | None = None) -> Tally | None:
    """Count the hits in the recorded steps [first, last). None if cancelled.

    The cursor stays where it is.
    """
    first, last = max(first, recorder.origin), min(last, recorder.total)
    specs = tuple(replace(spec, stop=False, ignore=0, logged=True) for spec in specs)
    machine, starts, counts = recorder.machine, [first], []
    with recorder.excursion():
        if first >= last or not recorder.seek(first, cancel):
            return None if first < last else Tally(specs, (first,), ())
        armed = machine.taps.arm(specs)
        try:
            size = max(_PART, -(-(last - first) // _PARTS))
            while starts[-1] < last:
                end = min(starts[-1] + size, last)
                for tap in armed:
                    tap.begin(starts[-1] - 1)
                report = offset_progress(progress, starts[-1] - first, last - first)
                if not replay(machine, end, cancel, report):
                    return None
                starts.append(end)
                counts.append(tuple(tap.count for tap in armed))
        finally:
            machine.taps.disarm()
    return Tally(specs, tuple(starts), tuple(counts))


def page(recorder: Recorder, found: Tally, first: int, count: int,
         cancel: Event | None = None) -> list[tuple[int, Hit]] | None:
    """The hits number `first` to `first + count - 1` in the order of their steps, each with the
    number of its tap. None if cancelled. The cursor stays where it is."""
    before = found.before
    first = max(0, first)
    last = min(first + count, before[-1])
    hits: list[tuple[int, Hit]] = []
    with recorder.excursion():
        at = bisect_right(before, first) - 1
        while at < len(found.counts) and before[at] < last:
            part = _part(recorder, found, at, max(0, first - before[at]),
                         min(last, before[at + 1]) - before[at], cancel)
            if part is None:
                return None
            hits += part
            at += 1
    return hits


def _part(recorder: Recorder, found: Tally, at: int, first: int, last: int,
          cancel: Event | None) -> list[tuple[int, Hit]] | None:
    """The hits number `first` to `last - 1` of a part."""
    machine, start = recorder.machine, found.starts[at]
    if not recorder.seek(start, cancel):
        return None
    specs = [replace(spec, after=max(spec.after, start - 1)) for spec in found.specs]
    machine.taps.arm(specs, first, last - first)
    try:
        return machine.taps.hits() if replay(machine, found.starts[at + 1], cancel) else None
    finally:
        machine.taps.disarm()
