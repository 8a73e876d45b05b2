"""The breaks pane: the list of breakpoints."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from textual.message import Message
from textual.reactive import reactive

from debugger.views import BreakView
from debugger.widgets.lines import Lines
from debugger.widgets.text import column, fit, short

_DOT_X = 3  # a click left of this column hits the dot


def _place(item: BreakView) -> str:
    """A line of the source says more than an offset in code."""
    name = item.where.partition("] ")[2].partition("+")[0]
    return f"{item.line} {name}" if item.line else item.where


class Breaks(Lines):
    """Shows BreakViews. Choosing one shows its code; a click on its dot enables or disables it."""

    TITLE = "Breaks"

    view: reactive[tuple[BreakView, ...]] = reactive(())

    @dataclass
    class Toggled(Message):
        """The breakpoint's dot was clicked."""

        breakpoint: BreakView

    def watch_view(self) -> None:
        """A shorter list may end before the selection."""
        self.settle()

    @property
    def selected_break(self) -> BreakView | None:
        """The breakpoint under the selection."""
        return self.view[self.selected] if 0 <= self.selected < len(self.view) else None

    def row_count(self) -> int:
        """One row per breakpoint, or one that says there are none."""
        return max(1, len(self.view))

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """`● 1 func[42] parse+0x1c  12 hits`."""
        if not self.view:
            return [Segment(" none yet", self.ink("muted", paper))]
        item = self.view[index]
        hits = f"{short(item.hits)} hits" if item.hits else ""
        room = max(1, width - 7 - len(hits))
        return [
            Segment(" ● " if item.enabled else " ○ ", self.ink("error", paper)),
            Segment(f"{item.number:<2} ", self.ink("muted", paper)),
            Segment(column(fit(_place(item), room), room), self.ink("text", paper)),
            Segment(hits, self.ink("muted", paper)),
        ]

    def line_clicked(self, index: int, x: int) -> None:
        """The dot toggles."""
        if index < len(self.view) and x < _DOT_X:
            self.post_message(self.Toggled(self.view[index]))
        else:
            super().line_clicked(index, x)
