"""The breaks pane: the list of breakpoints, watchpoints, catches and log-points."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual.message import Message
from textual.reactive import reactive

from debugger.views import BreakView
from debugger.widgets.code import DOTS
from debugger.widgets.lines import Lines
from debugger.widgets.text import column, elide, short

_WORDS_FROM = 40  # cells from which counts have their words
_DOT_X = 3  # a click left of this column hits the dot


# What stops a watchpoint that isn't for changes.
WATCHES = {"write": "writes ", "read": "reads ", "access": "accesses "}


def _place(item: BreakView) -> str:
    """A line of the source says more than an offset in code."""
    where = item.where.partition(" ")[2] if item.where.startswith("func[") else item.where
    return f"{item.line} {where.partition('+')[0]}" if item.line else where


class Breaks(Lines):
    """Shows BreakViews. Choosing one shows its code, or for a watchpoint its hits; a click on its
    dot enables or disables it.
    """

    TITLE = "Breaks"

    view: reactive[tuple[BreakView, ...]] = reactive(())

    @dataclass
    class Toggled(Message):
        """The breakpoint's dot was clicked."""

        breakpoint: BreakView

    def watch_view(self) -> None:
        """A shorter list may end before the selection."""
        self.settle()
        self.watch_selected()

    def watch_selected(self) -> None:
        """The lower border has all of the selected one's words, which may not fit into its line."""
        item = self.selected_break
        self.show_detail("", "" if item is None else " ".join(self._words(item)).strip())

    @property
    def selected_break(self) -> BreakView | None:
        """The breakpoint under the selection."""
        return self.view[self.selected] if 0 <= self.selected < len(self.view) else None

    def row_count(self) -> int:
        """One row per breakpoint, or one that says there are none."""
        return len(self.view) or len(self.empty_rows())

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """`◆ 1 parse+0x1c if $0 > 5  12 hits`."""
        if not self.view:
            return self.draw_empty(index, paper)
        item = self.view[index]
        hits = self._hits(item, width >= _WORDS_FROM)
        head = f" {DOTS[item.marker]} "
        room = max(1, width - len(head) - 4 - len(hits))
        where, condition = self._words(item)
        shown = elide(where, room)
        rest = room - cell_len(shown)
        return [
            Segment(head, self.ink("error", paper)),
            Segment(f"{item.number:<2} ", self.ink("muted", paper)),
            Segment(shown, self.ink("text" if item.enabled else "faint", paper)),
            Segment(column(f" {condition}" if condition else "", rest) if rest > 0 else "",
                    self.ink("number", paper)),
            Segment(f" {hits}", self.ink("muted", paper)),
        ]

    @staticmethod
    def _words(item: BreakView) -> tuple[str, str]:
        """What it is on, and under which condition."""
        kind = {"watchpoint": "watch ", "catchpoint": "catch "}.get(item.kind, "")
        if item.kind == "watchpoint" and not item.changed:
            kind = WATCHES[item.access]
        conditions = [f"if {item.condition}"] * bool(item.condition)
        conditions += [f"ignore {item.ignore}"] * bool(item.ignore) + ["once"] * item.temporary
        return f"{kind}{_place(item)}", " ".join([item.message] * bool(item.message) + conditions)

    @staticmethod
    def _hits(item: BreakView, words: bool) -> str:
        """How often it has been hit in the recording; until that is known, how often it stopped."""
        if item.total is not None:
            return short(item.total) + (f" hit{'s' * (item.total != 1)}" if words else "")
        return short(item.hits) + (f" stop{'s' * (item.hits != 1)}" if words else "*") \
            if item.hits else ""

    def line_clicked(self, index: int, x: int) -> None:
        """The dot toggles."""
        if index < len(self.view) and x < _DOT_X:
            self.post_message(self.Toggled(self.view[index]))
        else:
            super().line_clicked(index, x)
