"""What stops a recorded machine's movements, and why they have stopped."""

from __future__ import annotations

from collections.abc import Sequence

from debugger.breakpoints import CATCH, LOG, WATCH, Breakpoint, Breakpoints
from debugger.catching import caught_trap
from debugger.run import Run
from debugger.tapped import Reached, Tapped, narrowed, tapped
from gabagool import Machine, Stop, StopReason
from gabagool.history.recorder import Recorder
from gabagool.runtime.tapping import Hit, TapSpec

GOAL = "goal"            # kind of what a motion itself stops at
_STOPS = 10_000         # hits that are remembered
_WENT_AS_ASKED = (StopReason.FUEL, StopReason.DEPTH)


class Stopping:
    """A recorded machine, its breakpoints, and which of them has stopped it."""

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

    def _stopped(self, point: Breakpoint, tapped: list[Tapped]) -> str:
        if point.kind == GOAL:
            return "step"
        point.hits += 1
        specs = [spec for each, spec in tapped if each is point]
        self.stops = [*self.stops[1 - _STOPS:], self.cursor]
        self.reached = Reached(point, self._seen(specs) if point.kind == WATCH
                               else None)
        if point.temporary:
            self.points.delete(point.number)
        return point.kind

    def _seen(self, specs: Sequence[TapSpec]) -> Hit | None:
        """The access at the cursor, by making its step: nothing but that happens in it."""
        here = self.cursor
        if here >= self.recorder.total:
            self.recorder.record(here + 1)
            self.recorder.seek(here)
        with self.recorder.excursion():
            self.machine.taps.arm([narrowed(spec, here - 1) for spec in specs], 0, 1)
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
                          if p.kind == CATCH and stop.trap is not None
                          and caught_trap(p.spec, stop.trap.message)), None)
            if point is not None:
                point.hits += 1
                self.reached = Reached(point)
                if point.temporary:
                    self.points.delete(point.number)
        return "step" if stop.reason in _WENT_AS_ASKED else stop.reason.value

    def _end_reason(self) -> str | None:
        ended = self.machine.ended
        return None if ended is None else ended.reason.value
