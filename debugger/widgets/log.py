"""The log pane: what commands have answered."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from rich.cells import chop_cells
from rich.segment import Segment

from debugger.widgets.lines import Lines
from debugger.widgets.text import printable

_KEPT = 2000
_FURTHER = 2        # cells
Line = tuple[str, str]      # ink, text


class Log(Lines):
    """Keeps the last answers of the command line, each under the command that asked."""

    TITLE = "Log"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._lines: deque[Line] = deque(maxlen=_KEPT)
        self._rows: list[Line] = []

    def write(self, command: str, answer: str) -> None:
        """Adds a command and its answer, and scrolls to show as much of it as fits."""
        self._lines.append(("accent", f":{command}"))
        self._lines.extend(("text", f"  {line}") for line in answer.splitlines())
        self._fold()

    def on_resize(self) -> None:
        """The end stays in sight."""
        super().on_resize()
        self._fold()

    def _fold(self) -> None:
        """Lines that are longer than the pane is wide go on in the next row, further in."""
        width = self.size.width - 2
        self._rows = [row for line in self._lines for row in _folded(line, width)]
        self.top = len(self._rows)
        self.refresh()

    def row_count(self) -> int:
        """Rows kept, or those that say what comes here."""
        return len(self._rows) or len(self.empty_rows())

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """One row."""
        if not self._rows:
            return self.draw_empty(index, paper)
        ink, text = self._rows[index]
        return [Segment(f" {text}", self.ink(ink, paper))]


def _folded(line: Line, width: int) -> Iterator[Line]:
    """Rows of a line; cut at any cell, since a table's columns matter more than its words."""
    ink, text = line[0], printable(line[1])
    if len(text) <= width and text.isascii():
        yield ink, text
        return
    indent = " " * min(len(text) - len(text.lstrip()) + _FURTHER, width // 2)
    at, lead = 0, ""
    while at < len(text):
        room = max(_FURTHER, width - len(lead))
        head = chop_cells(text[at:at + room], room)[0]
        yield ink, lead + head
        at, lead = at + len(head), indent
