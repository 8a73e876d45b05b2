"""The part of a session that shows: every panel of the screen, at the cursor."""

from __future__ import annotations

from threading import Event

from debugger.branching import Branching
from debugger.codeviews import CodeView
from debugger.exchange import CommandError, Layout
from debugger.moving import STOPPED
from debugger.navigator import Navigator
from debugger.panels import Shown
from debugger.program import Program
from debugger.recorded import Recorded
from debugger.sourcing import Sourcing
from debugger.values import VECTOR_VIEWS
from debugger.views import CallsView, FrameView, OutputView, Screen, StateView, Value
from gabagool.runtime.census import HeapView

_WHY = {"start": "start", "cancelled": "paused", "input": "waits for input"}
_ALL_OUTPUT = 1 << 24       # bytes that `output` gives at most unless told otherwise


class Showing(Sourcing, Branching):
    """Views are frozen; looking never moves the cursor."""

    program: str                # what is debugged, as the header shows it
    _program: Program | Recorded

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
        return _WHY.get(self.last.reason, "")

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
