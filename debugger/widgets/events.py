"""The events pane: what has happened in the recording, at which step."""

from __future__ import annotations

from bisect import bisect_right

from rich.segment import Segment
from textual.reactive import reactive

from debugger.views import EventView
from debugger.widgets.lines import Lines
from debugger.widgets.text import fit

SIGNS = {"trap": "✖", "exception": "✖", "throw": "↯", "exit": "■", "finished": "■", "grow": "▲",
         "collect": "◇", "break": "●"}
OTHER_SIGN = "·"
FAILURES = ("trap", "exception")      # ends that are the program's fault


class Events(Lines):
    """Shows EventViews; choosing one goes to its step. What is yet to come is drawn faintly."""

    TITLE = "Events"

    view: reactive[tuple[EventView, ...]] = reactive(())
    cursor: reactive[int] = reactive(0)

    def watch_cursor(self, cursor: int) -> None:
        """Keeps the last event before the cursor in sight."""
        self.selected = bisect_right(self.view, cursor, key=lambda event: event.step) - 1
        self.reveal(max(0, self.selected), 2)

    def watch_view(self) -> None:
        """A shorter list may end before the selection."""
        self.settle()
        self.watch_cursor(self.cursor)

    def row_count(self) -> int:
        """One row per event, or one that says there are none."""
        return len(self.view) or len(self.empty_rows())

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """`·  1,204,331  fd_write "ok"`."""
        if not self.view:
            return self.draw_empty(index, paper)
        event = self.view[index]
        later = event.step > self.cursor
        steps = len(f"{self.view[-1].step:,}")
        sign_ink = "error" if event.kind in FAILURES else "accent"
        words = fit(event.text or event.kind, width - steps - 5)
        return [
            Segment(f" {SIGNS.get(event.kind, OTHER_SIGN)} ", self.ink(sign_ink, paper)),
            Segment(f"{event.step:>{steps},}  ", self.ink("muted", paper)),
            Segment(words, self.ink("faint" if later else "text", paper)),
        ]
