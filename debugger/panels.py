"""All the views of one recording, at its cursor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Event

from debugger.breakpoints import Breakpoint, Breakpoints, marker
from debugger.build_code import CodeBuilder
from debugger.build_source import SourceBuilder
from debugger.build_state import StateBuilder
from debugger.codeviews import CodeView, SourceView
from debugger.counts import Counts
from debugger.eventlist import EventList
from debugger.exchange import CommandError, Layout
from debugger.heating import Heating
from debugger.output import OutputIndex
from debugger.sourceframes import Level
from debugger.steps import counted
from debugger.symbols import Symbols, is_line
from debugger.timeline import Timeline
from debugger.values import short_value
from debugger.views import (
    BranchView,
    BreakView,
    CallsView,
    FrameView,
    HeaderView,
    Key,
    Screen,
    StateView,
    Value,
)
from gabagool import FuncType, Machine, Position, Stop, StopReason
from gabagool.history.recorder import Recorder

_FRAMES = 200           # a screen's call stack has at most this many
_ROW = 16               # bytes of a row of memory


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a screen the session decides: names, marks, why the cursor is where it is."""

    program: str
    stop: str
    message: str
    marks: Mapping[str, int]
    stops: tuple[int, ...]
    branches: tuple[BranchView, ...] = ()
    unit: str = ""


class Panels:
    """Makes views of a recorded machine. Looking never moves the cursor."""

    def __init__(self, machine: Machine, recorder: Recorder, symbols: Symbols, points: Breakpoints,
                 entry: tuple[int, int], stops: Callable[[], Sequence[int]]) -> None:
        self._machine = machine
        self._recorder = recorder
        self._symbols = symbols
        self._points = points
        self._entry = entry
        self.state = StateBuilder(machine, symbols)
        self.output = OutputIndex(recorder.journal)
        self.events = EventList(machine, recorder, stops)
        self.source = SourceBuilder(machine, symbols, points)
        self._code = CodeBuilder(symbols, points)
        self._counts = Counts(machine, recorder, symbols)
        self._timeline = Timeline(machine, recorder, self.events)
        self._heat = Heating(machine, recorder)

    # -- places ------------------------------------------------------------------------------

    def position(self, level: int) -> Position | None:
        """The current (or calling) instruction of the frame `level` up; None if there is none."""
        level = self.machine_level(level)
        if level == 0:
            return self._machine.position
        frame = self._machine.frame(level)
        return None if frame is None else Position(frame.instance, frame.funcidx, frame.offset)

    def machine_level(self, level: int) -> int:
        """The machine's frame that a level means, which counts inlined calls as frames too."""
        if level == 0 or not self._symbols.has_source:
            return level
        found = self.source.level(level)
        return level if found is None else found.machine_level

    def where(self, level: int = 0) -> str:
        """`func[42] parse+0x1c`, or '' once the program has finished."""
        at = self.position(level)
        return "" if at is None else self._symbols.where(at.instance, at.funcidx, at.offset)

    def line(self, level: int) -> str:
        """The place and its instruction, on one line."""
        at = self.position(level)
        if at is None:
            return ""
        listing = self._symbols.instances[at.instance].listing(at.funcidx)
        text = next((line.text for line in listing if line.offset == at.offset), "")
        return f"{self.where(level)}  {at.offset:#x}  {text}"

    def shown_function(self, level: int) -> tuple[int, int]:
        """The function of a frame; the one the program began with if there is none."""
        at = self.position(level)
        return self._entry if at is None else (at.instance, at.funcidx)

    # -- views -------------------------------------------------------------------------------

    def screen(self, layout: Layout, frame: int, shown: Shown) -> Screen:
        self.state.note_cursor()
        cursor = self._machine.step
        return Screen(
            self._header(shown), self.code(layout.code_func, frame),
            self._state(frame, layout.opened),
            self.calls(_FRAMES, frame, _window(frame, layout.frames_first)),
            replace(self.state.memory(layout.memory, layout.memory_address,
                                      layout.memory_rows * _ROW), heat=self._heat.view(layout)),
            self.output.view(cursor, layout.output_bytes,
                             self.events.around(cursor, layout.event_kinds), layout.output_end),
            self._timeline.view(cursor, layout.view, layout.cells, shown.marks, shown.stops),
            tuple(map(self.break_view, self._points)), cursor, shown.message,
            shown.branches, self._source(layout, frame))

    def _source(self, layout: Layout, frame: int) -> SourceView | None:
        if not self._symbols.has_source:
            return None
        return self.source.view(self.source.level(frame), layout.source_file)

    def _state(self, frame: int, opened: frozenset[Key]) -> StateView:
        """The machine's state, and before it the source's variables."""
        state = self.state.state(self.machine_level(frame), opened=opened)
        level = self.source.level(frame) if self._symbols.has_source else None
        if level is None or level.line is None:
            return state
        depth = self._machine.depth - level.machine_level
        frame_ = depth, level.frame.instance, level.frame.funcidx

        def compare(place: Key, values: Sequence[Value]) -> tuple[Value, ...]:
            return self.state.compare((*frame_, f"variables {place}"), values)
        return replace(state, variables=self.source.rows(level, opened, compare))

    def calls(self, limit: int | None, selected: int, first: int = 0) -> CallsView:
        """Frames innermost first, at most `limit` from level `first` on; calls that were inlined
        have their own."""
        if not self._symbols.has_source:
            return self.state.calls(limit, selected, first)
        levels = self.source.levels(None if limit is None else first + limit)
        frames = tuple(self._frame(each, i, i == selected)
                       for i, each in enumerate(levels[first:], first))
        inlined = sum(each.inlined > 0 for each in levels)
        return CallsView(frames, self._machine.depth + inlined, first)

    def frame(self, level: int) -> FrameView:
        """One frame, as selected."""
        found = self.source.level(level) if self._symbols.has_source else None
        return self.state.frame(level) if found is None else self._frame(found, level, True)

    def _frame(self, level: Level, index: int, selected: bool) -> FrameView:
        view = self.state.frame_view(level.frame, index, selected)
        if level.line is None:
            return view
        args = self.source.arguments(level, index)
        return replace(view, name=self.source.name(level), file=level.line.file,
                       line=level.line.line, inlined=level.line.inlined,
                       args=view.args if args is None else args)

    def _header(self, shown: Shown) -> HeaderView:
        return HeaderView(shown.program, self._machine.step, self._recorder.total,
                          self._recorder.ended is not None, self.where(), shown.stop,
                          next((view.name for view in shown.branches if view.current), "main"),
                          shown.unit)

    def code(self, func: tuple[int, int] | None, level: int) -> CodeView:
        """A function, or that of a frame; the cursor shows wherever that frame stands in it."""
        wanted = func or self.shown_function(level)
        at = self.position(level)
        here = at is not None and (at.instance, at.funcidx) == wanted
        counts = self._counts.at(wanted, self._machine.step)
        return self._code.view(*wanted, at.offset if at is not None and here else -1, counts)

    def break_view(self, point: Breakpoint) -> BreakView:
        place = point.place
        at = (0, -1, -1) if place is None else (place.instance, place.funcidx, place.offset)
        where = self._symbols.where(*at) if place else point.spec
        if point.target is not None:
            where = point.target.label
        elif len(point.places) > 1:
            kind = "place" if is_line(point.spec) else "function"
            where = f"{point.spec} ({counted(len(point.places), kind)})"
        found = point.found
        current = found is not None and found.upto >= self._recorder.total
        return BreakView(
            point.number, where, *at, point.enabled, point.hits, point.kind, point.condition,
            point.ignore, point.temporary, point.changed,
            point.message.text if point.message else "", len(point.places),
            found.total if found is not None and current else None, marker(point),
            self._symbols.line_name(place) if place else "", point.access, point.commands)

    def refine(self, layout: Layout, level: int, cancel: Event) -> bool:
        """Find out what `screen` leaves None. Whether there is something new to show."""
        here = self._machine.capture()
        try:
            found = self.events.refine(self._machine.step, layout.event_kinds, cancel)
            found |= self._timeline.refine(layout.view, layout.cells, cancel)
        finally:
            self._machine.restore(here)
        func = layout.code_func or self.shown_function(level)
        found |= self._counts.refine(func, self._machine.step, cancel)
        # What takes longest comes by itself, when everything else is shown.
        return found or self._heat.refine(layout, cancel)

    # -- memory ------------------------------------------------------------------------------

    def memory_sizes(self) -> tuple[int, ...]:
        return tuple(memory.size for memory in self._machine.store.memories)

    def read_memory(self, index: int, address: int, size: int) -> bytes:
        memories = self._machine.store.memories
        if not 0 <= index < len(memories):
            raise CommandError("the program has no memory" if not memories else
                               f"there is no memory {index}")
        memory = memories[index]
        if not (0 <= address <= address + size <= memory.size):
            raise CommandError(f"{address:#x} to {address + size:#x} is outside of memory {index}, "
                               f"which has {memory.size:,} ({memory.size:#x}) bytes")
        return memory.read(address, size)

    # -- the end -----------------------------------------------------------------------------

    def end_text(self, ended: Stop, functype: FuncType) -> str:
        """How the program ended: `trap unreachable`, `uncaught exception e(1)`, `exit code 1`,
        `finished, result 10946`."""
        if ended.trap is not None:
            return f"trap {ended.trap.message}"
        if ended.exception is not None:
            return ended.exception.message
        if ended.reason is StopReason.EXIT:
            return f"exit code {ended.exit_code}"
        texts = [short_value(self.state.text(t, bits))
                 for t, bits in zip(functype.results, ended.results or (), strict=True)]
        noun = "result" if len(texts) == 1 else "results"
        return f"finished, {noun} {', '.join(texts)}" if texts else "finished"


def _window(selected: int, wanted: int | None) -> int:
    """The first level of a screen's frames."""
    if wanted is not None:
        return wanted
    return 0 if selected < _FRAMES else selected - _FRAMES // 2
