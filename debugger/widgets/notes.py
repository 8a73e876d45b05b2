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

    def watch_selected(self) -> None:
        """A long note is read in the border."""
        chosen = self.view[self.selected:self.selected + 1] if self.selected >= 0 else ()
        self.show_detail("", chosen[0].text if chosen else "")

    def row_count(self) -> int:
        """One row per mark, or one that says how to make one."""
        return max(1, len(self.view))

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """`'a  1,204,331  before the crash`."""
        if not self.view:
            return [Segment(" m marks this step, i writes on it", self.ink("muted", paper))]
        each = self.view[index]
        here = "►" if each.step == self.cursor else " "
        sign = f"{here}'{each.letter} " if each.letter else f"{here}✎ "
        step = f"step {each.step:,}" if each.letter else f"{each.step:,} "
        return [
            Segment(sign, self.ink("changed", paper)),
            Segment(step, self.ink("text" if each.letter else "muted", paper)),
            Segment(fit(each.text, width - len(sign) - len(step)), self.ink("text", paper)),
        ]
