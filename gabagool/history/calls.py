"""Calls over a stretch of a recording: profiles, and every call to a depth or of a function.

Profiles are exact: a pass over the stretch counts every step where it belongs. Calls are counted
part by part in one pass; which they are is found out when they are asked for, by replaying the
parts that they lie in, so that memory doesn't grow with their number. The cursor stays where it is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

from gabagool.history.player import OnProgress, offset_progress, replay
from gabagool.records import dataclass
from gabagool.runtime.tracing import Call, CallTrace, FuncSteps, Path, Wanted

if TYPE_CHECKING:
    from gabagool.history.recorder import Recorder

_PART = 1 << 24          # steps; a page needs the replay of one part
_PARTS = 4096            # at most, whatever the length of the stretch
_FIRST = 256             # calls that are logged while all are counted


@dataclass(frozen=True, slots=True)
class Profile:
    """What was executed in the steps [first, last). `lost`: calls whose path is cut short."""

    first: int
    last: int
    paths: tuple[Path, ...]
    funcs: tuple[FuncSteps, ...]
    lost: int

    def totals(self) -> list[int]:
        """Of each path, the steps with all that lies behind it."""
        sums = [path.steps for path in self.paths]
        for i in range(len(sums) - 1, 0, -1):
            sums[self.paths[i].parent] += sums[i]
        return sums


@dataclass(frozen=True, slots=True)
class CallTally:
    """Calls in the steps [starts[0], starts[-1]); counts[i] are in [starts[i], starts[i + 1]).

    `begun` are the first of them.
    """

    wanted: Wanted
    starts: tuple[int, ...]
    counts: tuple[int, ...]
    begun: tuple[Call, ...] = ()

    @property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def before(self) -> list[int]:
        """Calls before each part, and in all."""
        sums = [0]
        for part in self.counts:
            sums.append(sums[-1] + part)
        return sums


@contextmanager
def _tracing(recorder: Recorder, wanted: Wanted) -> Iterator[CallTrace]:
    trace = recorder.machine.trace_calls(wanted)
    try:
        yield trace
    finally:
        trace.close()


def profile(recorder: Recorder, first: int, last: int, cancel: Event | None = None,
            progress: OnProgress | None = None) -> Profile | None:
    """Count the recorded steps [first, last). None if cancelled."""
    first, last = max(first, recorder.origin), min(last, recorder.total)
    with recorder.excursion():
        if first < last and not recorder.seek(first, cancel):
            return None
        with _tracing(recorder, Wanted(profile=True)) as trace:
            if first < last and not replay(recorder.machine, last, cancel, progress):
                return None
            paths, funcs = trace.profile()
            return Profile(first, max(first, last), tuple(paths), tuple(funcs), trace.lost())


def tally(recorder: Recorder, wanted: Wanted, first: int, last: int,
          cancel: Event | None = None, progress: OnProgress | None = None) -> CallTally | None:
    """Count the calls made in the recorded steps [first, last). None if cancelled."""
    first, last = max(first, recorder.origin), min(last, recorder.total)
    wanted = replace(wanted, skip=0, room=_FIRST)
    machine, starts, counts = recorder.machine, [first], []
    if first >= last:
        return CallTally(wanted, (first,), ())
    with recorder.excursion():
        if not recorder.seek(first, cancel):
            return None
        with _tracing(recorder, wanted) as trace:
            size = max(_PART, -(-(last - first) // _PARTS))
            seen = 0
            while starts[-1] < last:
                end = min(starts[-1] + size, last)
                report = offset_progress(progress, starts[-1] - first, last - first)
                if not replay(machine, end, cancel, report):
                    return None
                starts.append(end)
                counts.append(trace.count - seen)
                seen = trace.count
            return CallTally(wanted, tuple(starts), tuple(counts), tuple(trace.calls()))


def page(recorder: Recorder, found: CallTally, first: int, count: int,
         cancel: Event | None = None, progress: OnProgress | None = None) -> list[Call] | None:
    """The calls number `first` to `first + count - 1`, in the order in which they were made. None
    if cancelled.

    What a call came to is found out even where that is long after it.
    """
    before = found.before
    first = max(0, first)
    last = min(first + count, before[-1])
    if last <= len(found.begun):
        return list(found.begun[first:last])
    if first >= last:
        return []
    at = bisect_right(before, first) - 1
    wanted = replace(found.wanted, skip=first - before[at], room=last - first)
    machine, end = recorder.machine, found.starts[-1]
    with recorder.excursion():
        if not recorder.seek(found.starts[at], cancel):
            return None
        with _tracing(recorder, wanted) as trace:
            while machine.step < end and not (trace.full and not trace.open):
                start = machine.step
                report = offset_progress(progress, start - found.starts[at],
                                         end - found.starts[at])
                if not replay(machine, min(start + _PART, end), cancel, report):
                    return None
            return trace.calls()


def index_before(recorder: Recorder, found: CallTally, step: int,
                 cancel: Event | None = None) -> int | None:
    """How many of the calls were made before or at a step, exactly. None if cancelled."""
    if not found.counts or step < found.starts[0]:
        return 0
    step = min(step, found.starts[-1])
    begun = found.begun
    if begun and (begun[-1].first >= step or len(begun) == found.total):
        return bisect_right(begun, step, key=lambda call: call.first)
    at = min(bisect_right(found.starts, step) - 1, len(found.counts) - 1)
    part = tally(recorder, found.wanted, found.starts[at], step, cancel)
    return None if part is None else found.before[at] + part.total
