"""Stepping by source line, forwards and backwards.

Forwards, all places where another line begins are breakpoints for a moment, so the program runs
at full speed however long a line takes. Backwards, the last such place before the cursor is
searched for, then where its line was entered. A line is (file, line, calls inlined there), so
that a loop on one line is one line, and the same line in another call is another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from debugger.lineplaces import LinePlaces
from debugger.navigator import Navigator
from debugger.run import Run
from debugger.symbols import Symbols
from gabagool import Position
from gabagool.history.search import BreakScan, CallScan, Scan

_MOST_ROUNDS = 100_000


class LineStepper:
    """Motions of a navigator by source line.

    A line is entered where one of its stops is reached from another line of the same frame, or
    first of all in it. Stepping back leads to the latest line entered before the cursor, of all
    frames; back over calls, of this frame or else of its callers. Where there is no source,
    motions lead to where there is some: into what is called, else back out to the caller.
    """

    def __init__(self, nav: Navigator, symbols: Symbols) -> None:
        self._nav = nav
        self._places = LinePlaces(symbols)
        self._machine = nav.machine

    # -- forwards ----------------------------------------------------------------------------

    def into(self, run: Run) -> str:
        """To where another line begins, also in a function that is called."""
        return self._forward(run, True)

    def over(self, run: Run) -> str:
        """To where another line of this function begins, or back in its caller."""
        return self._forward(run, False)

    def _forward(self, run: Run, into: bool) -> str:
        machine, at = self._machine, self._machine.position
        if at is None or machine.ended is not None:
            return self._nav.by_steps(1, run)
        depth, line, moved = machine.depth, self._places.line(at), False
        for _ in range(_MOST_ROUNDS):
            at = machine.position
            if at is None:
                return "step"
            targets = self._places.others(at, line, into)
            calls = self._places.calls(at) if into or not self._places.stops(at) else set()
            if moved and machine.depth == depth and at in targets:
                return "step"
            if at in calls:
                reason = self._enter(run, depth, moved)
            else:
                reason = self._run_to(targets | calls, run, depth - 1)
            moved = True
            if reason:
                return reason
            if machine.depth < depth:
                if machine.position is None or self._places.stops(machine.position):
                    return "step"
                depth, line = machine.depth, None
            elif machine.depth > depth:
                reason = self._run_to((), run, depth)
                if reason:
                    return reason
        return "step"

    def _enter(self, run: Run, depth: int, arrived: bool) -> str:
        """Execute a call at the cursor; '' if there was no source in it, and it is done."""
        machine, caller, nav = self._machine, self._machine.position, self._nav
        here = nav.cursor
        reason = nav.toward((), run, None, here + 1, arrived)
        at = machine.position
        if reason != "step" or at is None or caller is None or nav.cursor == here:
            return reason
        if machine.depth <= depth and at.funcidx == caller.funcidx:
            return ""
        # the callee's first instruction is at the cursor: a breakpoint there is one on the way
        if not self._places.stops(at):
            # what it calls may have source again: gdb steps over such, and so does this
            return self._run_to((), run, depth, here) if machine.depth > depth else ""
        return self._run_to({self._places.body(at)}, run, depth, here) or "step"

    def _run_to(self, places: Iterable[Position], run: Run, max_depth: int,
                after: int | None = None) -> str:
        """On until one of the places, or a depth; '' then, else why it has ended early."""
        reason = self._nav.toward(places, run, max(max_depth, 0) or None, after=after)
        return "" if reason == "step" else reason

    # -- out of a frame ----------------------------------------------------------------------

    def out(self, run: Run, level: int = 0, inlined: int = 0) -> str:
        """On until the frame `level` up has returned, or what is inlined in it, `inlined` calls
        further out than the innermost, has been left."""
        machine, nav = self._machine, self._nav
        depth = machine.depth - level
        outside = self._places.outside(machine.frames(1, level)[0], inlined)
        if not outside:
            return nav.toward((), run, depth - 1 if depth > 1 else None)
        for _ in range(_MOST_ROUNDS):
            reason = self._run_to((), run, depth) if machine.depth > depth else \
                self._run_to(outside, run, depth - 1)
            if reason or machine.depth < depth or machine.position in outside:
                return reason or "step"
        return "step"

    def out_back(self, run: Run, level: int = 0, inlined: int = 0) -> str:
        """Back to the call of that frame, or to what came before the inlined call."""
        machine, nav, origin = self._machine, self._nav, self._nav.cursor
        depth = machine.depth - level
        outside = self._places.outside(machine.frames(1, level)[0], inlined)
        call = self._last(CallScan(depth - 1), origin, 0, run) if depth > 1 else None
        if outside:
            floor = 0 if call is None else call + 1
            before = self._last_at(outside, origin, floor, depth, run)
            call = call if before is None else before
        cancelled = run.cancelled
        nav.recorder.seek(origin)
        return "cancelled" if cancelled else nav.back_to(call, run)

    # -- backwards ---------------------------------------------------------------------------

    def into_back(self, run: Run) -> str:
        """To where the line executed before was entered, also in a function that it called."""
        return self._backward(run, True)

    def over_back(self, run: Run) -> str:
        """To where the line of this function (or of its caller) executed before was entered."""
        return self._backward(run, False)

    def _backward(self, run: Run, into: bool) -> str:
        nav, machine, origin = self._nav, self._machine, self._nav.cursor
        if machine.position is None or machine.ended is not None:
            reason = nav.by_steps(-1, run)
            if machine.position is None or reason not in ("step", "start"):
                return reason
        landed = self._entered(run, machine.step, machine.step == origin, into)
        if run.cancelled:
            nav.recorder.seek(origin)
            return "cancelled"
        nav.recorder.seek(origin)
        return nav.back_to(landed, run)

    def _entered(self, run: Run, here: int, leave: bool, into: bool) -> int | None:
        """The step at which the line at step `here` was entered; if that is `here` itself, and
        `leave`, the same of the line before. None at the beginning of history."""
        machine = self._machine
        for _ in range(_MOST_ROUNDS):
            self._nav.recorder.seek(here)
            at, depth = machine.position, machine.depth
            if at is None or run.cancelled:
                return None
            call = self._last(CallScan(depth - 1), here, 0, run) if depth > 1 else None
            floor = 0 if call is None else call + 1
            line = self._places.line(at)
            before = self._last_at(self._places.others(at, line, into), here, floor, depth, run)
            since = floor if before is None else before + 1
            first = None if line is None else self._first_at(
                self._places.of_line(at, line), since, here, depth, run)
            if first is not None and (first < here or not leave):
                return self._called(run, first, here, depth, into)
            if before is not None:
                if into and (found := self._within(run, before, here, depth)) is not None:
                    return found
                here, leave = before, False
            elif call is not None:
                here, leave = call, False
            else:
                return None
        return None

    def _called(self, run: Run, first: int, here: int, depth: int, into: bool) -> int:
        """Where a line was entered, or the last line of the last call that it made since."""
        found = self._within(run, first, here, depth) if into else None
        return first if found is None else found

    def _within(self, run: Run, first: int, here: int, depth: int) -> int | None:
        """The last line of the last function with source that was called in [first, here)."""
        end = here
        for _ in range(_MOST_ROUNDS):
            call = self._last(CallScan(depth), end, first, run)
            if call is None or run.cancelled:
                return None
            self._nav.recorder.seek(call + 1)
            at = self._machine.position
            if at is not None and self._machine.depth > depth and self._places.stops(at):
                self._nav.recorder.advance(here, run.cancel, run.report, depth)
                return self._entered(run, min(self._nav.cursor, here) - 1, False, True)
            end = call
        return None

    def _last(self, scan: Scan, before: int, floor: int, run: Run) -> int | None:
        if before <= floor:
            return None
        return self._nav.recorder.search_back(before, scan, floor, run.cancel, run.report)

    def _last_at(self, places: set[Position], before: int, floor: int, depth: int, run: Run
                 ) -> int | None:
        """The last step in [floor, before) at one of the places, in the frame at this depth."""
        if not places:
            return None
        for _ in range(_MOST_ROUNDS):
            hit = self._last(BreakScan(places), before, floor, run)
            if hit is None:
                return None
            self._nav.recorder.seek(hit)
            if self._machine.depth <= depth:
                return hit
            # in a call from this frame to itself: go on before that call
            call = self._last(CallScan(depth), hit, floor, run)
            if call is None:
                return None
            before = call
        return None

    @contextmanager
    def _breaks(self, places: set[Position]) -> Iterator[None]:
        for place in places:
            self._machine.set_break(place)
        try:
            yield
        finally:
            for place in places:
                self._machine.clear_break(place)

    def _first_at(self, places: set[Position], floor: int, before: int, depth: int, run: Run
                  ) -> int | None:
        """The first step in [floor, before] at one of the places, in the frame at this depth."""
        nav, machine = self._nav, self._machine
        nav.recorder.seek(floor)
        with self._breaks(places):
            for _ in range(_MOST_ROUNDS):
                if machine.step > before:
                    return None
                if machine.depth == depth and machine.position in places:
                    return machine.step
                if machine.step >= before:
                    return None
                nav.recorder.advance(before, run.cancel, run.report,
                                     depth if machine.depth > depth else None)
                if run.cancelled:
                    return None
        return None
