"""The source pane: a file with its breakpoints and the line of the selected frame."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from textual.message import Message
from textual.reactive import reactive

from debugger.codeviews import SourceView
from debugger.widgets.code import DOTS
from debugger.widgets.lines import Lines
from debugger.widgets.text import fit, printable

_GUTTER = 2
_MARGIN = 3
_TAB = 4


class Source(Lines):
    """Shows a SourceView. The selection follows the cursor until it is moved away."""

    TITLE = "Source"

    view: reactive[SourceView | None] = reactive(None, repaint=False)

    @dataclass
    class BreakToggled(Message):
        """A click in the gutter of this line of the file shown."""

        file: str
        line: int

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._breaks: dict[int, str] = {}

    def watch_view(self, old: SourceView | None, new: SourceView | None) -> None:
        """Follows the line; another file starts from its own scroll position."""
        if new is None:
            self.show_detail("", "")
            self.settle()
            self.repaint()
            return
        self._breaks = dict(new.breaks)
        same = old is not None and old.file == new.file
        if not same:
            self.top = 0
        name = printable(new.file.replace("\\", "/").rpartition("/")[2])
        self.show_detail(name, printable(new.notice or new.file))
        moved = old is None or not same or old.top != new.top
        if moved and 0 < new.top <= len(new.lines):
            self.set_reactive(Source.selected, new.top - 1)
            if not same:
                self.top = max(0, new.top - 1 - self.size.height // 3)
            self.reveal(new.top - 1, _MARGIN)
        self.settle()
        self.repaint()

    def on_resize(self) -> None:
        """Keeps the line in sight."""
        super().on_resize()
        if self.view is not None and 0 < self.view.top <= len(self.view.lines):
            self.reveal(self.view.top - 1, _MARGIN)

    @property
    def selected_line(self) -> tuple[str, int] | None:
        """The file and line at which `break` acts."""
        if self.view is None or not 0 <= self.selected < len(self.view.lines):
            return None
        return self.view.file, self.selected + 1

    def row_count(self) -> int:
        """The file's lines, or what to say instead of them."""
        return max(len(self._words()), len(self.view.lines) if self.view else 0)

    def _words(self) -> list[str]:
        """Why there are no lines."""
        if self.view is None:
            return ["", " no source is known for this code: d shows its instructions"]
        if self.view.lines:
            return []
        found = f"{self.view.file}:{self.view.current}" if self.view.current else self.view.file
        return ["", f" {found}", " the file is not here. Name its directory:",
                " :directory DIR, or start with --source-dir DIR", " d shows instructions"]

    def paper(self, index: int) -> str:
        """The current line stands out even without focus."""
        if self.view is not None and self.view.lines and index == self.view.current - 1:
            return "current"
        return "selected" if index == self.selected else ""

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """Gutter, line number, text."""
        words = self._words()
        if words or self.view is None:
            text = words[index] if index < len(words) else ""
            return [Segment(fit(text, width), self.ink("muted"))]
        here = index == self.view.current - 1
        digits = max(3, len(str(len(self.view.lines))))
        text = self.view.lines[index].expandtabs(_TAB)
        return [
            Segment(DOTS[self._breaks.get(index + 1, "")], self.ink("error", paper)),
            Segment("►" if here else " ", self.ink("changed", paper)),
            Segment(f"{index + 1:>{digits}}  ", self.ink("faint", paper)),
            Segment(fit(text, width - digits - 4), self.ink("strong" if here else "text", paper)),
        ]

    def line_clicked(self, index: int, x: int) -> None:
        """The gutter toggles a breakpoint; elsewhere a click selects."""
        if x < _GUTTER and self.selected_line is not None:
            self.post_message(self.BreakToggled(*self.selected_line))
