"""The recorded machine's movements: forwards through history and beyond it, and backwards.

Forwards inside the recording is replay; past its end the recorder goes on live. Backwards is a
search for the last step that matters, then a seek. Every movement returns why it stopped, as one
of the reasons of `exchange.Arrival`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from debugger.breakpoints import Breakpoints
from debugger.exchange import OnProgress
from debugger.views import Progress
from gabagool import Machine, Stop, StopReason
from gabagool.history.protocol import Machine as Searched
from gabagool.history.recorder import Recorder
from gabagool.history.search import BreakScan, CallScan, Scan, WriteScan

_STOPS = 10_000         # hits that are remembered
_WENT_AS_ASKED = (StopReason.FUEL, StopReason.DEPTH)


class Run:
    """One motion under way: how to cancel it, and whom to tell how far it is."""

    def __init__(self, what: str, cancel: Event, progress: OnProgress | None) -> None:
        self.what = what
        self.cancel = cancel
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
        eta = elapsed * (total - done) / done if 0 < done <= total else None
        self._progress(Progress(self.what, done, total, eta))


class _Either:
    """A search for whatever of several things happened last."""

    def __init__(self, *scans: Scan) -> None:
        self._scans = scans

    def arm(self, machine: Searched) -> None:
        for scan in self._scans:
            scan.arm(machine)

    def last_hit(self, machine: Searched) -> int | None:
        return max((hit for scan in self._scans if (hit := scan.last_hit(machine)) is not None),
                   default=None)

    def disarm(self, machine: Searched) -> None:
        for scan in self._scans:
            scan.disarm(machine)


class Navigator:
    """Moves one recorded machine. Enabled breakpoints are set in the machine all the time."""

    def __init__(self, machine: Machine, recorder: Recorder, points: Breakpoints) -> None:
        self.machine = machine
        self.recorder = recorder
        self.points = points
        self.stops: list[int] = []          # steps at which a breakpoint has stopped a motion

    @property
    def cursor(self) -> int:
        return self.machine.step

    @property
    def at_end(self) -> bool:
        """Whether the program has ended at the cursor."""
        return self.machine.ended is not None

    def at_breakpoint(self) -> bool:
        """Whether the cursor stands at an enabled breakpoint; then that is a hit."""
        position = self.machine.position
        if position is None or self.at_end or position not in self.points.enabled():
            return False
        self.points.hit(position)
        self.stops = [*self.stops[1 - _STOPS:], self.cursor]
        return True

    # -- exactly to a step -------------------------------------------------------------------

    def to_step(self, step: int, run: Run) -> str:
        """To exactly this step, past breakpoints, recording beyond the end of the recording."""
        if step < 0:
            return self.to_step(0, run)
        if step > self.recorder.total and self.recorder.ended is None:
            with self._no_breakpoints():
                return self._reason(self.recorder.record(step, run.cancel, run.report))
        reached = self.recorder.seek(min(step, self.recorder.total), run.cancel, run.report)
        if not reached:
            return "cancelled"
        return self._end_reason() or "step"

    def by_steps(self, n: int, run: Run) -> str:
        """n steps forward, or back if negative."""
        target = self.cursor + n
        reason = self.to_step(target, run)
        return "start" if target < 0 and reason == "step" else reason

    def to_program_end(self, run: Run) -> str:
        """Record until the program ends, past breakpoints."""
        with self._no_breakpoints():
            return self._reason(self.recorder.record(None, run.cancel, run.report))

    # -- forwards ----------------------------------------------------------------------------

    def over(self, run: Run) -> str:
        """One step, and if it was a call, on until it returns."""
        depth = self.machine.depth
        reason = self.by_steps(1, run)
        if reason != "step" or self.machine.depth <= depth:
            return reason
        if self.at_breakpoint():
            return "breakpoint"
        return self._advance(run, depth)

    def out(self, run: Run) -> str:
        """On until the function returns; out of the first function, to the program's end."""
        depth = self.machine.depth
        return self._advance(run, depth - 1 if depth > 1 else None)

    def onward(self, run: Run) -> str:
        """On to a breakpoint or the program's end."""
        return self._advance(run, None)

    def _advance(self, run: Run, max_depth: int | None) -> str:
        return self._reason(
            self.recorder.advance(None, run.cancel, run.report, max_depth))

    # -- backwards ---------------------------------------------------------------------------

    def over_back(self, run: Run) -> str:
        """One step back, and if it was a return, on to the call that led there."""
        here, depth = self.cursor, max(self.machine.depth, 1)
        reason = self.by_steps(-1, run)
        if reason != "step" or self.machine.depth <= depth:
            return reason
        if self.at_breakpoint():
            return "breakpoint"
        reason = self._back_to_last(run, depth)
        if reason == "cancelled":
            self.recorder.seek(here)
        return reason

    def out_back(self, run: Run) -> str:
        """Back to the call of this function; out of the first function, to the start."""
        depth = self.machine.depth
        return self._back_to_last(run, depth - 1 if depth > 1 else None)

    def onward_back(self, run: Run) -> str:
        """Back to the last breakpoint hit, or the start."""
        return self._back_to_last(run, None)

    def last_write(self, memory: int, address: int, size: int, run: Run) -> str:
        """Back to the instruction that last wrote any of these bytes; 'unwritten' if none did.

        The cursor then stands before that instruction; where none did, it stays.
        """
        here = self.cursor
        hit = self.recorder.search_back(here, WriteScan(memory, address, size), None, run.cancel,
                                        run.report)
        if hit is None:
            return "cancelled" if run.cancelled else "unwritten"
        return self.to_step(hit, run)

    def _back_to_last(self, run: Run, depth: int | None) -> str:
        """Back to the last breakpoint hit or call made at `depth` or less; else to the start."""
        scans: list[Scan] = [BreakScan(self.points.enabled())] if self.points.enabled() else []
        if depth is not None:
            scans.append(CallScan(depth))
        hit = self.recorder.search_back(self.cursor, _Either(*scans), None, run.cancel,
                                        run.report) if scans else None
        if hit is None and run.cancelled:
            return "cancelled"
        reason = self.to_step(hit or 0, run)
        if reason != "step" or hit is None:
            return "start" if reason == "step" else reason
        return "breakpoint" if self.at_breakpoint() else "step"

    # -- reasons -----------------------------------------------------------------------------

    def _reason(self, stop: Stop) -> str:
        if stop.reason is StopReason.BREAKPOINT:
            self.at_breakpoint()
        return "step" if stop.reason in _WENT_AS_ASKED else stop.reason.value

    def _end_reason(self) -> str | None:
        ended = self.machine.ended
        return None if ended is None else ended.reason.value

    # -- breakpoints in the machine ----------------------------------------------------------

    def set_breakpoints(self) -> None:
        """Bring the machine's breakpoints in line with the list."""
        wanted, have = self.points.enabled(), self.machine.breaks.breaks
        for position in have - wanted:
            self.machine.clear_break(position)
        for position in wanted - have:
            self.machine.set_break(position)

    @contextmanager
    def _no_breakpoints(self) -> Iterator[None]:
        for position in self.machine.breaks.breaks:
            self.machine.clear_break(position)
        try:
            yield
        finally:
            self.set_breakpoints()
