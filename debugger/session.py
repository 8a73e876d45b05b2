"""A debugging session: the sole owner of a recorded machine, and its only door.

Everything the app, the commands and batch mode do with a program goes through `Session`. It
has no user interface: it takes plain values and gives back frozen views.

All methods may be called from any thread; they take turns (a lock). Only `pause` doesn't wait.
Motions and searches may take long: call them from a worker, with `cancel` and `progress`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

from debugger.asking import Asking
from debugger.branches import MAIN, made
from debugger.exchange import Arrival, CommandError, History, Layout
from debugger.keeping import Keeper
from debugger.memories import Memories
from debugger.pointmaking import PointMaker, split_condition
from debugger.program import COMMAND, Program, describe_exports
from debugger.recorded import Recorded, is_saved
from debugger.saving import Saving
from debugger.showing import Showing
from debugger.sourcelooking import SourceLooking
from debugger.symbols import Symbols
from debugger.tracing import Tracing
from gabagool import FuncType, Machine, Position
from gabagool.history.recorder import Recorder
from gabagool.runtime.entities import FuncInst
from gabagool.wasi.options import WasiOptions

__all__ = ["Arrival", "CommandError", "Layout", "Session"]

class Session(SourceLooking, Saving, Showing, Asking, Tracing, Memories):
    """One program under the debugger. Make it with `Session.open`; `Moving` has the motions,
    `Pointing` the breakpoints, `Tracing` calls and profiles, `Sourcing` and `SourceLooking` what
    concerns source code, `Showing` the panels, `Noting` marks and notes, `Saving` files, `Asking`
    what looks into the past without going there. `with` closes it.

    A module with `_start`, or opened with `invoke`, stands at step 0 at once (`started`).
    Otherwise ask the user for one of `exports_to_choose()` and call `begin(name, args)`.
    """

    def __init__(self, program: Program | Recorded, breaks: Sequence[str] = (),
                 state: Path | None = None) -> None:
        super().__init__(program.wake, program.symbols)
        self.console = program.console
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
             source_dirs: Sequence[str] = (), asks: bool = False) -> Session:
        """Loads a module, or a file that a program was saved in. `wasi` says what the program
        may reach, `breaks` are breakpoint specs. With `state`, a folder, breakpoints are kept
        from session to session. `source_dirs` are where to look for source files. With `asks` a
        program that reads its standard input, where no file was named for it, stops (reason
        'input') until it is given some by `type_input`; otherwise it is at its end then.

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
            return cls._open_saved(Recorded(Path(path), wasi, live, source_dirs), breaks, state,
                                   asks)
        if live:
            raise CommandError("--live is for recordings")
        session = cls(Program(Path(path), () if invoke else args, wasi, source_dirs), breaks,
                      state)
        session.console.asks = asks
        if invoke is not None:
            session.begin(invoke, args)
        elif session._program.is_command:
            session.begin(COMMAND, ())
        return session

    @classmethod
    def _open_saved(cls, saved: Recorded, breaks: Sequence[str], state: Path | None,
                    asks: bool) -> Session:
        session = cls(saved, breaks, state)
        session.console.asks = asks
        session._show(saved.machine, saved.recorder, saved.entry, saved.about.entry)
        session._take_saved(saved)
        if saved.notice:
            session.notice = saved.notice
            session.last = Arrival(session.cursor, "start", saved.notice)
        return session

    def type_input(self, data: str | bytes) -> int:
        """Bytes (a text's in UTF-8) that the program reads when it reads next, '' for the end of
        its input; how many wait to be read now. What it reads is recorded."""
        if not self.console.serves:
            raise CommandError("nothing reads what is typed: the program was started with --stdin, "
                               "or is a recording that is only looked at")
        self.console.type(data.encode() if isinstance(data, str) else data)
        return self.console.waiting

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
                              place, self._marks, self._notes))
        for spec in self._wanted_breaks:
            wanted, condition = split_condition(spec)
            self.add_break(wanted, condition=condition)
        if self._state is not None:
            self.faults = self._keep(
                Keeper(self._state, machine.store.instances[0].compiled.hash))

    def require_start(self) -> None:
        """CommandError with the exports to choose from, unless the session has started."""
        if not self.started:
            raise CommandError(f"{self.program} has no {COMMAND}, so say what to run with "
                               f"--invoke NAME; {describe_exports(self._program.functions())}")

    def close(self) -> None:
        """Gives back what the program holds of the host; the session can't be used any more."""
        with self._lock:
            try:
                self._keep_all()
            finally:
                self._program.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _symbols(self) -> Symbols:
        return self._program.symbols

    def _checked(self, place: Position) -> Position:
        return self._program.symbols.checked(place)

    def _behind(self, place: Position) -> list[Position]:
        symbols, line = self._program.symbols, self.line_at()
        stops: Iterable[int] = symbols.instances[place.instance].stops(place.funcidx)
        if self.unit == "line" and line is not None:
            found = symbols.line_stops(place.instance, place.funcidx)
            stops = [stop.offset for stop in found
                     if stop.file == line.file and stop.line > line.line]
        else:
            stops = [offset for offset in stops if offset > place.offset]
        return [replace(place, offset=offset) for offset in stops]

    # -- facts -------------------------------------------------------------------------------

    def read_names(self, cancel: Event) -> bool:
        """Find out what `functions` needs, which may take seconds with much debug info. False if
        cancelled; the next time it goes on there."""
        return self._program.symbols.read_names(cancel)

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
