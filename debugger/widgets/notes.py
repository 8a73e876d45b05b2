"""The notes pane: marks, each a letter on a step."""

from __future__ import annotations

from rich.segment import Segment
from textual.reactive import reactive

from debugger.widgets.lines import Lines

Mark = tuple[str, int]


class Notes(Lines):
    """Shows the marks; choosing one goes there."""

    TITLE = "Notes"

    view: reactive[tuple[Mark, ...]] = reactive(())
    cursor: reactive[int] = reactive(0)

    def watch_view(self) -> None:
        """A shorter list may end before the selection."""
        self.settle()

    def row_count(self) -> int:
        """One row per mark, or one that says how to make one."""
        return max(1, len(self.view))

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """`'a  1,204,331  before the crash`."""
        if not self.view:
            return [Segment(" no marks yet", self.ink("muted", paper))]
        letter, step = self.view[index]
        here = " ►" if step == self.cursor else ""
        return [
            Segment(f" '{letter} ", self.ink("changed", paper)),
            Segment(f"step {step:,}", self.ink("text", paper)),
            Segment(here, self.ink("changed", paper)),
        ]
