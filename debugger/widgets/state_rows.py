"""The rows of the state pane: which there are, and how wide their names are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from debugger.views import StateView, Value
from debugger.widgets.text import column, elide

LANED = "v128"
MARK = 2  # cells of ▸ or ▾, and of the indent of what is in an object
TYPE = 4  # cells of i32 to v128
INDENT = 3  # of lanes in rows of their own
_NAME_AT_MOST = 16
_VALUE_AT_LEAST = 14  # cells left for values, at the cost of long names
_HALF = 2 + 16  # characters of the upper half of a number of 128 bits: 0x and its digits


@dataclass(frozen=True, slots=True)
class Row:
    """A heading, or a value; or of a vector too long for one row some of its lanes.

    `depth` counts the objects that the value is in; `width` is that of its and its neighbours'
    names. `place` says where the value stands, whatever else comes and goes.
    """

    section: str
    value: Value | None = None
    lanes: range | None = None  # none of them in the row with the name
    depth: int = 0
    width: int = 0
    place: tuple[str, ...] = ()

    @property
    def head(self) -> int:
        """Cells before the value: indent, name, type."""
        kind = self.value is not None and kind_text(self.value)
        return MARK * (self.depth + 1) + self.width + 1 + (TYPE + 1 if kind else 0)


def section_rows(view: StateView, width: int) -> Iterator[Row]:
    """All rows of a view, in a pane of this width."""
    named = (*view.stack, *view.locals, *view.globals, *view.tables)
    names = _name_width(named, 0, width)
    sections = (("results", view.results), ("variables", view.variables),
                ("stack", view.stack), ("locals", view.locals), ("globals", view.globals),
                ("tables", view.tables))
    for title, values in sections:
        if values or (title == "stack" and not view.results):
            yield Row(title if values else f"{title} empty")
        for value in values:
            yield from _value_rows(Row(title, value, None, 0, names, (title, value.name)), width)


def variable_width(view: StateView) -> int:
    """Cells for the names of the source's variables."""
    return min(_NAME_AT_MOST, max((len(value.name) for value in view.variables), default=1))


def name_text(value: Value, width: int) -> str:
    """The name, as wide as that."""
    return column(elide(value.name, width), width)


def kind_text(value: Value) -> str:
    """The type as the column shows it; what a reference refers to says its type itself."""
    return "" if value.ref is not None or value.key else value.type


def _name_width(values: Sequence[Value], depth: int, width: int) -> int:
    """Cells for the names of values that stand below each other."""
    longest = max((len(value.name) for value in values), default=1)
    kind = TYPE + 1 if any(map(kind_text, values)) else 0
    room = max(4, width - MARK * (depth + 1) - 1 - kind - _VALUE_AT_LEAST)
    return min(_NAME_AT_MOST, longest, room)


def _value_rows(row: Row, width: int) -> Iterator[Row]:
    """A row, and rows for what is in the value; a vector whose lanes don't fit into its row has
    them in rows of their own."""
    value = row.value
    assert value is not None
    texts = lane_texts(value.text)
    if value.type == LANED and len(value.text) > width - row.head:
        fitting = (width - INDENT) // (1 + max(map(len, texts)))
        # as many as fit of a power of two, so that lanes stand below each other
        count = 1 << max(0, fitting.bit_length() - 1)
        yield replace(row, lanes=range(0))
        for first in range(0, len(texts), count):
            yield replace(row, lanes=range(first, min(len(texts), first + count)), place=())
        return
    yield row
    names = _name_width(value.items, row.depth + 1, width)
    for item in value.items:
        yield from _value_rows(
            Row(row.section, item, None, row.depth + 1, names, (*row.place, item.name)), width)


def lane_texts(text: str) -> list[str]:
    """The lanes of a vector's text: what follows the shape, or the halves of a number."""
    words = text.split()
    return words[1:] or [text[:_HALF], text[_HALF:]]
