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

from debugger.asking import Asking
from debugger.branches import MAIN, made
from debugger.exchange import Arrival, CommandError, History, Layout, OnProgress, file_fault
from debugger.keeping import Keeper
from debugger.memories import Memories
from debugger.moving import STOPPED
from debugger.navigator import Navigator
from debugger.panels import Shown
from debugger.pointmaking import PointMaker, split_condition
from debugger.program import COMMAND, Program, describe_exports
from debugger.recorded import Recorded, is_saved
from debugger.sourcing import Sourcing
from debugger.steps import parse_step
from debugger.symbols import Symbols
from debugger.tracing import Tracing
from debugger.values import VECTOR_VIEWS
from debugger.views import (
    CallsView,
    CodeView,
    FrameView,
    NoteView,
    OutputView,
    Screen,
    StateView,
    Value,
)
from gabagool import FuncType, Machine, Position, SnapshotError
from gabagool.api.recordings import save_recording
from gabagool.history.notes import Note
from gabagool.history.recorder import Recorder
from gabagool.runtime.census import HeapView
from gabagool.runtime.entities import FuncInst
from gabagool.wasi.options import WasiOptions

__all__ = ["Arrival", "CommandError", "Layout", "Session"]

_ALL_OUTPUT = 1 << 24       # bytes that `output` gives at most unless told otherwise


class Session(Sourcing, Asking, Tracing, Memories):
    """One program under the debugger. Make it with `Session.open`; `Moving` has the motions,
    `Pointing` the breakpoints, `Tracing` calls and profiles, `Sourcing` what concerns
    source code, `Asking` what looks into the past without going there. `with` closes it.

    A module with `_start`, or opened with `invoke`, stands at step 0 at once (`started`).
    Otherwise ask the user for one of `exports_to_choose()` and call `begin(name, args)`.
    """

    def __init__(self, program: Program | Recorded, breaks: Sequence[str] = (),
                 state: Path | None = None) -> None:
        super().__init__(program.wake, program.symbols)
        self.notice = ""                        # what the user should know from the start
        self.program = program.path.name        # as the header shows it
        self._program = program
        self._wanted_breaks = breaks
        self._state = state
        self.faults: list[str] = []             # kept breakpoints that can't be set any more
        for spec in breaks:
            if not set("*?") & set(spec):
                program.symbols.places(split_condition(spec)[0])    # faults are said at once
        self._entry = ""

    # -- opening -----------------------------------------------------------------------------

    @classmethod
    def open(cls, path: str | Path, *, invoke: str | None = None, args: Sequence[str] = (),
             wasi: WasiOptions | None = None, breaks: Sequence[str] = (),
             live: bool = False, state: Path | None = None,
             source_dirs: Sequence[str] = ()) -> Session:
        """Loads a module, or a file that a program was saved in. `wasi` says what the program
        may reach, `breaks` are breakpoint specs. With `state`, a folder, breakpoints are kept
        from session to session. `source_dirs` are where to look for source files.

        A recording is only shown; with `live` the program goes on where it ends, with what it
        may reach now. A snapshot's program goes on from there.

        Every fault (missing file, malformed module, missing imports, wrong arguments) is a
        `CommandError` with a text for the user.
        """
        wasi = wasi or WasiOptions()
        if is_saved(Path(path)):
            if invoke is not None or args or wasi.env:
                raise CommandError(f"{path} says itself what was run: it takes no arguments, "
                                   "no --invoke and no --env")
            return cls._open_saved(Recorded(Path(path), wasi, live, source_dirs), breaks, state)
        if live:
            raise CommandError("--live is for recordings")
        session = cls(Program(Path(path), () if invoke else args, wasi, source_dirs), breaks,
                      state)
        if invoke is not None:
            session.begin(invoke, args)
        elif session._program.is_command:
            session.begin(COMMAND, ())
        return session

    @classmethod
    def _open_saved(cls, saved: Recorded, breaks: Sequence[str], state: Path | None) -> Session:
        session = cls(saved, breaks, state)
        session._show(saved.machine, saved.recorder, saved.entry, saved.about.entry)
        session._take_notes(saved.notes)
        if saved.notice:
            session.notice = saved.notice
            session.last = Arrival(session.cursor, "start", saved.notice)
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
            assert isinstance(self._program, Program)
            machine, func = self._program.start(name, args)
            self._show(machine, Recorder(machine), func, f"{name}({', '.join(args)})")

    def _show(self, machine: Machine, recorder: Recorder, func: FuncInst | None,
              entry: str) -> None:
        """What there is to be looked at from now on; `func` is what was called."""
        self._entry = entry
        self._entry_type = func.type if func else FuncType()
        place = (func.instance.index, func.funcidx) if func and func.instance else (0, 0)
        self._entry_place = place
        self._maker = PointMaker(machine, self._program.symbols)
        self._begin_main(made(MAIN, machine, recorder, self._program.symbols, self._points,
                              place, self._marks))
        for spec in self._wanted_breaks:
            wanted, condition = split_condition(spec)
            self.add_break(wanted, condition=condition)
        if self._state is not None:
            self.faults = self._keep(
                Keeper(self._state, machine.store.instances[0].compiled.hash))

    def save(self, path: str | Path) -> int:
        """Writes all that is recorded to a file, which `open` opens; its size in bytes."""
        with self._turn() as (nav, _):
            if self.branch != MAIN:
                raise CommandError("only what has really happened can be saved: switch to main "
                                   "first (branch main)")
            try:
                return save_recording(nav.recorder, nav.machine, path,
                                      program=self._program.path.name, entry=self._entry,
                                      about=self._program.about,
                                      written=[Note(n.step, n.letter, n.text)
                                               for n in self.noted()])
            except (OSError, ValueError) as error:      # ValueError: no file has such a name
                raise CommandError(f"can't write {path}: {file_fault(error)}") from None
            except SnapshotError as error:
                raise CommandError(f"can't save this: {error}") from None

    def require_start(self) -> None:
        """CommandError with the exports to choose from, unless the session has started."""
        if not self.started:
            raise CommandError(f"{self.program} has no {COMMAND}, so say what to run with "
                               f"--invoke NAME; {describe_exports(self._program.functions())}")

    def close(self) -> None:
        """Gives back what the program holds of the host; the session can't be used any more."""
        with self._lock:
            self._program.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _symbols(self) -> Symbols:
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

    def note(self, text: str, step: int | None = None) -> int:
        """Writes on the cursor's step, or another recorded one; '' takes the note away. Which."""
        with self._turn() as (nav, _):
            at = nav.cursor if step is None else step
            if at > self.total:
                raise CommandError(f"step {at:,} is not recorded yet")
            self._notes.set(at, text)
            return at

    def noted(self) -> tuple[NoteView, ...]:
        """Marks and notes by step: what a saved recording is to keep."""
        marks = [NoteView(step, letter, "") for letter, step in self._marks.items()]
        notes = [NoteView(step, "", text) for step, text in self._notes.items()]
        return tuple(sorted([*marks, *notes], key=lambda each: (each.step, each.letter)))

    def _take_notes(self, notes: Sequence[Note]) -> None:
        """What a recording was saved with."""
        self._notes.restore((note.step, note.text) for note in notes if not note.letter)
        for note in notes:
            if note.letter:
                self._marks.set(note.letter, note.step)

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
                          tuple(nav.stops), self._all().views(),
                          self.unit if self.has_source else "")
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

    def object_at(self, offset: int) -> Value:
        """The object at an offset of the heap, which it has for life; CommandError if there is
        none."""
        with self._turn() as (_, panels):
            return panels.state.object(offset)

    def members(self, value: Value, start: int = 0, count: int = 1) -> tuple[Value, ...]:
        """Some fields, elements or values of what a value of this cursor refers to, or elements
        of a table."""
        with self._turn() as (_, panels):
            return panels.state.members(value, start, count)

    def heap(self) -> HeapView:
        """What lies in the heap of objects, by type."""
        with self._turn() as (_, panels):
            return panels.state.heap()

    def types(self) -> tuple[str, ...]:
        """The definition of every type."""
        return tuple(line for code in self._program.symbols.instances for line in code.types)

    def type_text(self, spec: str) -> str | None:
        """The definition of a type by its index or name (`$point`), None if there is none."""
        return self._program.symbols.type_text(spec)

    def type_at(self, offset: int) -> str:
        """The definition of the type of an object that a value of this cursor refers to."""
        with self._turn() as (_, panels):
            return panels.state.type_of(offset)

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
            panels.state.show_vectors(view)

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
