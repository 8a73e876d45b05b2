"""The recorded machine's movements: forwards through history and beyond it, and backwards.

Forwards inside the recording is replay; past its end the recorder goes on live. Backwards is a
search for the last step that matters, then a seek. Every movement returns why it stopped, as one
of the reasons of `exchange.Arrival`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from debugger.breakpoints import Breakpoint
from debugger.run import Run
from debugger.stopping import GOAL, Stopping
from debugger.tapped import Tapped, narrowed, noticed_first
from gabagool import Position, Stop, StopReason
from gabagool.history.passing import search_passing
from gabagool.history.search import CallScan, Either, Scan, TapScan
from gabagool.runtime.armed import Armed
from gabagool.runtime.tapping import Code, MemoryWrites, TableWrites, TapSpec

_PRINTED = 1000         # hits of log-points that one motion prints


class Navigator(Stopping):
    """Moves one recorded machine. Breakpoints are tapped while it moves, and only then."""

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
               after: int | None = None, fp: int | None = None) -> str:
        """On to one of some instructions, a return to `max_depth`, or the step `until`: 'step'.

        A hit beyond step `after`, by default the cursor, ends it. `arrived`: the cursor came here
        by the same motion, so that what the instruction at the cursor does counts too. With `fp`
        the goals count in the frame at that stack offset only.
        """
        return self._advance(run, max_depth, self.cursor if after is None else after,
                             _goal(goals, fp), until, arrived)

    def _advance(self, run: Run, max_depth: int | None, after: int, goal: Sequence[Tapped] = (),
                 until: int | None = None, arrived: bool = False) -> str:
        """On to the first hit beyond the step `after`, or a return to `max_depth`."""
        tapped = [*self._tapped(run), *goal]
        depth, ending = self._watched_depth(max_depth)
        stop, armed = self._armed_run(run, tapped, depth, after, until, arrived)
        found = self._hit(tapped, armed, stop)
        if found is None:
            if stop.reason is StopReason.DEPTH and ending and (
                    max_depth is None or self.machine.depth > max_depth):
                return self._gone(ending, run)
            return self._reason(stop)
        step, index = found
        if self.cursor != step and self.to_step(step, run) == "cancelled":
            return "cancelled"
        return self._stopped(tapped[index][0], tapped)

    def _armed_run(self, run: Run, tapped: list[Tapped], depth: int | None,
                   after: int, until: int | None, arrived: bool) -> tuple[Stop, list[Armed]]:
        logs = [(point, spec) for point, spec in self._logs(run)]
        specs = [narrowed(spec, after - (arrived and not noticed_first(spec)), True, point.ignore,
                          logged=False) for point, spec in tapped]
        specs += [narrowed(spec, after) for _, spec in logs]
        taps = self.machine.taps
        armed = taps.arm(specs, 0, _PRINTED if logs else 0)
        try:
            stop = self.recorder.advance(until, run.cancel, run.report, depth)
            hits = taps.hits()
        finally:
            taps.disarm()
        for (point, _), tap in zip(tapped, armed, strict=False):
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

    def toward_back(self, goals: Iterable[Position], run: Run) -> str:
        """Back to one of some instructions, or a breakpoint hit, or the start."""
        return self._back_to_last(run, None, self.cursor, None, _goal(goals, None))

    def back_to(self, step: int | None, run: Run) -> str:
        """Back to a step (None: the start), or to a breakpoint hit on the way."""
        return self._back_to_last(run, None, self.cursor, step)

    def _back_to_last(self, run: Run, depth: int | None, before: int,
                      goal: int | None = None, also: Sequence[Tapped] = ()) -> str:
        """Back to the last breakpoint hit, hit of `also`, or call made at `depth` or less; else to
        the step `goal`, or the start."""
        floor = None if goal is None else goal + 1
        tapped = [*self._tapped(run), *also]
        find = self._passing if any(point.ignore for point, _ in tapped) else self._last
        hit, index = find(tapped, depth, before, floor, run)
        if hit is None and run.cancelled:
            return "cancelled"
        reason = self.to_step((goal or 0) if hit is None else hit, run)
        if reason != "step" or hit is None:
            return "start" if reason == "step" and goal is None else reason
        return "step" if index is None else self._stopped(tapped[index][0], tapped)

    def _last(self, tapped: list[Tapped], depth: int | None, before: int, floor: int | None,
              run: Run) -> tuple[int | None, int | None]:
        """The last step with a hit or a call made at `depth` or less; and the number of the tap,
        if one has hit it."""
        taps = TapScan([spec for _, spec in tapped])
        scans: list[Scan] = [taps] if tapped else []
        if depth is not None:
            scans.append(CallScan(depth))
        if not scans or before <= (floor or 0):
            return None, None
        hit = self.recorder.search_back(before, Either(*scans), floor, run.cancel, run.report)
        return hit, next((i for i, last in enumerate(taps.last) if last == hit), None)

    def _passing(self, tapped: list[Tapped], depth: int | None, before: int, floor: int | None,
                 run: Run) -> tuple[int | None, int | None]:
        """As `_last`, but past the hits that are to be ignored: these are counted, not visited."""
        call = None if depth is None else self._last([], depth, before, floor, run)[0]
        if run.cancelled:
            return None, None
        floor = floor if call is None else call + 1
        points = list({id(point): point for point, _ in tapped}.values())
        groups = [[spec for p, spec in tapped if p is point] for point in points]
        if before <= (floor or 0):
            return call, None
        found = search_passing(self.recorder, groups, [point.ignore for point in points], before,
                               floor, run.cancel, run.report)
        if found is None:
            return None, None
        for point, left in zip(points, found.left, strict=True):
            point.ignore = left
        if found.step is None:
            return call, None
        return found.step, next(i for i, (point, _) in enumerate(tapped)
                                if point is points[found.group])


def _goal(places: Iterable[Position], fp: int | None) -> list[Tapped]:
    """What a motion stops at by itself."""
    at = tuple(places)
    return [(Breakpoint(0, GOAL, "", ()), TapSpec(Code(at, fp), logged=False))] if at else []
