"""The log pane: what commands have answered."""

from __future__ import annotations

from collections import deque

from rich.segment import Segment

from debugger.widgets.lines import Lines
from debugger.widgets.text import printable

_KEPT = 2000


class Log(Lines):
    """Keeps the last answers of the command line, each under the command that asked."""

    TITLE = "Log"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._rows: deque[tuple[str, str]] = deque(maxlen=_KEPT)

    def write(self, command: str, answer: str) -> None:
        """Adds a command and its answer, and scrolls to show as much of it as fits."""
        self._rows.append(("accent", f":{command}"))
        self._rows.extend(("text", f"  {line}") for line in answer.splitlines())
        self.top = len(self._rows)
        self.refresh()

    def on_resize(self) -> None:
        """The end stays in sight."""
        super().on_resize()
        self.top = len(self._rows)

    def row_count(self) -> int:
        """Lines kept, or one that says what comes here."""
        return len(self._rows) or len(self.empty_rows())

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """One line."""
        if not self._rows:
            return self.draw_empty(index, paper)
        ink, text = self._rows[index]
        return [Segment(f" {printable(text)}", self.ink(ink, paper))]
