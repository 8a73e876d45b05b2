"""Running a machine forward in slices, so that long runs report how far they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event

from gabagool.errors import SnapshotError
from gabagool.history.protocol import Machine
from gabagool.runtime.stops import Stop, StopReason

# Called with (steps done, steps to do); the latter is 0 where that isn't known.
OnProgress = Callable[[int, int], None]

_SLICE = 1 << 24           # steps between two reports: some 20 ms


def run_slice(machine: Machine, target: int, final: int | None, cancel: Event | None = None,
              breaks: bool = True, max_depth: int | None = None) -> Stop:
    """Run to step `target`, on the way to step `final` (None: without end).

    A run passes over a breakpoint that it starts at, and notes depth on returns only: so a stop
    that falls on the seam of two slices must be seen here.
    """
    stop = machine.run(target, cancel, breaks=breaks, max_depth=max_depth)
    if stop.reason is StopReason.FUEL and stop.step != final:
        if max_depth is not None and machine.depth <= max_depth:
            return replace(stop, reason=StopReason.DEPTH)
        if breaks and machine.position in machine.breaks.breaks:
            return replace(stop, reason=StopReason.BREAKPOINT)
    return stop


def replay(machine: Machine, until: int, cancel: Event | None = None,
           progress: OnProgress | None = None) -> bool:
    """Run to step `until` past all breakpoints. False if cancelled before."""
    start = machine.step
    while machine.step < until:
        stop = machine.run(min(until, machine.step + _SLICE), cancel, breaks=False)
        if stop.reason is StopReason.CANCELLED:
            return machine.step >= until
        if stop.reason is not StopReason.FUEL and stop.step < until:
            raise SnapshotError(f"replay ended at step {stop.step} ({stop.reason.value}), "
                                f"before step {until}: it is not what was recorded")
        if progress:
            progress(machine.step - start, until - start)
    return True


def replay_stopping(machine: Machine, until: int, final: int | None, cancel: Event | None,
                    progress: OnProgress | None, max_depth: int | None) -> Stop:
    """Run to step `until` or an earlier stop, on the way to step `final`."""
    start = machine.step
    while True:
        target = min(until, machine.step + _SLICE)
        stop = run_slice(machine, target, final, cancel, max_depth=max_depth)
        if stop.reason is not StopReason.FUEL or stop.step >= until:
            return stop
        if progress:
            progress(stop.step - start, until - start)


def offset_progress(progress: OnProgress | None, before: int, total: int) -> OnProgress | None:
    """A callback for a part of the work, of which `before` of `total` steps came earlier."""
    if progress is None:
        return None
    report = progress
    return lambda done, _: report(before + done, total)
