"""The history pane: every hit of a location or breakpoint over the recording, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from textual.message import Message
from textual.reactive import reactive

from debugger.answers import HitsView, HitView
from debugger.widgets.lines import Lines
from debugger.widgets.text import elide, fit, printable

PAGE = 200
_WHERE_AT_LEAST = 5     # cells left for the function
_KEPT = 5000            # rows that are remembered


class History(Lines):
    """Shows pages of a HitsView as one long list; what isn't there yet is asked for.

    Choosing a hit goes there.
    """

    TITLE = "History"

    view: reactive[HitsView | None] = reactive(None, repaint=False)
    cursor: reactive[int] = reactive(0)

    @dataclass
    class Wanted(Message):
        """Hits from number `first` on are to be shown."""

        first: int

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._rows: dict[int, HitView] = {}
        self._asked = -1

    def watch_view(self, old: HitsView | None, new: HitsView | None) -> None:
        """Another page of the same list joins what is known; another list begins at the cursor."""
        if new is None:
            return
        self._asked = -1
        same = old is not None and (old.what, old.upto) == (new.what, new.upto)
        if not same or len(self._rows) > _KEPT:
            self._rows.clear()
        self._rows |= {row.index: row for row in new.rows}
        self.show_detail("", printable(f"{new.total:,} {new.what}, up to step {new.upto:,}"))
        if not same:
            self.selected = min(new.before, max(0, new.total - 1))
            self.reveal(self.selected, 3)
        self.settle()
        self.refresh()

    def row_count(self) -> int:
        """One row per hit, or one that says how to get some."""
        return len(self.empty_rows()) if self.view is None else max(1, self.view.total)

    def hit(self, index: int) -> HitView | None:
        """The hit in a row, if it is there."""
        return self._rows.get(index)

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """`►  1,204,331  parse+0x1c        5 → 6`."""
        if self.view is None:
            return self.draw_empty(index, paper)
        if not self.view.total:
            return [Segment(" never, in all that is recorded", self.ink("muted", paper))]
        row = self._rows.get(index)
        if row is None:
            self._ask(index)
            return [Segment(f" {index + 1:,} …", self.ink("faint", paper))]
        here = "►" if row.step == self.cursor else " "
        steps = len(f"{self.view.upto:,}")
        text = fit(row.text, max(0, width - steps - 4 - _WHERE_AT_LEAST)) if row.text else ""
        room = max(0, width - steps - 4 - (len(text) + 2 if text else 0))
        where = row.where.partition(" ")[2]
        return [
            Segment(here, self.ink("changed", paper)),
            Segment(f"{row.step:>{steps},} ",
                    self.ink("text" if row.step >= self.cursor else "muted", paper)),
            Segment(f" {text} " if text else "", self.ink("changed", paper)),
            Segment(" " + elide(where, room), self.ink("blue", paper)),
        ]

    def _ask(self, index: int) -> None:
        """Once for what is in sight, with some around it."""
        if self._asked < 0:
            self._asked = max(0, index - PAGE // 4)
            self.post_message(self.Wanted(self._asked))
