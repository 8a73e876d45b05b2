"""A debugging session: the sole owner of a recorded machine, and its only door.

Everything the app, the commands and batch mode do with a program goes through `Session`. It
has no user interface: it takes plain values and gives back frozen views.

All methods may be called from any thread; they take turns (a lock). Only `pause` doesn't wait.
Motions and searches may take long: call them from a worker, with `cancel` and `progress`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event

from debugger.exchange import Arrival, CommandError, History, Layout, OnProgress
from debugger.navigator import Navigator
from debugger.panels import Panels, Shown
from debugger.program import COMMAND, Program, Settings, describe_exports
from debugger.sourcing import Sourcing
from debugger.steps import parse_step
from debugger.values import VECTOR_VIEWS
from debugger.views import (
    BreakView,
    CallsView,
    CodeView,
    FrameView,
    OutputView,
    Screen,
    StateView,
)
from gabagool import FuncType, Position
from gabagool.history.recorder import Recorder

__all__ = ["Arrival", "CommandError", "Layout", "Session"]

_ALL_OUTPUT = 1 << 24       # bytes that `output` gives at most unless told otherwise


class Session(Sourcing):
    """One program under the debugger. Make it with `Session.open`; `Moving` has the motions,
    `Sourcing` what concerns source code.

    A module with `_start`, or opened with `invoke`, stands at step 0 at once (`started`).
    Otherwise ask the user for one of `exports_to_choose()` and call `begin(name, args)`.
    """

    def __init__(self, program: Program, breaks: Sequence[str] = ()) -> None:
        super().__init__(program.wake, program.symbols)
        self.program = program.path.name        # as the header shows it
        self._program = program
        self._wanted_breaks = [place for spec in breaks for place in program.symbols.places(spec)]
        self._entry = ""

    # -- opening -----------------------------------------------------------------------------

    @classmethod
    def open(cls, path: str | Path, *, invoke: str | None = None, args: Sequence[str] = (),
             dirs: Sequence[str] = (), env: Sequence[str] = (),
             breaks: Sequence[str] = (), source_dirs: Sequence[str] = ()) -> Session:
        """Loads a module. `dirs` are 'HOST[::GUEST]', `env` 'K=V', `breaks` breakpoint specs;
        `source_dirs` are where to look for source files.

        Every fault (missing file, malformed module, missing imports, wrong arguments) is a
        `CommandError` with a text for the user.
        """
        settings = Settings(() if invoke else tuple(args), tuple(dirs), tuple(env),
                            tuple(source_dirs))
        session = cls(Program(Path(path), settings), breaks)
        if invoke is not None:
            session.begin(invoke, args)
        elif session._program.is_command:
            session.begin(COMMAND, ())
        return session

    @property
    def started(self) -> bool:
        return self._nav is not None

    def exports_to_choose(self) -> list[tuple[str, FuncType]]:
        """Functions to start with; empty when the session has started."""
        return [] if self.started else self._program.functions()

    def begin(self, name: str, args: Sequence[str]) -> None:
        """Starts with the exported function `name`; `args` are texts, checked by type."""
        with self._lock:
            machine, func = self._program.start(name, args)
            recorder = Recorder(machine)
            self._entry = f"{name}({', '.join(args)})"
            self._entry_type = func.type
            self._panels = Panels(machine, recorder, self._program.symbols, self._points,
                                  (0, func.funcidx))
            self._nav = Navigator(machine, recorder, self._points)
            for place in self._wanted_breaks:
                self._add_break(place)

    def require_start(self) -> None:
        """CommandError with the exports to choose from, unless the session has started."""
        if not self.started:
            raise CommandError(f"{self.program} has no {COMMAND}, so say what to run with "
                               f"--invoke NAME; {describe_exports(self._program.functions())}")

    def close(self) -> None:
        """Gives back what the program holds of the host; the session can't be used any more."""
        with self._lock:
            self._program.close()

    # -- breakpoints -------------------------------------------------------------------------

    def add_break(self, spec: str) -> BreakView:
        """A breakpoint at `42`, `name`, `$name`, `name+0x1c`, `0x1f3a`, `*0x1f3a` or `file.c:42`.

        A line that was compiled to several places has one at each; this gives the first.
        """
        points = [self._add_break(place) for place in self._program.symbols.places(spec)]
        return points[0]

    def add_break_here(self) -> BreakView:
        """A breakpoint at the cursor."""
        with self._turn() as (nav, _):
            if nav.machine.position is None:
                raise CommandError("the program has finished: there is no instruction here")
            return self._add_break(nav.machine.position)

    def _add_break(self, place: Position) -> BreakView:
        with self._turn() as (nav, panels):
            point = self._points.add(place)
            nav.set_breakpoints()
            return panels.break_view(point)

    def toggle_break(self, instance: int, funcidx: int, offset: int) -> BreakView | None:
        """Sets a breakpoint on an instruction, or deletes the one there (then None)."""
        place = Position(instance, funcidx, offset)
        with self._turn():
            point = self._points.at(place)
            if point is None:
                return self._add_break(self._program.symbols.checked(place))
            self.delete_break(point.number)
            return None

    def toggle_line_break(self, file: str, line: int) -> list[BreakView]:
        """Sets breakpoints on a source line, or deletes those there (then empty)."""
        with self._turn():
            places = self._program.symbols.places(f"{file}:{line}")
            there = [point for place in places if (point := self._points.at(place)) is not None]
            for point in there:
                self.delete_break(point.number)
            return [] if there else [self._add_break(place) for place in places]

    def delete_break(self, number: int | None = None) -> None:
        """Deletes one, or all."""
        with self._turn() as (nav, _):
            self._points.delete(number)
            nav.set_breakpoints()

    def enable_break(self, number: int | None, enabled: bool) -> None:
        """Switches one, or all, on or off."""
        with self._turn() as (nav, _):
            self._points.enable(number, enabled)
            nav.set_breakpoints()

    def breakpoints(self) -> tuple[BreakView, ...]:
        with self._turn() as (_, panels):
            return tuple(map(panels.break_view, self._points))

    # -- marks -------------------------------------------------------------------------------

    def set_mark(self, letter: str, step: int | None = None) -> None:
        """Names the cursor's step, or another recorded one, a to z."""
        with self._turn() as (nav, _):
            at = nav.cursor if step is None else step
            if at > self.total:
                raise CommandError(f"step {at:,} is not recorded yet")
            lost = self._marks.set(letter, at)
            if lost is not None:
                nav.recorder.unpin(lost)
            if at == nav.cursor:
                nav.recorder.pin()

    def marks(self) -> tuple[tuple[str, int], ...]:
        return tuple(self._marks.items())

    def goto_mark(self, letter: str, *, cancel: Event | None = None,
                  progress: OnProgress | None = None) -> Arrival:
        """To a marked step."""
        return self.goto(self._marks.step(letter), cancel=cancel, progress=progress)

    def parse_step(self, text: str) -> int:
        """'1234', '1,234', '1k', '1.5M', '50%', '+1k', '-3', '$', 'start', 'end', "'a"."""
        return parse_step(text, self.cursor, self.total, self._marks)

    # -- looking -----------------------------------------------------------------------------

    def screen(self, layout: Layout) -> Screen:
        """Every panel at the cursor. Fast (milliseconds): what would take long (executed counts,
        finely zoomed lanes) is None in it until `refine` has found it out."""
        with self._turn() as (nav, panels):
            level = self._level(nav, layout.frame)
            message = self.last.message if self.last else ""
            shown = Shown(self.program, self._stop_text(nav), message, self._marks,
                          tuple(nav.stops), self.unit if self.has_source else "")
            return panels.screen(layout, level, shown)

    def refine(self, layout: Layout, *, cancel: Event | None = None) -> bool:
        """Finds out what `screen(layout)` has left None. True: `screen` has something new to
        show. Call it from a low-priority worker after painting; whoever wants a turn ends it."""
        with self._turn() as (nav, panels):
            self._refining = cancel or Event()
            try:
                return panels.refine(layout, self._level(nav, layout.frame), self._refining)
            finally:
                self._refining = None

    def _stop_text(self, nav: Navigator) -> str:
        """Why the cursor stands where it stands, in a few words; '' for a plain step."""
        if nav.at_end:
            return self._end_text()
        if self.last is None or self.last.step != nav.cursor:
            return ""
        return {"breakpoint": self.last.message.partition(" at ")[0], "start": "start",
                "cancelled": "paused"}.get(self.last.reason, "")

    def _level(self, nav: Navigator, wanted: int | None) -> int:
        """A frame level that there is; None is the selected one."""
        level = self.frame if wanted is None else wanted
        if level < nav.machine.depth or (self.has_source and self._levels(level)):
            return max(0, level)
        return max(0, nav.machine.depth - 1)

    def _levels(self, level: int) -> bool:
        """Whether there is a frame of this level, counting inlined ones."""
        return self._panels is not None and self._panels.source.level(level) is not None

    def select_frame(self, level: int) -> None:
        """Selects a frame for looking; a motion selects the innermost again."""
        with self._turn() as (nav, _):
            if not 0 <= level < max(1, nav.machine.depth) and not self._levels(level):
                raise CommandError(f"there is no frame {level}: the call stack has "
                                   f"{nav.machine.depth}")
            self.frame = level

    def state(self, level: int | None = None) -> StateView:
        """Operands, locals and globals of a frame, by default the selected one."""
        with self._turn() as (nav, panels):
            real = panels.machine_level(self._level(nav, level))
            return panels.state.state(real, compare=False)

    @property
    def vectors(self) -> str:
        """How vectors are shown: one of VECTOR_VIEWS."""
        with self._turn() as (_, panels):
            return panels.state.vectors

    def show_vectors(self, view: str) -> None:
        """Shows vectors in another of VECTOR_VIEWS."""
        if view not in VECTOR_VIEWS:
            raise CommandError(f"'{view}' is no view of vectors: {' '.join(VECTOR_VIEWS)}")
        with self._turn() as (_, panels):
            panels.state.vectors = view

    def frame_here(self) -> FrameView:
        """The selected frame; CommandError once the program has finished."""
        with self._turn() as (_, panels):
            return panels.frame(self.frame)

    def calls(self, limit: int | None = None) -> CallsView:
        """The call stack, innermost frame first."""
        with self._turn() as (_, panels):
            return panels.calls(limit, self.frame)

    def code(self, spec: str | None = None) -> CodeView:
        """The function of the selected frame, or the one meant by `spec`."""
        func = None if spec is None else self._program.symbols.function(spec)
        with self._turn() as (_, panels):
            return panels.code(func, self.frame)

    def output(self, limit: int = _ALL_OUTPUT) -> OutputView:
        """What the program had printed at the cursor."""
        with self._turn() as (nav, panels):
            return panels.output.view(nav.cursor, limit)

    def where_here(self) -> str:
        """The cursor's place, `func[42] parse+0x1c`; '' once the program has finished."""
        with self._turn() as (_, panels):
            return panels.where()

    def line_here(self) -> str:
        """The selected frame's place and instruction, on one line."""
        with self._turn() as (_, panels):
            return panels.line(self.frame)

    def read_memory(self, index: int, address: int, size: int) -> bytes:
        """Bytes of a memory; CommandError outside of it."""
        with self._turn() as (_, panels):
            return panels.read_memory(index, address, size)

    def memory_sizes(self) -> tuple[int, ...]:
        with self._turn() as (_, panels):
            return panels.memory_sizes()

    def functions(self) -> tuple[tuple[int, int, str, str], ...]:
        """(instance, funcidx, name, signature) of every function, for palette and lists."""
        return self._program.symbols.functions()

    def history(self) -> History:
        """Facts about the recording."""
        with self._turn() as (nav, _):
            recorder = nav.recorder
            return History(recorder.total, nav.cursor, self._end_text(),
                           len(recorder.retained()), recorder.interval, recorder.bytes,
                           self.marks())

    def program_facts(self) -> Mapping[str, str]:
        """What is being debugged, for people."""
        return self._program.facts() | {"running": self._entry, "ended": self._end_text() or "no"}
