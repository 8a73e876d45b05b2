"""The notes pane: marks, each a letter on a step, and what the user has written on steps."""

from __future__ import annotations

from rich.segment import Segment
from textual.reactive import reactive

from debugger.views import NoteView
from debugger.widgets.lines import Lines
from debugger.widgets.text import fit


class Notes(Lines):
    """Shows marks and notes by step; choosing one goes there."""

    TITLE = "Notes"

    view: reactive[tuple[NoteView, ...]] = reactive(())
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
            return [Segment(" m marks this step, i writes on it", self.ink("muted", paper))]
        each = self.view[index]
        here = " ►" if each.step == self.cursor else ""
        sign = f" '{each.letter} " if each.letter else " ✎  "
        step = f"step {each.step:,}" if each.letter else f"{each.step:,} "
        room = max(0, width - len(sign) - len(step) - len(here))
        return [
            Segment(sign, self.ink("changed", paper)),
            Segment(step, self.ink("text" if each.letter else "muted", paper)),
            Segment(fit(each.text, room), self.ink("text", paper)),
            Segment(here, self.ink("changed", paper)),
        ]
