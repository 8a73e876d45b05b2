"""The output pane: what the program has printed at the cursor, and how much is still to come."""

from __future__ import annotations

import re

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.reactive import reactive

from debugger.views import OutputView
from debugger.widgets.lines import Lines
from debugger.widgets.text import printable, size

# Escape sequences would move our own cursor; a time-travelling output has no use for them.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)")


def _folded(line: str, width: int) -> list[str]:
    """One line of output, folded at the pane's width."""
    if line.isascii():
        return [line[i : i + width] for i in range(0, len(line), width)] or [""]
    rows = []
    while cell_len(line) > width:
        # A padding blank stands in for half of a wide character that doesn't fit.
        part = set_cell_size(line, width)
        taken = len(part) if line.startswith(part) else len(part) - 1
        rows.append(line[:taken])
        line = line[taken:]
    return [*rows, line]


class Output(Lines):
    """Shows an OutputView and stays at its end, where the cursor's output is."""

    TITLE = "Output"

    view: reactive[OutputView | None] = reactive(None)

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._rows: list[str] = []

    def watch_view(self, old: OutputView | None, new: OutputView | None) -> None:
        """Folds anew only when the text is another."""
        if new is None:
            return
        later = f"{size(new.later)} still to come" if new.later else ""
        self.show_detail("", f"{size(new.total)}{' · ' if later else ''}{later}")
        if old is None or old.text != new.text:
            self._fold()

    def on_resize(self) -> None:
        """Another width folds differently."""
        super().on_resize()
        self._fold()

    def _fold(self) -> None:
        width = self.size.width - 2  # a blank at the left, the thumb at the right
        if self.view is None or width < 1:
            return
        text = _ESCAPES.sub("", self.view.text).replace("\r\n", "\n").expandtabs()
        lines = text.split("\n")
        if lines[-1] == "":
            lines.pop()
        self._rows = [row for line in lines for row in _folded(printable(line), width)]
        self.top = len(self._rows)
        self.selected = -1
        self.refresh()

    def row_count(self) -> int:
        """Folded rows, or one that says there are none."""
        return len(self._rows) or len(self.empty_rows())

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """One row of the program's text."""
        if not self._rows:
            return self.draw_empty(index, paper)
        return [Segment(" " + self._rows[index], self.ink("text", paper))]
