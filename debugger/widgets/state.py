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
_INDENT = 3  # of lanes in rows of their own
_HALF = 2 + 16  # characters of the upper half of a number of 128 bits: 0x and its digits


@dataclass(frozen=True, slots=True)
class Row:
    """A heading, or a value; or of a vector too long for one row some of its lanes."""

    section: str
    value: Value | None = None
    lanes: range | None = None  # none of them in the row with the name


class State(Lines):
    """Shows a StateView as three sections in aligned columns."""

    TITLE = "State"

    view: reactive[StateView | None] = reactive(None, repaint=False)

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._rows: tuple[Row, ...] = ()
        self._name_width = 1
        self._variable_width = 1

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
        self._variable_width = min(_NAME_AT_MOST, max(
            (len(value.name) for value in view.variables), default=1))
        values = (*view.stack, *view.locals, *view.globals)
        longest = max((len(value.name) for value in values), default=1)
        room = max(4, width - _TYPE - _VALUE_AT_LEAST - 4)
        self._name_width = min(_NAME_AT_MOST, longest, room)
        self._rows = tuple(self._sections(view, width))

    def _sections(self, view: StateView, width: int) -> Iterator[Row]:
        sections = (("variables", view.variables), ("stack", view.stack),
                    ("locals", view.locals), ("globals", view.globals))
        for title, values in sections:
            if values or title == "stack":
                yield Row(title if values else f"{title} empty")
            for value in values:
                yield from self._value_rows(title, value, width)

    def _value_rows(self, section: str, value: Value, width: int) -> Iterator[Row]:
        """One row; a vector whose lanes don't fit into it has them in rows of their own."""
        texts = _lane_texts(value.text)
        if value.type != _LANED or len(value.text) <= width - self._head_width:
            yield Row(section, value)
            return
        fitting = (width - _INDENT) // (1 + max(map(len, texts)))
        # as many as fit of a power of two, so that lanes stand below each other
        count = 1 << max(0, fitting.bit_length() - 1)
        yield Row(section, value, range(0))
        for first in range(0, len(texts), count):
            yield Row(section, value, range(first, min(len(texts), first + count)))

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
        if row.lanes:
            return self._lanes(value, row.lanes, width, paper)
        if row.section == "variables":
            return self._variable(value, width, paper)
        name_ink = "muted" if row.section == "stack" else "blue"
        head = f"  {column(value.name, self._name_width)} "
        kind = f"{value.type:<{_TYPE}} "
        segments = [
            Segment(head, self.ink(name_ink, paper)),
            Segment(kind, self.ink("faint", paper)),
        ]
        if value.type == _LANED:
            return segments + self._vector(value, row, paper)
        return segments + self._scalar(value, width - len(head) - len(kind), paper)

    def _variable(self, value: Value, width: int, paper: str) -> list[Segment]:
        """Name, value, and the type where there is room for it."""
        head = f"  {column(value.name, self._variable_width)} "
        shown = self._scalar(value, width - len(head), paper)
        room = width - len(head) - sum(len(segment.text) for segment in shown)
        kind = f"  {value.type}"
        if len(kind) <= room:
            shown.append(Segment(kind, self.ink("faint", paper)))
        return [Segment(head, self.ink("blue", paper)), *shown]

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

    def _vector(self, value: Value, row: Row, paper: str) -> list[Segment]:
        """The shape, and behind it the lanes if they fit; those that have changed stand out."""
        shape, blank, _ = value.text.partition(" ")
        segments = [Segment(shape, self.ink("faint", paper))] if blank else []
        for i in range(len(_lane_texts(value.text))) if row.lanes is None else ():
            segments += (Segment(blank, self.ink("text", paper)), self._lane(value, i, paper))
        return segments

    def _lanes(self, value: Value, lanes: range, width: int, paper: str) -> list[Segment]:
        """Some lanes, right-aligned in columns."""
        cells = [self._lane(value, i, paper) for i in lanes]
        widest = max(map(len, _lane_texts(value.text)))
        indent = max(0, min(_INDENT, width - widest - 1))
        segments = [Segment(" " * indent, self.ink("text", paper))]
        for cell in cells:
            blank = " " * (1 + widest - len(cell.text))
            segments += (Segment(blank, self.ink("text", paper)), cell)
        return segments

    def _lane(self, value: Value, index: int, paper: str) -> Segment:
        now = _lane_texts(value.text)[index]
        same = value.before is None or _lane_texts(value.before)[index] == now
        return Segment(now, self.ink("text" if same else "changed", paper))


def _lane_texts(text: str) -> list[str]:
    """The lanes of a vector's text: what follows the shape, or the halves of a number."""
    words = text.split()
    return words[1:] or [text[:_HALF], text[_HALF:]]
