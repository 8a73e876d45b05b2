"""The recorded machine's movements: forwards through history and beyond it, and backwards.

Forwards inside the recording is replay; at its end the recorder goes on live. Backwards is a
search for the last step that matters, then a seek.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from threading import Event

from debugger.breakpoints import Breakpoints
from debugger.exchange import OnProgress
from debugger.views import Progress
from gabagool.history.recorder import Recorder
from gabagool.runtime.machine import Machine
from gabagool.runtime.stop import Position, Stop, StopReason

# Steps of a replay between two progress reports: some 20 ms at full speed.
_SLICE = 20_000_000


class Run:
    """One motion under way: how to cancel it, and whom to tell how far it is."""

    def __init__(self, what: str, cancel: Event, progress: OnProgress | None) -> None:
        self.cancel = cancel
        self._what = what
        self._progress = progress
        self._since = time.monotonic()

    @property
    def cancelled(self) -> bool:
        return self.cancel.is_set()

    def report(self, done: int, total: int) -> None:
        """Tell that `done` of `total` steps are behind; total 0 for not known."""
        if self._progress is None:
            return
        elapsed = time.monotonic() - self._since
        eta = elapsed * (total - done) / done if total and 0 < done <= total else None
        self._progress(Progress(self._what, done, total, eta))


class Navigator:
    """Moves one machine and its recorder. Breakpoints are kept in the machine while it runs."""

    def __init__(self, machine: Machine, recorder: Recorder, points: Breakpoints) -> None:
        self.machine = machine
        self.recorder = recorder
        self.points = points

    @property
    def cursor(self) -> int:
        return self.machine.step

    @property
    def total(self) -> int:
        return self.recorder.total

    @property
    def ended(self) -> Stop | None:
        """How the program ended, if the recording reaches that far."""
        return self.recorder.ended

    @property
    def at_end(self) -> bool:
        return self.ended is not None and self.cursor >= self.total

    @property
    def depth(self) -> int:
        return self.machine.depth

    def at_breakpoint(self) -> bool:
        """Whether the cursor stands at an enabled breakpoint."""
        return not self.at_end and self.machine.position in self.points.enabled()
