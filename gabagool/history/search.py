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
from gabagool.runtime.stops import Position

# Segments double in length from the first (the hit is often near) to the longest, where what a
# restore costs doesn't count any more.
_FIRST = 1 << 20
_LONGEST = 1 << 26


class Scan(Protocol):
    """What a search looks for. The machine notes the last step at which it happened."""

    def arm(self, machine: Machine) -> None:
        """Begin to look, with nothing found yet."""

    def last_hit(self, machine: Machine) -> int | None:
        """The last step at which it happened since `arm`."""

    def disarm(self, machine: Machine) -> None:
        """Look no more."""


class BreakScan:
    """Looks for the execution of an instruction at one of some positions."""

    def __init__(self, positions: Iterable[Position]) -> None:
        self._positions = tuple(positions)

    def arm(self, machine: Machine) -> None:
        machine.set_probes(self._positions)

    def last_hit(self, machine: Machine) -> int | None:
        return machine.last_probe_step

    def disarm(self, machine: Machine) -> None:
        machine.set_probes(())


class CallScan:
    """Looks for a call made at call depth `depth` or less (for going back over or out of it)."""

    def __init__(self, depth: int) -> None:
        self._depth = depth

    def arm(self, machine: Machine) -> None:
        machine.mark_calls(self._depth)

    def last_hit(self, machine: Machine) -> int | None:
        return machine.last_call_step

    def disarm(self, machine: Machine) -> None:
        machine.mark_calls(None)


class WriteScan:
    """Looks for a write to `size` bytes at `start` of a memory (by its store address)."""

    def __init__(self, memory: int, start: int, size: int) -> None:
        self._range = (memory, start, size)

    def arm(self, machine: Machine) -> None:
        machine.watch_memory(*self._range)

    def last_hit(self, machine: Machine) -> int | None:
        return machine.last_write_step

    def disarm(self, machine: Machine) -> None:
        machine.unwatch_memory()


def search_back(machine: Machine, parts: Iterable[tuple[int, int]], scan: Scan,
                restore_before: Callable[[int], None], cancel: Event | None,
                progress: OnProgress | None) -> int | None:
    """The last step in `parts` (as `segments` gives them) that `scan` hits.

    None also when cancelled. `restore_before` puts the machine on a step or shortly before it;
    where the search leaves the machine is not defined.
    """
    parts = list(parts)
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
