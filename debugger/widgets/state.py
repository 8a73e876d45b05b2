"""The state pane: operand stack (top first), locals and globals, with what has just changed."""

from __future__ import annotations

from collections.abc import Iterator

from rich.segment import Segment
from textual.reactive import reactive

from debugger.views import StateView, Value
from debugger.widgets.lines import Lines
from debugger.widgets.text import column, fit

_NAME_AT_MOST = 16
_VALUE_AT_LEAST = 14  # cells left for values, at the cost of long names
_TYPE = 4  # cells of i32 to v128; a longer type pushes its value to the right

Row = tuple[str, Value | None]


class State(Lines):
    """Shows a StateView as three sections in aligned columns."""

    TITLE = "State"

    view: reactive[StateView | None] = reactive(None, repaint=False)

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._rows: tuple[Row, ...] = ()
        self._name_width = 1

    def watch_view(self, view: StateView | None) -> None:
        """Lays the columns out once per view, not once per line.

        A selected local or global stays selected, however high the operand stack is.
        """
        section, number = self.selected_place
        self._rows = () if view is None else tuple(self._sections(view))
        if section in ("locals", "globals"):
            first = self._first(section)
            if first is not None:
                self.set_reactive(State.selected, min(first + number, len(self._rows) - 1))
        values = [value for _, value in self._rows if value is not None]
        self._name_width = min(_NAME_AT_MOST, max((len(v.name) for v in values), default=1))
        self.settle()
        self.repaint()

    @staticmethod
    def _sections(view: StateView) -> Iterator[Row]:
        sections = (("stack", view.stack), ("locals", view.locals), ("globals", view.globals))
        for title, values in sections:
            if values or title == "stack":
                yield (title if values else f"{title} empty"), None
            for value in values:
                yield title, value

    @property
    def selected_place(self) -> tuple[str, int]:
        """The section and the number in it of the selected value; ('', -1) if there is none."""
        if not 0 <= self.selected < len(self._rows) or self._rows[self.selected][1] is None:
            return "", -1
        section = self._rows[self.selected][0]
        first = self._first(section)
        return section, self.selected - (first or 0)

    def _first(self, section: str) -> int | None:
        """The row of the first value of a section."""
        return next((i for i, (title, value) in enumerate(self._rows)
                     if title == section and value is not None), None)

    def row_count(self) -> int:
        """Headings and values."""
        return len(self._rows)

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """A heading, or name, type and value: `$n  i32  5→6`."""
        section, value = self._rows[index]
        if value is None:
            return [Segment(f" {section}", self.ink("muted", paper))]
        name_ink = "muted" if section == "stack" else "blue"
        name_width = min(self._name_width, max(4, width - _TYPE - _VALUE_AT_LEAST - 4))
        head = f"  {column(value.name, name_width)} "
        kind = f"{value.type:<{_TYPE}} "
        segments = [
            Segment(head, self.ink(name_ink, paper)),
            Segment(kind, self.ink("faint", paper)),
        ]
        room = width - len(head) - len(kind)
        if value.before is None:
            segments.append(Segment(fit(value.text, room), self.ink("text", paper)))
            return segments
        before = f"{value.before}→"
        if len(before) + len(value.text) <= room:
            segments.append(Segment(before, self.ink("muted", paper)))
        else:
            room -= 1
            segments.append(Segment("→", self.ink("muted", paper)))
        segments.append(Segment(fit(value.text, room), self.ink("changed", paper)))
        return segments
