"""The state pane: operand stack (top first), locals and globals, with what has just changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.segment import Segment
from textual.reactive import reactive

from debugger.views import StateView, Value
from debugger.widgets.lines import Lines
from debugger.widgets.text import column, fit

_NAME_AT_MOST = 16
_VALUE_AT_LEAST = 14  # cells left for values, at the cost of long names
_TYPE = 4  # cells of i32 to v128; a longer type pushes its value to the right
_LANED = "v128"


@dataclass(frozen=True, slots=True)
class Row:
    """A heading, or a value; of a vector with many lanes the `words` from one to another."""

    section: str
    value: Value | None = None
    first: int = 0
    last: int | None = None


class State(Lines):
    """Shows a StateView as three sections in aligned columns."""

    TITLE = "State"

    view: reactive[StateView | None] = reactive(None, repaint=False)

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._rows: tuple[Row, ...] = ()
        self._name_width = 1

    def watch_view(self, _view: StateView | None) -> None:
        """Lays the columns out once per view, not once per line."""
        self._lay_out()
        self.settle()
        self.repaint()

    def on_resize(self) -> None:
        """Vectors break at the pane's width."""
        self._lay_out()
        super().on_resize()

    def _lay_out(self) -> None:
        self._rows = ()
        if self.view is None:
            return
        for width in (self.size.width, self.size.width - 1):       # without a thumb, and with one
            self._lay_out_in(self.view, width)
            if len(self._rows) <= self.size.height:
                break

    def _lay_out_in(self, view: StateView, width: int) -> None:
        values = (*view.stack, *view.locals, *view.globals)
        longest = max((len(value.name) for value in values), default=1)
        room = max(4, width - _TYPE - _VALUE_AT_LEAST - 4)
        self._name_width = min(_NAME_AT_MOST, longest, room)
        self._rows = tuple(self._sections(view, width - self._head_width))

    def _sections(self, view: StateView, room: int) -> Iterator[Row]:
        sections = (("stack", view.stack), ("locals", view.locals), ("globals", view.globals))
        for title, values in sections:
            if values or title == "stack":
                yield Row(title if values else f"{title} empty")
            for value in values:
                yield from _value_rows(title, value, room)

    @property
    def _head_width(self) -> int:
        """Cells before a value: blanks, name, type."""
        return 2 + self._name_width + 1 + _TYPE + 1

    def row_count(self) -> int:
        """Headings and values."""
        return len(self._rows)

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """A heading, or name, type and value: `$n  i32  5→6`."""
        row = self._rows[index]
        value = row.value
        if value is None:
            return [Segment(f" {row.section}", self.ink("muted", paper))]
        if row.first:
            segments = [Segment(" " * self._head_width, self.ink("text", paper))]
            return segments + self._lanes(value, row, paper)
        name_ink = "muted" if row.section == "stack" else "blue"
        head = f"  {column(value.name, self._name_width)} "
        kind = f"{value.type:<{_TYPE}} "
        segments = [
            Segment(head, self.ink(name_ink, paper)),
            Segment(kind, self.ink("faint", paper)),
        ]
        if value.type == _LANED:
            return segments + self._lanes(value, row, paper)
        return segments + self._scalar(value, width - len(head) - len(kind), paper)

    def _scalar(self, value: Value, room: int, paper: str) -> list[Segment]:
        """What it was, if that fits, an arrow, and what it is."""
        if value.before is None:
            return [Segment(fit(value.text, room), self.ink("text", paper))]
        before = f"{value.before}→"
        segments = []
        if len(before) + len(value.text) <= room:
            segments.append(Segment(before, self.ink("muted", paper)))
        else:
            room -= 1
            segments.append(Segment("→", self.ink("muted", paper)))
        segments.append(Segment(fit(value.text, room), self.ink("changed", paper)))
        return segments

    def _lanes(self, value: Value, row: Row, paper: str) -> list[Segment]:
        """The shape and the lanes of a row; those that have changed stand out."""
        shape, *lanes = value.text.split()
        before = lanes if value.before is None else value.before.split()[1:]
        if not lanes:
            return self._scalar(value, len(value.text), paper)
        shown = " " * len(shape) if row.first else shape
        segments = [Segment(shown, self.ink("faint", paper))]
        width = 0 if row.last is None else max(map(len, lanes))
        for now, then in list(zip(lanes, before, strict=True))[row.first:row.last]:
            ink = "text" if now == then else "changed"
            segments += (Segment(" " + " " * (width - len(now)), self.ink("text", paper)),
                         Segment(now, self.ink(ink, paper)))  # fmt: skip
        return segments


def _value_rows(section: str, value: Value, room: int) -> Iterator[Row]:
    """One row, or for the lanes of a vector as many as they need."""
    shape, *lanes = value.text.split() or [""]
    if value.type != _LANED or not lanes or len(value.text) <= room:
        yield Row(section, value)
        return
    fitting = (room - len(shape)) // (1 + max(map(len, lanes)))
    # as many as fit of a power of two, so that lanes stand below each other
    count = 1 << max(0, fitting.bit_length() - 1)
    for first in range(0, len(lanes), count):
        yield Row(section, value, first, first + count)
