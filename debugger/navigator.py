"""The recorded machine's movements: forwards through history and beyond it, and backwards.

Forwards inside the recording is replay; past its end the recorder goes on live. Backwards is a
search for the last step that matters, then a seek. Every movement returns why it stopped, as one
of the reasons of `exchange.Arrival`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from debugger.breakpoints import CATCH, LOG, WATCH, Breakpoint, Breakpoints
from debugger.pointmaking import TRAP
from debugger.run import Run
from debugger.tapped import Reached, Tapped, narrowed, noticed_first, tapped
from gabagool import Machine, Position, Stop, StopReason
from gabagool.history.recorder import Recorder
from gabagool.history.search import CallScan, Either, Scan, TapScan
from gabagool.runtime.armed import Armed
from gabagool.runtime.tapping import Code, Hit, MemoryWrites, TableWrites, TapSpec

_STOPS = 10_000         # hits that are remembered
_PRINTED = 1000         # hits of log-points that one motion prints
_GOAL = "goal"           # kind of what a motion itself stops at
_WENT_AS_ASKED = (StopReason.FUEL, StopReason.DEPTH)


class Navigator:
    """Moves one recorded machine. Breakpoints are tapped while it moves, and only then."""

    def __init__(self, machine: Machine, recorder: Recorder, points: Breakpoints) -> None:
        self.machine = machine
        self.recorder = recorder
        self.points = points
        self.stops: list[int] = []          # steps at which a breakpoint has stopped a motion
        self.reached: Reached | None = None
        self.printed: list[tuple[Breakpoint, TapSpec, Hit]] = []   # by the latest motion
        self.unprinted = 0                  # hits of log-points that were too many

    @property
    def cursor(self) -> int:
        return self.machine.step

    @property
    def at_end(self) -> bool:
        """Whether the program has ended at the cursor."""
        return self.machine.ended is not None

    def begin(self) -> None:
        """A motion of the user's begins."""
        self.reached, self.printed, self.unprinted = None, [], 0

    # -- exactly to a step -------------------------------------------------------------------

    def to_step(self, step: int, run: Run) -> str:
        """To exactly this step, past breakpoints, recording beyond the end of the recording.

        Steps before the first are the first.
        """
        step = max(step, self.recorder.origin)
        if step > self.recorder.total and self.recorder.ended is None:
            return self._reason(self.recorder.record(step, run.cancel, run.report))
        reached = self.recorder.seek(min(step, self.recorder.total), run.cancel, run.report)
        if not reached:
            return "cancelled"
        return self._end_reason() or "step"

    def by_steps(self, n: int, run: Run) -> str:
        """n steps forward, or back if negative."""
        target = self.cursor + n
        reason = self.to_step(target, run)
        return "start" if target < self.recorder.origin and reason == "step" else reason

    def to_program_end(self, run: Run) -> str:
        """Record until the program ends, past breakpoints."""
        return self._reason(self.recorder.record(None, run.cancel, run.report))

    # -- forwards ----------------------------------------------------------------------------

    def over(self, run: Run) -> str:
        """One step, and if it was a call, on until it returns."""
        depth, here = self.machine.depth, self.cursor
        reason = self.by_steps(1, run)
        if reason != "step" or self.machine.depth <= depth:
            return reason
        return self._advance(run, depth, here)

    def out(self, run: Run) -> str:
        """On until the function returns; out of the first function, to the program's end."""
        depth = self.machine.depth
        return self._advance(run, depth - 1 if depth > 1 else None, self.cursor)

    def onward(self, run: Run) -> str:
        """On to a breakpoint or the program's end."""
        return self._advance(run, None, self.cursor)

    def toward(self, goals: Iterable[Position], run: Run, max_depth: int | None,
               until: int | None = None, arrived: bool = False,
               after: int | None = None) -> str:
        """On to one of some instructions, a return to `max_depth`, or the step `until`: 'step'.

        A hit beyond step `after`, by default the cursor, ends it. `arrived`: the cursor came here
        by the same motion, so that what the instruction at the cursor does counts too.
        """
        places = tuple(goals)
        goal = [(Breakpoint(0, _GOAL, "", ()), TapSpec(Code(places), logged=False))] \
            if places else []
        return self._advance(run, max_depth, self.cursor if after is None else after, goal, until,
                             arrived)

    def _advance(self, run: Run, max_depth: int | None, after: int, goal: Sequence[Tapped] = (),
                 until: int | None = None, arrived: bool = False) -> str:
        """On to the first hit beyond the step `after`, or a return to `max_depth`."""
        tapped = [*self._tapped(run), *goal]
        while True:
            depth, ending = self._watched_depth(max_depth)
            stop, armed = self._armed_run(run, tapped, depth, after, until, arrived)
            found = self._hit(tapped, armed, stop)
            if found is None:
                if stop.reason is StopReason.DEPTH and ending and (
                        max_depth is None or self.machine.depth > max_depth):
                    return self._gone(ending, run)
                return self._reason(stop)
            step, index = found
            point = tapped[index][0]
            if point.ignore:
                point.ignore -= 1
                after = step
                continue
            if self.cursor != step and self.to_step(step, run) == "cancelled":
                return "cancelled"
            return self._stopped(point, tapped, index)

    def _armed_run(self, run: Run, tapped: list[Tapped], depth: int | None,
                   after: int, until: int | None, arrived: bool) -> tuple[Stop, list[Armed]]:
        logs = [(point, spec) for point, spec in self._logs(run)]
        alone = [sum(p is point for p, _ in tapped) == 1 for point, _ in tapped]
        specs = [narrowed(spec, after - (arrived and not noticed_first(spec)), True,
                       point.ignore if one else 0, logged=False)
                 for (point, spec), one in zip(tapped, alone, strict=True)]
        specs += [narrowed(spec, after) for _, spec in logs]
        taps = self.machine.taps
        armed = taps.arm(specs, 0, _PRINTED if logs else 0)
        try:
            stop = self.recorder.advance(until, run.cancel, run.report, depth)
            hits = taps.hits()
        finally:
            taps.disarm()
        for (point, _), one, tap in zip(tapped, alone, armed, strict=False):
            if one:
                point.ignore = tap.ignore
        self.printed += [(*logs[i - len(tapped)], hit) for i, hit in hits][:_PRINTED]
        self.unprinted += sum(tap.count for tap in armed[len(tapped):]) - len(hits)
        return stop, armed

    def _hit(self, tapped: list[Tapped], armed: list[Armed], stop: Stop) -> tuple[int, int] | None:
        """The step at which a tap has stopped the machine, and the tap's number."""
        found = []
        for i, (_, spec) in enumerate(tapped):
            behind = isinstance(spec.where, MemoryWrites | TableWrites)
            last = armed[i].last
            if last is None or armed[i].ignore:
                continue
            if (last == stop.step and stop.reason is StopReason.BREAKPOINT) or (
                    last == stop.step - 1 and (behind or stop.reason is StopReason.WATCHPOINT)):
                found.append((last, i))
        return min(found, default=None)

    # -- backwards ---------------------------------------------------------------------------

    def over_back(self, run: Run) -> str:
        """One step back, and if it was a return, on to the call that led there."""
        here, depth = self.cursor, max(self.machine.depth, 1)
        reason = self.by_steps(-1, run)
        if reason != "step" or self.machine.depth <= depth:
            return reason
        reason = self._back_to_last(run, depth, here)
        if reason == "cancelled":
            self.recorder.seek(here)
        return reason

    def out_back(self, run: Run) -> str:
        """Back to the call of this function; out of the first function, to the start."""
        depth = self.machine.depth
        return self._back_to_last(run, depth - 1 if depth > 1 else None, self.cursor)

    def onward_back(self, run: Run) -> str:
        """Back to the last breakpoint hit, or the start."""
        return self._back_to_last(run, None, self.cursor)

    def back_to(self, step: int | None, run: Run) -> str:
        """Back to a step (None: the start), or to a breakpoint hit on the way."""
        return self._back_to_last(run, None, self.cursor, step)

    def last_hit(self, specs: list[TapSpec], run: Run) -> str:
        """Back to the last write of what is tapped; 'unwritten' if there is none.

        The cursor then stands before that instruction; where there is none, it stays.
        """
        hit = self.recorder.search_back(self.cursor, TapScan(specs), None, run.cancel, run.report)
        if hit is None:
            return "cancelled" if run.cancelled else "unwritten"
        return self.to_step(hit, run)

    def _back_to_last(self, run: Run, depth: int | None, before: int,
                      goal: int | None = None) -> str:
        """Back to the last breakpoint hit or call made at `depth` or less; else to the step
        `goal`, or the start."""
        floor = None if goal is None else goal + 1
        tapped = self._tapped(run)
        while True:
            taps = TapScan([spec for _, spec in tapped])
            scans: list[Scan] = [taps] if tapped else []
            if depth is not None:
                scans.append(CallScan(depth))
            hit = self.recorder.search_back(before, Either(*scans), floor, run.cancel,
                                            run.report) if scans and before > (floor or 0) else None
            if hit is None and run.cancelled:
                return "cancelled"
            index = next((i for i, last in enumerate(taps.last) if last == hit), None)
            if hit is None or index is None or not tapped[index][0].ignore:
                break
            tapped[index][0].ignore -= 1
            before = hit
        reason = self.to_step((goal or 0) if hit is None else hit, run)
        if reason != "step" or hit is None:
            return "start" if reason == "step" and goal is None else reason
        return "step" if index is None else self._stopped(tapped[index][0], tapped, index)

    # -- what stops --------------------------------------------------------------------------

    def _tapped(self, run: Run) -> list[Tapped]:
        """What is to be tapped for those breakpoints that stop."""
        return [pair for point in self.points.stopping() for pair in tapped(point, run)]

    def _logs(self, run: Run) -> list[Tapped]:
        return [pair for point in self.points if point.kind == LOG and point.enabled
                for pair in tapped(point, run)]

    def _watched_depth(self, max_depth: int | None) -> tuple[int | None, Breakpoint | None]:
        """The depth to stop at for a watched local's frame to be left, and whose that is."""
        depth, ending = max_depth, None
        for point in self.points.stopping():
            life = point.target.life if point.target else None
            if life is None or not life.holds(self.cursor):
                continue
            if life.depth > 1 and (depth is None or life.depth - 1 > depth):
                depth, ending = life.depth - 1, point
        return depth, ending

    def _gone(self, point: Breakpoint, run: Run) -> str:
        """A watched local's frame has been left."""
        assert point.target is not None and point.target.life is not None
        point.target.life.follow(run)
        point.enabled = False
        self.reached = Reached(point)
        return "gone"

    def _stopped(self, point: Breakpoint, tapped: list[Tapped], index: int) -> str:
        if point.kind == _GOAL:
            return "step"
        point.hits += 1
        self.stops = [*self.stops[1 - _STOPS:], self.cursor]
        self.reached = Reached(point, self._seen(tapped[index][1]) if point.kind == WATCH
                               else None)
        if point.temporary:
            self.points.delete(point.number)
        return point.kind

    def _seen(self, spec: TapSpec) -> Hit | None:
        """The write at the cursor, by making its step: nothing but that happens in it."""
        here = self.cursor
        if here >= self.recorder.total:
            self.recorder.record(here + 1)
            self.recorder.seek(here)
        with self.recorder.excursion():
            self.machine.taps.arm([narrowed(spec, here - 1)], 0, 1)
            try:
                self.machine.run(here + 1, breaks=False)
                hits = self.machine.taps.hits()
            finally:
                self.machine.taps.disarm()
        return hits[0][1] if hits else None

    # -- reasons -----------------------------------------------------------------------------

    def _reason(self, stop: Stop) -> str:
        if stop.reason is StopReason.TRAP:
            point = next((p for p in self.points.stopping()
                          if p.kind == CATCH and p.spec == TRAP), None)
            if point is not None:
                point.hits += 1
                self.reached = Reached(point)
        return "step" if stop.reason in _WENT_AS_ASKED else stop.reason.value

    def _end_reason(self) -> str | None:
        ended = self.machine.ended
        return None if ended is None else ended.reason.value
