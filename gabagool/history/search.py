"""Backward search: newest segment first, each scanned forward once at native speed.

A segment starts at a retained snapshot. The machine notes the last hit by itself while it runs
through the segment, so a search costs one replay of what lies behind the hit, never one per step.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import Event
from typing import Protocol

from gabagool.history.player import OnProgress, offset_progress, replay
from gabagool.history.protocol import Machine
from gabagool.runtime.armed import Armed
from gabagool.runtime.stops import Position
from gabagool.runtime.tapping import TapSpec

# Segments double in length from the first (the hit is often near) to the longest, where what a
# restore costs doesn't count any more.
_FIRST = 1 << 20
_LONGEST = 1 << 26


class Scan(Protocol):
    """What a search looks for. The machine notes the last step at which it happened."""

    def prepare(self, machine: Machine) -> None:
        """A search begins: what takes time, once."""
        return None

    def arm(self, machine: Machine) -> None:
        """Begin to look, with nothing found yet."""

    def last_hit(self, machine: Machine) -> int | None:
        """The last step at which it happened since `arm`."""

    def disarm(self, machine: Machine) -> None:
        """Look no more."""

    def finish(self, machine: Machine) -> None:
        """The search is over."""
        return None


class BreakScan(Scan):
    """Looks for the execution of an instruction at one of some positions."""

    def __init__(self, positions: Iterable[Position]) -> None:
        self._positions = tuple(positions)

    def arm(self, machine: Machine) -> None:
        machine.set_probes(self._positions)

    def last_hit(self, machine: Machine) -> int | None:
        return machine.last_probe_step

    def disarm(self, machine: Machine) -> None:
        machine.set_probes(())


class CallScan(Scan):
    """Looks for a call made at call depth `depth` or less (for going back over or out of it)."""

    def __init__(self, depth: int) -> None:
        self._depth = depth

    def arm(self, machine: Machine) -> None:
        machine.mark_calls(self._depth)

    def last_hit(self, machine: Machine) -> int | None:
        return machine.last_call_step

    def disarm(self, machine: Machine) -> None:
        machine.mark_calls(None)


class TapScan:
    """Looks for the hits of taps. `last` has the last one of each after a search, None for none."""

    def __init__(self, specs: Sequence[TapSpec]) -> None:
        self._specs = specs
        self._armed: list[Armed] = []
        self.last: list[int | None] = [None] * len(specs)

    def prepare(self, machine: Machine) -> None:
        self._armed = machine.taps.arm(self._specs)

    def arm(self, machine: Machine) -> None:
        for tap in self._armed:
            tap.begin(machine.step - 1)

    def last_hit(self, machine: Machine) -> int | None:
        self.last = [tap.last for tap in self._armed]
        return max((hit for hit in self.last if hit is not None), default=None)

    def disarm(self, machine: Machine) -> None:
        pass

    def finish(self, machine: Machine) -> None:
        machine.taps.disarm()


class Either:
    """Looks for whatever of several things happened last."""

    def __init__(self, *scans: Scan) -> None:
        self._scans = scans

    def prepare(self, machine: Machine) -> None:
        for scan in self._scans:
            scan.prepare(machine)

    def arm(self, machine: Machine) -> None:
        for scan in self._scans:
            scan.arm(machine)

    def last_hit(self, machine: Machine) -> int | None:
        return max((hit for scan in self._scans if (hit := scan.last_hit(machine)) is not None),
                   default=None)

    def disarm(self, machine: Machine) -> None:
        for scan in self._scans:
            scan.disarm(machine)

    def finish(self, machine: Machine) -> None:
        for scan in self._scans:
            scan.finish(machine)


def search_back(machine: Machine, parts: Iterable[tuple[int, int]], scan: Scan,
                restore_before: Callable[[int], None], cancel: Event | None,
                progress: OnProgress | None) -> int | None:
    """The last step in `parts` (as `segments` gives them) that `scan` hits.

    None also when cancelled. `restore_before` puts the machine on a step or shortly before it;
    where the search leaves the machine is not defined.
    """
    scan.prepare(machine)
    try:
        return _search(machine, list(parts), scan, restore_before, cancel, progress)
    finally:
        scan.finish(machine)


def _search(machine: Machine, parts: Sequence[tuple[int, int]], scan: Scan,
            restore_before: Callable[[int], None], cancel: Event | None,
            progress: OnProgress | None) -> int | None:
    total = sum(end - start for start, end in parts)
    done = 0
    for start, end in parts:
        if progress:
            progress(done, total)
        restore_before(start)
        if not replay(machine, start, cancel):
            return None
        scan.arm(machine)
        try:
            if not replay(machine, end, cancel, offset_progress(progress, done, total)):
                return None
            hit = scan.last_hit(machine)
        finally:
            scan.disarm(machine)
        if hit is not None:
            return hit
        done += end - start
    return None


def segments(points: Sequence[int], floor: int, before: int) -> Iterator[tuple[int, int]]:
    """[floor, before) in parts, newest first; each starts at one of `points` (rising) or `floor`.

    A part is as short as the points allow, but not shorter than a length that doubles each time.
    """
    length = _FIRST
    while before > floor:
        at = bisect_right(points, before - length) - 1
        start = max(points[at], floor) if at >= 0 else floor
        yield start, before
        before = start
        length = min(2 * length, _LONGEST)
