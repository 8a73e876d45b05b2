"""The part of a session that knows sources: stepping by line, variables, files."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from threading import Event

from debugger.build_source import SourceBuilder
from debugger.codeviews import SourceView
from debugger.exchange import Arrival, CommandError, OnProgress
from debugger.linestep import LineStepper
from debugger.moving import Moving, repeated
from debugger.navigator import Navigator
from debugger.run import Run
from debugger.scopes import Written
from debugger.source import kinds
from debugger.source.program import Line
from debugger.sourceframes import Level
from debugger.sourcescope import names_table, names_variables, speaks_wasm
from debugger.symbols import Symbols
from debugger.targets import Target, Targets
from debugger.views import Value
from gabagool.types import F32, F64, I32, I64

UNITS = ("line", "instruction")
_LOCATION = re.compile(r"\s*-l(?:ocation)?\s+")
_TYPES = {("int", 4): I32, ("int", 8): I64, ("float", 4): F32, ("float", 8): F64}
_NONE = "the program brings no debug info (compile it with -g), so its source isn't known"


class Sourcing(Moving):
    """Motions by source line, and what a program's debug info tells at the cursor."""

    _targets: Targets

    def __init__(self, wake: Event, symbols: Symbols) -> None:
        super().__init__(wake)
        self.unit = "line" if symbols.has_source else "instruction"    # what step and over go by

    def _symbols(self) -> Symbols:
        raise NotImplementedError

    @property
    def has_source(self) -> bool:
        """Whether the program says anything about its sources."""
        return self._symbols().has_source

    def step_by(self, unit: str) -> None:
        """Lets step, over and their backward twins go by 'line' or by 'instruction'."""
        if unit not in UNITS:
            raise CommandError(f"steps go by {' or '.join(UNITS)}, not '{unit}'")
        if unit == "line" and not self.has_source:
            raise CommandError(_NONE)
        self.unit = unit

    # -- motions -----------------------------------------------------------------------------

    def step_unit(self, n: int = 1, *, cancel: Event | None = None,
                  progress: OnProgress | None = None) -> Arrival:
        """n lines or instructions forward, into calls."""
        return self._by_unit("step", n, LineStepper.into, self.step, cancel, progress)

    def back_unit(self, n: int = 1, *, cancel: Event | None = None,
                  progress: OnProgress | None = None) -> Arrival:
        """n lines or instructions back, into calls."""
        return self._by_unit("step back", n, LineStepper.into_back, self.back, cancel, progress)

    def over_unit(self, n: int = 1, *, cancel: Event | None = None,
                  progress: OnProgress | None = None) -> Arrival:
        """n lines or instructions forward, over calls."""
        return self._by_unit("over", n, LineStepper.over, self.over, cancel, progress)

    def over_back_unit(self, n: int = 1, *, cancel: Event | None = None,
                       progress: OnProgress | None = None) -> Arrival:
        """n lines or instructions back, over calls."""
        return self._by_unit("back over", n, LineStepper.over_back, self.over_back, cancel,
                             progress)

    def out(self, n: int = 1, *, cancel: Event | None = None,
            progress: OnProgress | None = None) -> Arrival:
        """On until the selected frame has returned, or been left if it is an inlined call."""
        return self._leave("out", LineStepper.out, super().out, n, cancel, progress)

    def out_back(self, n: int = 1, *, cancel: Event | None = None,
                 progress: OnProgress | None = None) -> Arrival:
        """Back to the call of the selected frame, or to before an inlined call."""
        return self._leave("back out", LineStepper.out_back, super().out_back, n, cancel, progress)

    def _leave(self, what: str, motion: Callable[[LineStepper, Run, int, int], str],
               plain: Callable[..., Arrival], n: int, cancel: Event | None,
               progress: OnProgress | None) -> Arrival:
        selected = [self.frame]             # a motion begins at the innermost frame again

        def leave(nav: Navigator, run: Run) -> str:
            with self._turn() as (_, panels):
                level = panels.source.level(selected.pop() if selected else 0)
            if level is None:
                return nav.out(run) if what == "out" else nav.out_back(run)
            return motion(LineStepper(nav, self._symbols()), run, level.machine_level,
                          level.inlined)

        if not self.has_source and not self.frame:
            return plain(n, cancel=cancel, progress=progress)
        return self._move(what, repeated(n, leave), cancel, progress)

    def _by_unit(self, what: str, n: int, motion: Callable[[LineStepper, Run], str],
                 plain: Callable[..., Arrival], cancel: Event | None,
                 progress: OnProgress | None) -> Arrival:
        if self.unit != "line":
            return plain(n, cancel=cancel, progress=progress)

        def by_line(nav: Navigator, run: Run) -> str:
            return motion(LineStepper(nav, self._symbols()), run)

        return self._move(f"{what} by line", repeated(n, by_line), cancel, progress)

    # -- looking -----------------------------------------------------------------------------

    def _sources(self) -> tuple[SourceBuilder, Level]:
        """What knows sources, and the selected frame."""
        with self._turn() as (_, panels):
            level = panels.source.level(self.frame)
            if level is None:
                raise CommandError("no frames: the program has ended")
            return panels.source, level

    def variables(self) -> list[Value] | None:
        """The variables of the selected frame by name and type; None without debug info."""
        with self._turn() as (_, panels):
            level = panels.source.level(self.frame)
            if level is None or level.line is None:
                return None
            source = panels.source.source(level.frame.instance)
            known = source.dwarf is not None and source.function(level.frame.offset) is not None
            return panels.source.variables(level) if known else None

    def evaluate(self, text: str) -> tuple[str, str, int | None]:
        """A C-like expression in the selected frame: its type, text and address (None if it isn't
        in memory)."""
        with self._turn():
            builder, level = self._sources()
            held, shown = builder.evaluate(text, level, self._wasm_values(level))
            return kinds.spelled(held.type), shown, held.address

    def _wasm_values(self, level: Level) -> dict[str, int]:
        """Bits of a frame's locals and globals of wasm, by `$name` and `$0`."""
        with self._turn() as (_, panels):
            state = panels.state.state(level.machine_level, compare=False)
            found = {f"${i}": each.bits for i, each in enumerate(state.locals)}
            return found | {each.name: each.bits for each in (*state.globals, *state.locals)}

    def _source_target(self, text: str, run: Run, ends: bool) -> Target | None:
        """What an expression of the source means: some memory, or a local of wasm's that holds a
        variable. `-l` (gdb's -location) before it: the memory, whatever becomes of the frame."""
        lasts = _LOCATION.match(text)
        text = text[lasts.end():] if lasts else text.strip()
        if not names_variables(text) or not self.in_source(text):
            return None
        builder, level = self._sources()
        place = builder.place(text, level)
        if place.local is not None:
            return self._targets.local(place.local, text, level.machine_level, run)
        target = self._targets.memory(0, place.address, place.size)
        target = replace(target, label=f"{text} ({target.label})", seen=builder.seen(level))
        target = _shown_as(target, place.type)
        if not ends or lasts or not place.bound:
            return target
        life = self._targets.life(level.machine_level, run)
        return replace(target, label=f"{text} of {builder.name(level)} ({target.spec})", life=life)

    def in_source(self, expression: str) -> bool:
        """Whether an expression is one over source variables: not where it has words of wasm's
        only, as `stack(0)` or `i32[8]`, nor where there is no debug info on variables."""
        if not self.has_source or speaks_wasm(expression):
            return False
        with self._turn() as (_, panels):
            level = panels.source.level(self.frame)
            source = None if level is None else panels.source.source(level.frame.instance)
            if level is None or level.line is None or source is None or source.dwarf is None:
                return False
            return not names_table(expression) or source.variable(
                "table", level.frame.offset, level.inlined) is not None

    def number(self, text: str) -> int:
        """A C-like expression as an address: of an array or record where it lies."""
        with self._turn():
            builder, level = self._sources()
            return builder.number(text, level)

    def line_at(self) -> Line | None:
        """The source line of the selected frame."""
        with self._turn() as (_, panels):
            level = panels.source.level(self.frame)
            return None if level is None else level.line

    def line_text(self) -> str:
        """`a.c:12  sum += x;` of the selected frame; '' where it isn't known."""
        with self._turn() as (_, panels):
            line = self.line_at()
            return "" if line is None else panels.source.line_text(line)

    def source_view(self, file: str = "", line: int = 0) -> SourceView:
        """A source file, by default that of the selected frame."""
        with self._turn() as (_, panels):
            if not self.has_source:
                raise CommandError(_NONE)
            level = panels.source.level(self.frame)
            view = panels.source.view(level, self._full_name(file) if file else "", line)
            if view is None:
                raise CommandError("the source of this code isn't known")
            return view

    def _full_name(self, file: str) -> str:
        """A file as it was recorded, by the end of its path."""
        known = [name for name in self.source_files()
                 if name == file or name.replace("\\", "/").endswith("/" + file)]
        return known[0] if known else file

    def source_files(self) -> list[str]:
        """Paths of the program's source files, as recorded."""
        return list(dict.fromkeys(name for code in self._symbols().instances
                                  for name in code.source.known_files()))

    def function_line(self, spec: str) -> Line | None:
        """The line at which a function's own work begins."""
        place = self._symbols().place(spec)
        lines = self._symbols().instances[place.instance].source.lines(place.offset)
        return lines[0] if lines else None

    def add_source_dir(self, directory: str) -> None:
        """Looks for sources there first; '' forgets all directories."""
        for code in self._symbols().instances:
            if directory:
                code.source.files.add(directory)
            else:
                code.source.files.reset()

    def source_dirs(self) -> list[str]:
        """Where sources are looked for."""
        return [each for code in self._symbols().instances[:1]
                for each in code.source.files.directories]

    def source_notice(self) -> str:
        """What is wrong with the debug info; '' if nothing is known to be."""
        return next((code.source.notice for code in self._symbols().instances
                     if code.source.notice), "")

    def source_code_lines(self, file: str, line: int) -> list[tuple[str, int]]:
        """(place, byte offset) of the code of a line, or of the next that has some."""
        return [(self._symbols().where(at.instance, at.funcidx, at.offset), at.offset)
                for at in self._symbols().line_places(file, line)]


def _shown_as(target: Target, type_: kinds.Type) -> Target:
    """A location whose values are signed or floats by the type of the source."""
    bare = kinds.bare(type_)
    valtype = _TYPES.get((bare.encoding, bare.size))
    if valtype is None:
        return target
    written = Written(valtype) if bare.encoding == "float" else target.written
    return replace(target, type=valtype, written=written)
