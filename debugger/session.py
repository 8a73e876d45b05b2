"""A debugging session: the sole owner of a recorded machine, and its only door.

Everything the app, the commands and batch mode do with a program goes through `Session`. It
has no user interface: it takes plain values and gives back frozen views.

All methods may be called from any thread; they take turns (a lock). Only `pause` doesn't wait.
Motions and searches may take long: call them from a worker, with `cancel` and `progress`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, RLock

from debugger.breakpoints import Breakpoints
from debugger.exchange import Arrival, CommandError, History, Layout, OnProgress
from debugger.marks import Marks, Trail
from debugger.navigator import Navigator, Run
from debugger.panels import Panels, Shown
from debugger.program import Program, Settings, describe_exports
from debugger.steps import grouped, parse_step
from debugger.views import BreakView, CallsView, CodeView, OutputView, Screen, StateView
from gabagool.errors import GabagoolError
from gabagool.history.recorder import Recorder
from gabagool.runtime.stops import Position
from gabagool.types import FuncType
from gabagool.wasi import Interrupted

__all__ = ["Arrival", "CommandError", "Layout", "Session"]

_COMMAND = "_start"
_STOPS = 10_000         # breakpoint stops that the timeline remembers
Motion = Callable[[Navigator, Run], str]


class Session:
    """One program under the debugger. Make it with `Session.open`.

    A module with `_start`, or opened with `invoke`, stands at step 0 at once (`started`).
    Otherwise ask the user for one of `exports_to_choose()` and call `begin(name, args)`.
    `frame` is the selected level of the call stack, `last` the latest arrival.
    """

    def __init__(self, program: Program, breaks: Sequence[str]) -> None:
        self.program = program.path.name
        self.frame = 0
        self.last: Arrival | None = None
        self._program = program
        self._wanted_breaks = tuple(breaks)
        self._points = Breakpoints()
        self._marks = Marks()
        self._trail = Trail()
        self._stops: list[int] = []
        self._entry = ""
        self._entry_type = FuncType()
        self._nav: Navigator | None = None
        self._panels: Panels | None = None
        self._lock = RLock()
        self._running: Event | None = None
        self._refining: Event | None = None

    # -- opening -----------------------------------------------------------------------------

    @classmethod
    def open(cls, path: str | Path, *, invoke: str | None = None, args: Sequence[str] = (),
             dirs: Sequence[str] = (), env: Sequence[str] = (),
             breaks: Sequence[str] = ()) -> Session:
        """Loads a module. `dirs` are 'HOST[::GUEST]', `env` 'K=V', `breaks` breakpoint specs.

        Every fault (missing file, malformed module, missing imports, wrong arguments) is a
        `CommandError` with a text for the user.
        """
        settings = Settings(() if invoke else tuple(args), tuple(dirs), tuple(env))
        program = Program(Path(path), settings)
        session = cls(program, breaks)
        if invoke is not None:
            session.begin(invoke, args)
        elif program.is_command:
            session.begin(_COMMAND, ())
        return session

    @property
    def started(self) -> bool:
        return self._nav is not None

    def exports_to_choose(self) -> list[tuple[str, FuncType]]:
        """Functions to start with; empty when the session has started."""
        return [] if self.started else self._program.functions()

    def begin(self, name: str, args: Sequence[str]) -> None:
        """Starts with the exported function `name`; `args` are texts, checked by type."""
        machine, func = self._program.start(name, args)
        recorder = Recorder(machine)
        self._entry = f"{name}({', '.join(args)})"
        self._entry_type = func.type
        self._nav = Navigator(recorder, self._points)
        self._panels = Panels(recorder, self._program.symbols, self._points,
                              (0, func.funcidx))
        for spec in self._wanted_breaks:
            self.add_break(spec)

    def require_start(self) -> None:
        """CommandError with the exports to choose from, unless the session has started."""
        if not self.started:
            raise CommandError(f"{self.program} has no _start; choose a function with --invoke; "
                               f"{describe_exports(self._program.functions())}")

    def close(self) -> None:
        """Gives back what the program holds of the host; the session can't be used any more."""
        self._program.close()

    # -- turns -------------------------------------------------------------------------------

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

    def pause(self) -> None:
        """Makes the running motion stop at once; it returns where it stopped. Any thread."""
        running = self._running
        if running is not None:
            running.set()
            self._program.wake.set()

    def _move(self, what: str, motion: Motion, cancel: Event | None, progress: OnProgress | None,
              *, trail: bool = True) -> Arrival:
        with self._turn() as (nav, _):
            origin = nav.cursor
            self._program.wake.clear()
            self._running = cancel or Event()
            try:
                reason = motion(nav, Run(what, self._running, progress))
            except Interrupted:
                reason = "cancelled"
            except GabagoolError as error:
                raise CommandError(str(error)) from error
            finally:
                self._running = None
                self.frame = 0
                if trail and nav.cursor != origin:
                    self._trail.moved(origin)
            self.last = self._arrived(nav, reason)
            return self.last

    def _repeat(self, what: str, n: int, motion: Motion, cancel: Event | None,
                progress: OnProgress | None, on: str = "step") -> Arrival:
        """A motion n times, as long as each ends with the reason `on`."""
        def repeated(nav: Navigator, run: Run) -> str:
            reason = on
            for _ in range(n):
                reason = motion(nav, run)
                if reason != on:
                    break
            return reason
        return self._move(what, repeated, cancel, progress)

    def _arrived(self, nav: Navigator, reason: str) -> Arrival:
        if reason == "breakpoint":
            point = self._points.at(nav.position)
            if point is not None:
                point.hits += 1
            self._stops = [*self._stops[-_STOPS:], nav.cursor]
            place = f"breakpoint {point.number if point else ''} at step {grouped(nav.cursor)}"
            return Arrival(nav.cursor, reason, place)
        return Arrival(nav.cursor, reason, self._message(nav, reason))

    def _message(self, nav: Navigator, reason: str) -> str:
        if nav.at_end:
            return f"end of recording: {self._end_text()}"
        if reason == "start":
            return "start of recording"
        return f"{'paused at ' if reason == 'cancelled' else ''}step {grouped(nav.cursor)}"
