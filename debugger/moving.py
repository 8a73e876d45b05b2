"""The part of a session that moves the cursor, and takes turns doing it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from threading import Event, RLock

from debugger.breakpoints import CATCH, Breakpoints
from debugger.console import Console
from debugger.exchange import Arrival, CommandError, OnProgress
from debugger.marks import Marks, Notes, Trail
from debugger.navigator import Navigator
from debugger.panels import Panels
from debugger.run import Run
from debugger.steps import grouped
from debugger.tapped import Reached
from gabagool import FuncType, GabagoolError

STOPPED = ("breakpoint", "watchpoint", "catchpoint")      # reasons: a hit

Motion = Callable[[Navigator, Run], str]


class Moving:
    """Motions: each moves the cursor and returns where it has arrived. None of them raises
    because history ends: the arrival says so.

    Forwards they replay what is recorded and record what isn't. They end early at the end of the
    program, when `cancel` is set or `pause` is called, and all but step, back and goto at an
    enabled breakpoint. `n` repeats a motion until one of them ends early.
    """

    def __init__(self, wake: Event) -> None:
        self.frame = 0                          # selected level of the call stack
        self.last: Arrival | None = None        # the latest arrival
        self._nav: Navigator | None = None
        self._panels: Panels | None = None
        self._points = Breakpoints()
        self._marks = Marks()
        self._notes = Notes()
        self._trail = Trail()
        self._entry_type = FuncType()
        self.console = Console()                # what is typed for the program
        self._lock = RLock()
        self._wake = wake
        self._running: Event | None = None
        self._refining: Event | None = None

    @property
    def cursor(self) -> int:
        """The step the session stands at."""
        return self._nav.cursor if self._nav else 0

    @property
    def total(self) -> int:
        """The last recorded step."""
        return self._nav.recorder.total if self._nav else 0

    @property
    def ended(self) -> bool:
        """Whether `total` is the end of the program."""
        return self._nav is not None and self._nav.recorder.ended is not None

    # -- motions -----------------------------------------------------------------------------

    def step(self, n: int = 1, *, cancel: Event | None = None,
             progress: OnProgress | None = None) -> Arrival:
        """n wasm instructions forward, exactly."""
        return self._move("step", lambda nav, run: nav.by_steps(n, run), cancel, progress)

    def back(self, n: int = 1, *, cancel: Event | None = None,
             progress: OnProgress | None = None) -> Arrival:
        """n wasm instructions back, exactly."""
        return self._move("step back", lambda nav, run: nav.by_steps(-n, run), cancel, progress)

    def over(self, n: int = 1, *, cancel: Event | None = None,
             progress: OnProgress | None = None) -> Arrival:
        """One instruction forward, and if it is a call, on until it has returned."""
        return self._move("over", repeated(n, Navigator.over), cancel, progress)

    def over_back(self, n: int = 1, *, cancel: Event | None = None,
                  progress: OnProgress | None = None) -> Arrival:
        """One instruction back, and if that is a return, on to the call it belongs to."""
        return self._move("back over", repeated(n, Navigator.over_back), cancel, progress)

    def out(self, n: int = 1, *, cancel: Event | None = None,
            progress: OnProgress | None = None) -> Arrival:
        """On until the function has returned to its caller."""
        return self._move("out", repeated(n, Navigator.out), cancel, progress)

    def out_back(self, n: int = 1, *, cancel: Event | None = None,
                 progress: OnProgress | None = None) -> Arrival:
        """Back to the call of this function."""
        return self._move("back out", repeated(n, Navigator.out_back), cancel, progress)

    def cont(self, n: int = 1, *, cancel: Event | None = None,
             progress: OnProgress | None = None) -> Arrival:
        """On to the n-th next breakpoint hit, or the end of the program."""
        return self._move("continue", repeated(n, Navigator.onward, STOPPED), cancel, progress)

    def cont_back(self, n: int = 1, *, cancel: Event | None = None,
                  progress: OnProgress | None = None) -> Arrival:
        """Back to the n-th last breakpoint hit, or the start."""
        return self._move("continue back", repeated(n, Navigator.onward_back, STOPPED),
                          cancel, progress)

    def goto(self, step: int, *, cancel: Event | None = None,
             progress: OnProgress | None = None) -> Arrival:
        """To exactly this step; beyond the recorded end it records up to there."""
        return self._move("go to step", lambda nav, run: nav.to_step(step, run), cancel, progress)

    def start(self, *, cancel: Event | None = None, progress: OnProgress | None = None) -> Arrival:
        """To step 0."""
        return self.goto(0, cancel=cancel, progress=progress)

    def end(self, *, cancel: Event | None = None, progress: OnProgress | None = None) -> Arrival:
        """To the last recorded step."""
        return self.goto(self.total, cancel=cancel, progress=progress)

    def run_to_end(self, *, cancel: Event | None = None,
                   progress: OnProgress | None = None) -> Arrival:
        """Records until the program ends, past breakpoints."""
        return self._move("record", Navigator.to_program_end, cancel, progress)

    def undo(self, *, cancel: Event | None = None, progress: OnProgress | None = None) -> Arrival:
        """To where the cursor was before it last moved."""
        return self._retrace(self._trail.undo, "undo", cancel, progress)

    def redo(self, *, cancel: Event | None = None, progress: OnProgress | None = None) -> Arrival:
        """To where the cursor was before the last undo."""
        return self._retrace(self._trail.redo, "redo", cancel, progress)

    def pause(self) -> None:
        """Makes the running motion stop at once; it returns where it stopped. Any thread."""
        running = self._running
        if running is not None:
            running.set()
            self._wake.set()

    # -- how ---------------------------------------------------------------------------------

    @contextmanager
    def _turn(self) -> Iterator[tuple[Navigator, Panels]]:
        """One caller at a time; whoever wants a turn ends a refinement."""
        refining = self._refining
        if refining is not None:
            refining.set()
        with self._lock:
            if self._nav is None or self._panels is None:
                raise CommandError("the program has not been started")
            yield self._nav, self._panels

    @contextmanager
    def _asking(self, what: str, cancel: Event | None,
                progress: OnProgress | None) -> Iterator[Run]:
        """Work that `pause` ends; what the engine says is wrong with it is for the user."""
        run = Run(what, cancel or Event(), progress)
        self._wake.clear()
        self.console.wanted = False
        self._running = run.cancel
        try:
            yield run
        except GabagoolError as error:
            raise CommandError(str(error)) from error
        finally:
            self._running = None

    def _move(self, what: str, motion: Motion, cancel: Event | None, progress: OnProgress | None,
              *, follows_trail: bool = False) -> Arrival:
        with self._turn() as (nav, _):
            origin = nav.cursor
            nav.begin()
            try:
                with self._asking(what, cancel, progress) as run:
                    reason = motion(nav, run)
            finally:
                self.frame = 0
                if not follows_trail and nav.cursor != origin:
                    self._trail.moved(origin)
            self.last = self._arrived(nav, reason)
            return self.last

    def _retrace(self, way: Callable[[int], int | None], what: str, cancel: Event | None,
                 progress: OnProgress | None) -> Arrival:
        with self._turn() as (nav, _):
            target = way(nav.cursor)
            if target is None:
                return Arrival(nav.cursor, "step", f"nothing to {what}")
            return self._move(what, lambda nav, run: nav.to_step(target, run), cancel, progress,
                              follows_trail=True)

    def _arrived(self, nav: Navigator, reason: str) -> Arrival:
        if nav.reached is not None:
            return Arrival(nav.cursor, reason, self._reached(nav, nav.reached),
                           nav.reached.point.number)
        if reason == "cancelled" and self.console.wanted:
            return Arrival(nav.cursor, "input", f"the program reads its input at step "
                           f"{grouped(nav.cursor)}: input TEXT types a line, input-end ends it")
        if reason == "unrecorded":
            return Arrival(nav.cursor, reason, f"the recording ends here, at step "
                           f"{grouped(nav.cursor)}: the program went on, but that isn't recorded")
        if reason == "unwritten":
            return Arrival(nav.cursor, reason, "nothing wrote that before this step")
        if reason == "unread":
            return Arrival(nav.cursor, reason, "nothing read that before this step")
        return Arrival(nav.cursor, reason, self._message(nav, reason))

    def _reached(self, nav: Navigator, reached: Reached) -> str:
        """`watchpoint 2: $n of parse 5 → 6 at step 1,234`."""
        point, step = reached.point, f"step {grouped(nav.cursor)}"
        name = f"{point.kind} {point.number}"
        if point.target is None:
            if nav.at_end:
                return f"{name}: {self._end_text()} at {step}"
            return f"{name}{f': {point.spec}' if point.kind == CATCH else ''} at {step}"
        if reached.hit is None:
            return f"{name}: {point.target.label} is gone, its function has returned, {step}"
        return f"{name}: {point.target.label} {point.target.change(reached.hit)} at {step}"

    def _message(self, nav: Navigator, reason: str) -> str:
        if nav.at_end:
            return f"end of recording: {self._end_text()}"
        if reason == "start":
            return "start of recording"
        return f"{'paused at ' if reason == 'cancelled' else ''}step {grouped(nav.cursor)}"

    def _end_text(self) -> str:
        """How the program ended; '' if it hasn't."""
        ended = self._nav.recorder.ended if self._nav else None
        if ended is None or self._panels is None:
            return ""
        return self._panels.end_text(ended, self._entry_type)


def repeated(n: int, motion: Motion, on: Collection[str] = ("step",)) -> Motion:
    """A motion n times, as long as each ends with one of the reasons `on`."""
    def repeated(nav: Navigator, run: Run) -> str:
        reason = "step"
        for _ in range(n):
            nav.reached = None
            reason = motion(nav, run)
            if reason not in on:
                break
        return reason
    return repeated
