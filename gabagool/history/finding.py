"""When were these bytes first in memory? Every write of the recording is looked at, natively."""

from __future__ import annotations

import re
from threading import Event

from gabagool.history.player import OnProgress, offset_progress, replay_stopping
from gabagool.history.recorder import Recorder
from gabagool.records import dataclass
from gabagool.runtime.stops import StopReason
from gabagool.runtime.store import Store
from gabagool.runtime.tapping import MemoryWrites, TapSpec

LONGEST = 4096           # bytes of a pattern


@dataclass(frozen=True, slots=True)
class Appearance:
    """At the boundary `step` the bytes are at `address`. `written`: the step before has completed
    them; otherwise they were there when the search began, or came by an edit."""

    step: int
    address: int
    written: bool


def occurrences(store: Store, memory: int, pattern: bytes, start: int = 0) -> list[int]:
    """All addresses in a memory as it is now, from `start` on, also overlapping ones."""
    region = store.memories[memory].region
    ahead = re.compile(b"(?=" + re.escape(pattern) + b")", re.S)
    return [found.start() for found in ahead.finditer(region.view[:region.size], start)]


def appearance(recorder: Recorder, store: Store, memory: int, pattern: bytes, first: int,
               present: bool = True, cancel: Event | None = None,
               progress: OnProgress | None = None) -> Appearance | None:
    """The first boundary from step `first` on that has the bytes in memory.

    Without `present`, what is there at `first` doesn't count: a write must complete them (again).
    None if there is none, or if cancelled. The cursor stays where it is.
    """
    if not 0 < len(pattern) <= LONGEST:
        raise ValueError(f"a pattern of {len(pattern)} bytes")
    first = max(first, recorder.origin)
    # An edit is no write, so it is looked at what it has led to.
    edits = sorted({edit.step for edit in recorder.journal.edits
                    if first < edit.step <= recorder.total})
    starts = [first, *edits]
    with recorder.excursion():
        for i, (start, end) in enumerate(zip(starts, [*edits, recorder.total], strict=True)):
            if not recorder.seek(start, cancel):
                return None
            if present or i:
                there = occurrences(store, memory, pattern)
                if there:
                    return Appearance(start, there[0], False)
            report = offset_progress(progress, start - first, recorder.total - first)
            found = _stretch(recorder, store, memory, pattern, end, cancel, report)
            if found is not None or (cancel is not None and cancel.is_set()):
                return found
    return None


def _stretch(recorder: Recorder, store: Store, memory: int, pattern: bytes, end: int,
             cancel: Event | None, progress: OnProgress | None) -> Appearance | None:
    """The first completion before the boundary `end`, running on from the cursor."""
    machine = recorder.machine
    if machine.step >= end:
        return None
    size = recorder.memory_size(memory)
    spec = TapSpec(MemoryWrites(memory, 0, size), changed=True, stop=True,
                   after=machine.step - 1, logged=True, pattern=pattern)
    armed, = machine.taps.arm([spec], 0, 1)
    try:
        stop = replay_stopping(machine, end, None, cancel, progress, None)
        if armed.last is None or stop.reason is StopReason.CANCELLED:
            return None
        (_, hit), = machine.taps.hits()
    finally:
        machine.taps.disarm()
    low = max(0, hit.at - len(pattern) + 1)
    there = occurrences(store, memory, pattern, low)
    return Appearance(hit.step + 1, there[0], True)
