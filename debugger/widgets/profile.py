"""The profile pane: what each function has done, as a table."""

from __future__ import annotations

from rich.segment import Segment
from textual.reactive import reactive

from debugger.answers import ProfileRow, ProfileView
from debugger.widgets.lines import Lines
from debugger.widgets.text import elide, short

# Columns: title, width, what to sort by.
_COLUMNS = (("self", 7), ("steps", 7), ("total", 7), ("steps", 7), ("calls", 7))
_NUMBERS = sum(width for _, width in _COLUMNS)
_ORDERS = ("steps", "steps", "total", "total", "calls")


class Profile(Lines):
    """Shows a ProfileView, functions with most steps first; a click on a heading sorts by it.
    Choosing a function lists its calls."""

    TITLE = "Profile"

    view: reactive[ProfileView | None] = reactive(None, repaint=False)

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._order = "steps"
        self._rows: list[ProfileRow] = []

    def watch_view(self) -> None:
        """The same order for another profile."""
        self._sort(self._order)

    def _sort(self, order: str) -> None:
        self._order = order
        if self.view is None:
            return
        self._rows = sorted(self.view.functions, key=lambda row: -getattr(row, order))
        self.show_detail(f"steps {self.view.first:,} to {self.view.last:,}, by {order}")
        self.settle()
        self.refresh()

    def row_count(self) -> int:
        """The headings and a row per function, or one that says how to get some."""
        return len(self.empty_rows()) if self.view is None else 1 + len(self._rows)

    def function(self, index: int) -> ProfileRow | None:
        """The function in a row."""
        return self._rows[index - 1] if 1 <= index <= len(self._rows) else None

    def line_clicked(self, index: int, x: int) -> None:
        """A heading sorts."""
        if index:
            super().line_clicked(index, x)
        elif x < _NUMBERS:
            self._sort(_ORDERS[x * len(_ORDERS) // _NUMBERS])

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """`59.5%   2.1M  59.5%   2.1M      8  journal_says`."""
        if self.view is None:
            return self.draw_empty(index, paper)
        if not index:
            titles = "".join(f"{title:>{wide}}" for title, wide in _COLUMNS)
            return [Segment(f"{titles}  function", self.ink("muted", paper))]
        row, steps = self._rows[index - 1], max(1, self.view.last - self.view.first)
        room = max(0, width - _NUMBERS - 2)
        return [
            Segment(f"{row.steps / steps:>7.1%}", self.ink("changed", paper)),
            Segment(f"{short(row.steps):>7}", self.ink("text", paper)),
            Segment(f"{row.total / steps:>7.1%}", self.ink("number", paper)),
            Segment(f"{short(row.total):>7}", self.ink("text", paper)),
            Segment(f"{short(row.calls):>7}  ", self.ink("muted", paper)),
            Segment(elide(row.name, room), self.ink("blue", paper)),
        ]
