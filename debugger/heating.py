"""How hot a memory is over what the timeline shows: found out in the background, kept until the
stretch is another one."""

from __future__ import annotations

from threading import Event

from debugger.answers import HeatView
from debugger.exchange import Layout
from gabagool import Machine
from gabagool.history.heat import heat
from gabagool.history.recorder import Recorder

_LINE = 16              # bytes of a line at least, and how many lines at most
_LINES = 1 << 17


def line_of(size: int, least: int, most: int) -> int:
    """Bytes of a line, a power of two: at least so many, so that there are at most so many."""
    return max(least, 1 << max(0, (size // most - 1).bit_length()))


class Heating:
    """The heat of one memory over one stretch. Looking never moves the cursor."""

    def __init__(self, machine: Machine, recorder: Recorder) -> None:
        self._machine = machine
        self._recorder = recorder
        self._known: HeatView | None = None

    def _wanted(self, layout: Layout) -> tuple[int, int, int]:
        """The memory and the recorded stretch that a layout shows."""
        first, last = layout.view or (0, self._recorder.total)
        return layout.memory, first, min(last, self._recorder.total)

    def view(self, layout: Layout) -> HeatView | None:
        """What is known of exactly what is shown."""
        known = self._known
        if not layout.heat or known is None:
            return None
        same = (known.memory, known.first, known.last) == self._wanted(layout)
        return known if same else None

    def refine(self, layout: Layout, cancel: Event) -> bool:
        """Find it out. The machine is left where it was. Whether there is something new."""
        if not layout.heat or self.view(layout) is not None:
            return False
        memory, first, last = self._wanted(layout)
        if memory >= len(self._machine.store.memories) or first >= last:
            return False
        line = line_of(self._recorder.memory_size(memory), _LINE, _LINES)
        found = heat(self._recorder, memory, first, last, line, cancel)
        if found is None:
            return False
        most = max(max(found.writes, default=0), max(found.reads, default=0))
        self._known = HeatView(memory, first, last, line, most, found.writes, found.reads)
        return True
