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

from debugger.branches import MAIN, made
from debugger.exchange import Arrival, CommandError, History, Layout, OnProgress
from debugger.keeping import Keeper
from debugger.memories import Memories
from debugger.moving import STOPPED
from debugger.navigator import Navigator
from debugger.panels import Shown
from debugger.pointmaking import PointMaker, split_condition
from debugger.program import COMMAND, Program, describe_exports
from debugger.steps import parse_step
from debugger.symbols import Symbols
from debugger.values import VECTOR_VIEWS
from debugger.views import (
    CallsView,
    CodeView,
    FrameView,
    OutputView,
    Screen,
    StateView,
)
from gabagool import FuncType, Position
from gabagool.history.recorder import Recorder
from gabagool.wasi.options import WasiOptions

__all__ = ["Arrival", "CommandError", "Layout", "Session"]

_ALL_OUTPUT = 1 << 24       # bytes that `output` gives at most unless told otherwise


class Session(Memories):
    """One program under the debugger. Make it with `Session.open`; `Moving` has the motions,
    `Pointing` the breakpoints.

    A module with `_start`, or opened with `invoke`, stands at step 0 at once (`started`).
    Otherwise ask the user for one of `exports_to_choose()` and call `begin(name, args)`.
    """

    def __init__(self, program: Program, breaks: Sequence[str] = (),
                 state: Path | None = None) -> None:
        super().__init__(program.wake)
        self.program = program.path.name        # as the header shows it
        self._program = program
        self._wanted_breaks = breaks
        self._state = state
        self.faults: list[str] = []             # kept breakpoints that can't be set any more
        for spec in breaks:
            if not set("*?") & set(spec):
                program.symbols.place(split_condition(spec)[0])    # faults are said at once
        self._entry = ""

    # -- opening -----------------------------------------------------------------------------

    @classmethod
    def open(cls, path: str | Path, *, invoke: str | None = None, args: Sequence[str] = (),
             wasi: WasiOptions | None = None, breaks: Sequence[str] = (),
             state: Path | None = None) -> Session:
        """Loads a module. `wasi` says what the program may reach, `breaks` are breakpoint specs.
        With `state`, a folder, breakpoints are kept from session to session.

        Every fault (missing file, malformed module, missing imports, wrong arguments) is a
        `CommandError` with a text for the user.
        """
        program = Program(Path(path), () if invoke else args, wasi or WasiOptions())
        session = cls(program, breaks, state)
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
            self._entry_place = (0, func.funcidx)
            self._maker = PointMaker(machine, self._program.symbols)
            self._begin_main(made(MAIN, machine, recorder, self._program.symbols, self._points,
                                  self._entry_place, self._marks))
            for spec in self._wanted_breaks:
                place, condition = split_condition(spec)
                self.add_break(place, condition=condition)
            if self._state is not None:
                self.faults = self._keep(Keeper(self._state, self._program.compiled.hash))

    def require_start(self) -> None:
        """CommandError with the exports to choose from, unless the session has started."""
        if not self.started:
            raise CommandError(f"{self.program} has no {COMMAND}, so say what to run with "
                               f"--invoke NAME; {describe_exports(self._program.functions())}")

    def close(self) -> None:
        """Gives back what the program holds of the host; the session can't be used any more."""
        with self._lock:
            self._program.close()

    def _program_symbols(self) -> Symbols:
        return self._program.symbols

    def _checked(self, place: Position) -> Position:
        return self._program.symbols.checked(place)

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
                          tuple(nav.stops), self._all().views())
            return panels.screen(layout, level, shown)

    def refine(self, layout: Layout, *, cancel: Event | None = None) -> bool:
        """Finds out what `screen(layout)` has left None. True: `screen` has something new to
        show. Call it from a low-priority worker after painting; whoever wants a turn ends it."""
        with self._turn() as (nav, panels):
            self._refining = cancel or Event()
            try:
                found = panels.refine(layout, self._level(nav, layout.frame), self._refining)
                return self._refine_hits(self._refining) or found
            finally:
                self._refining = None

    def _stop_text(self, nav: Navigator) -> str:
        """Why the cursor stands where it stands, in a few words; '' for a plain step."""
        if nav.at_end:
            return self._end_text()
        if self.last is None or self.last.step != nav.cursor:
            return ""
        if self.last.reason in STOPPED:
            return self.last.message.partition(" at ")[0].partition(":")[0]
        return {"start": "start", "cancelled": "paused"}.get(self.last.reason, "")

    def _level(self, nav: Navigator, wanted: int | None) -> int:
        """A frame level that there is; None is the selected one."""
        return max(0, min(self.frame if wanted is None else wanted, nav.machine.depth - 1))

    def select_frame(self, level: int) -> None:
        """Selects a frame for looking; a motion selects the innermost again."""
        with self._turn() as (nav, _):
            if not 0 <= level < max(1, nav.machine.depth):
                raise CommandError(f"there is no frame {level}: the call stack has "
                                   f"{nav.machine.depth}")
            self.frame = level

    def state(self, level: int | None = None) -> StateView:
        """Operands, locals and globals of a frame, by default the selected one."""
        with self._turn() as (nav, panels):
            return panels.state.state(self._level(nav, level), compare=False)

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
            return panels.state.frame(self.frame)

    def calls(self, limit: int | None = None) -> CallsView:
        """The call stack, innermost frame first."""
        with self._turn() as (_, panels):
            return panels.state.calls(limit, self.frame)

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
