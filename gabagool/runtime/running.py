"""Running a machine: native code in slices of fuel, until something stops it."""

from __future__ import annotations

import threading

from gabagool.errors import GabagoolError, Interrupted
from gabagool.native.layout import Ctx, Reason
from gabagool.runtime import edits
from gabagool.runtime.serving import Serving
from gabagool.runtime.stops import Stop, StopReason

SLICE = 1 << 22          # steps between looks at `cancel`: a few milliseconds
UNLIMITED = 1 << 62
_NOTES = (Ctx.PROBE_FUEL, Ctx.MARK_FUEL)


class Running(Serving):
    """The part of a machine that executes, from the boundary where it stands."""

    def run(self, until: int, cancel: threading.Event | None = None, breaks: bool = True,
            max_depth: int | None = None) -> Stop:
        """Run until `step` is `until` (absolute), or an earlier stop; see StopReason.

        A breakpoint stops before its instruction, and the next `run` passes it. `max_depth`
        stops as soon as a return leads to that depth or less. `cancel` is looked at every few
        milliseconds. Releases the GIL while native code runs.
        """
        self.enter()
        self.breaks.enable(breaks)
        self.taps.sync()
        self.ctx.put32(Ctx.STOP_DEPTH, -1 if max_depth is None else max_depth)
        self.ctx[Ctx.RESUME_PC] = self.ctx[Ctx.PC]
        try:
            return self._run(until, cancel)
        finally:
            self.ctx.put32(Ctx.STOP_DEPTH, -1)

    def _run(self, until: int, cancel: threading.Event | None) -> Stop:
        self._tapped = None
        while self.ended is None:
            fuel = min(until - self.step, SLICE, self._edit())
            stopping = self._tapped or (StopReason.FUEL if fuel <= 0 else None)
            if cancel is not None and cancel.is_set():
                stopping = stopping or StopReason.CANCELLED
            if stopping and not self._unsettled:
                return Stop(stopping, self.step)
            if self.store.native.is_quick:
                self._improve()
            reason = self._enter(0 if stopping else fuel)
            if reason == Reason.BREAKPOINT:
                self._edit()
                return Stop(StopReason.BREAKPOINT, self.step)
            try:
                self._serve(reason)
            except Interrupted:
                return Stop(StopReason.CANCELLED, self.step)
            if reason == Reason.DEPTH or self._unwound:
                self._unwound = False
                self.ctx.put32(Ctx.STOP_DEPTH, -1)
                self._settle()
                self._edit()
                return self.ended or Stop(StopReason.DEPTH, self.step)
        return self.ended

    def _edit(self) -> int:
        """Let the edits of this boundary take place. Steps to the next one."""
        if self.journal is None or not self.journal.edits:
            return SLICE
        for edit in self.journal.edits:
            if edit.step > self.step or (edit.step == self.step and self._unsettled):
                return edit.step - self.step
            if edit.step == self.step and self.ended is None:
                edits.apply(self, edit)
        return SLICE

    def _improve(self) -> None:
        """Go on with better native code if there is some by now."""
        changed = self.store.improve()
        if changed:
            self.breaks.code_changed(changed)
            self.breaks.renew()
            self.taps.connect()

    def _enter(self, fuel: int) -> Reason:
        """Run native code for at most `fuel` steps and bring `step` up to date."""
        self._unsettled = False
        if self.store.patched_for is not self.breaks:
            self.breaks.enable_again()
        self._walked = None
        if self.epoch != self.store.heap.epoch:
            raise GabagoolError("another machine of this store has collected garbage or gone to "
                                "a snapshot: what this one refers to may be gone; start it "
                                "again, or let it go to a snapshot of its own")
        self.ctx[Ctx.FUEL] = fuel
        self.ctx[Ctx.CLOCK] = self.step + fuel
        self.ctx[Ctx.LEFT] = UNLIMITED
        for note in _NOTES:
            self.ctx[note] = UNLIMITED
        self.store.native.enter(self.ctx.address)
        start = self.step
        if self.ctx[Ctx.LEFT] != UNLIMITED:
            self.ctx[Ctx.FUEL] = self.ctx[Ctx.LEFT]
            self._tapped = StopReason.WATCHPOINT
        self.step += fuel - self.ctx[Ctx.FUEL]
        probed, called = (self.ctx[note] for note in _NOTES)
        if probed != UNLIMITED:
            self._probe_step = start + fuel - probed
        if called != UNLIMITED:
            self._call_step = start + fuel - called
        return Reason(self.ctx.get32(Ctx.REASON))

    def _settle(self) -> None:
        """Pass over words that are not steps, so that the position is a boundary's.

        This may lead out of functions, or finish the run.
        """
        if self.ended is None:
            self._serve(self._enter(0))
