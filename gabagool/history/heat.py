"""How often each part of a memory was written or read over a stretch of a recording."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event

from gabagool.history.player import OnProgress, replay
from gabagool.history.recorder import Recorder
from gabagool.runtime.tapping import MemoryWrites, TapSpec


def heat(recorder: Recorder, memory: int, first: int, last: int, line: int,
         cancel: Event | None = None, progress: OnProgress | None = None, *,
         reads: bool = False) -> Sequence[int] | None:
    """Writes in the steps [first, last) to each `line` bytes of a memory, or reads, exact.

    A write is an instruction's, however many bytes it has; it counts once for each line that it
    touches. None if cancelled. The cursor stays where it is.
    """
    if line < 1 or line & (line - 1):
        raise ValueError(f"lines of {line} bytes, which is no power of two")
    first, last = max(first, recorder.origin), min(last, recorder.total)
    size, machine = recorder.memory_size(memory), recorder.machine
    with recorder.excursion():
        if not size or first >= last:
            return (0,) * (-(-size // line))
        if not recorder.seek(first, cancel):
            return None
        spec = TapSpec(MemoryWrites(memory, 0, size), after=first - 1, heat=line, logged=False,
                       reads=reads)
        armed, = machine.taps.arm([spec])
        try:
            done = replay(machine, last, cancel, progress)
        finally:
            machine.taps.disarm()
        return armed.heat[:-(-size // line)] if done else None
