"""How often each part of a memory was written and read over a stretch of a recording."""

from __future__ import annotations

from array import array
from threading import Event

from gabagool.history.player import OnProgress, replay
from gabagool.history.recorder import Recorder
from gabagool.records import dataclass
from gabagool.runtime.tapping import MemoryWrites, TapSpec


@dataclass(frozen=True, slots=True)
class Counts:
    """Writes to each line of a memory, and reads."""

    writes: array[int]
    reads: array[int]


def heat(recorder: Recorder, memory: int, first: int, last: int, line: int,
         cancel: Event | None = None, progress: OnProgress | None = None) -> Counts | None:
    """Writes in the steps [first, last) to each `line` bytes of a memory, and reads, exact.

    A write or read is an instruction's, however many bytes it has; it counts once for each line
    that it touches. None if cancelled. The cursor stays where it is.
    """
    if line < 1 or line & (line - 1):
        raise ValueError(f"lines of {line} bytes, which is no power of two")
    first, last = max(first, recorder.origin), min(last, recorder.total)
    size, machine = recorder.memory_size(memory), recorder.machine
    lines = -(-size // line)
    with recorder.excursion():
        if not size or first >= last:
            return Counts(array("Q", bytes(8 * lines)), array("Q", bytes(8 * lines)))
        if not recorder.seek(first, cancel):
            return None
        where = MemoryWrites(memory, 0, size)
        armed = machine.taps.arm([
            TapSpec(where, after=first - 1, heat=line, logged=False, reads=reads)
            for reads in (False, True)])
        try:
            done = replay(machine, last, cancel, progress)
        finally:
            machine.taps.disarm()
        return Counts(*(tap.heat[:lines] for tap in armed)) if done else None
