"""The notes pane: marks, each a letter on a step, what the user has written on steps, and the
branches."""

from __future__ import annotations

from rich.segment import Segment
from textual.reactive import reactive

from debugger.views import BranchView, NoteView
from debugger.widgets.lines import Lines
from debugger.widgets.text import fit


class Notes(Lines):
    """Shows marks and notes by step, and branches once there are any; choosing one goes there."""

    TITLE = "Notes"

    view: reactive[tuple[NoteView, ...]] = reactive(())
    branches: reactive[tuple[BranchView, ...]] = reactive(())
    cursor: reactive[int] = reactive(0)

    def watch_view(self) -> None:
        """A shorter list may end before the selection."""
        self.settle()

    def row_count(self) -> int:
        """One row per mark, or one that says how to make one, and one per branch."""
        return self._above + len(self._shown_branches)

    @property
    def _above(self) -> int:
        """Rows before the branches."""
        return len(self.view) or (1 if self._shown_branches else len(self.empty_rows()))

    @property
    def _shown_branches(self) -> tuple[BranchView, ...]:
        return self.branches if len(self.branches) > 1 else ()

    def watch_branches(self) -> None:
        """There may be fewer."""
        self.settle()

    def watch_selected(self) -> None:
        """A long note, or all of a branch's words, is read in the lower border."""
        branch = self.branch(self.selected)
        if branch is not None:
            self.show_detail("", f"{branch.name}: {branch.edit}" if branch.edit else "")
            return
        chosen = self.view[self.selected:self.selected + 1] if self.selected >= 0 else ()
        self.show_detail("", chosen[0].text if chosen else "")

    def branch(self, index: int) -> BranchView | None:
        """The branch in a row, if there is one in it."""
        at = index - self._above
        return self._shown_branches[at] if 0 <= at < len(self._shown_branches) else None

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """`'a  1,204,331  before the crash`."""
        if (branch := self.branch(index)) is not None:
            return self._branch(branch, width, paper)
        if not self.view:
            return self.draw_empty(index, paper)
        each = self.view[index]
        here = "►" if each.step == self.cursor else " "
        sign = f"{here}'{each.letter} " if each.letter else f"{here}✎ "
        step = f"step {each.step:,}" if each.letter else f"{each.step:,} "
        return [
            Segment(sign, self.ink("changed", paper)),
            Segment(step, self.ink("text" if each.letter else "muted", paper)),
            Segment(fit(each.text, width - len(sign) - len(step)), self.ink("text", paper)),
        ]

    def _branch(self, branch: BranchView, width: int, paper: str) -> list[Segment]:
        """`►b1  1,001 $n 5 → 6`: where it began, and with which edit."""
        words = f"{branch.fork:,} {branch.edit}" if branch.edit else f"{branch.total:,} steps"
        head = f" {branch.name:<5}"
        return [
            Segment("►" if branch.current else " ", self.ink("changed", paper)),
            Segment(head, self.ink("strong" if branch.current else "blue", paper)),
            Segment(fit(f" {words}", max(1, width - len(head) - 1)), self.ink("text", paper)),
        ]
