"""The calls pane: the frames of the call stack, innermost first."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from textual.message import Message
from textual.reactive import reactive

from debugger.views import CallsView, FrameView
from debugger.widgets.lines import Lines
from debugger.widgets.text import elide, fit, printable


class Calls(Lines):
    """Shows a CallsView; choosing a line selects that frame.

    A view has only some of a deep stack's frames: others are asked for when they come in sight.
    """

    TITLE = "Calls"

    view: reactive[CallsView | None] = reactive(None, repaint=False)

    @dataclass
    class Wanted(Message):
        """Frames around level `first` and after it have come in sight."""

        first: int

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._wanted = -1

    def watch_view(self, view: CallsView | None) -> None:
        """The selection stands on the selected frame."""
        if view is not None:
            chosen = next((frame.level for frame in view.frames if frame.selected), None)
            self.show_detail("", f"depth {view.total:,}")
            self._wanted = -1
            self.settle()
            if chosen is not None and chosen != self.selected:
                self.selected = chosen
                self.reveal(chosen)
            self._want()
        self.repaint()

    def watch_top(self) -> None:
        """Scrolling may lead to frames that aren't there yet."""
        self._want()

    def _want(self) -> None:
        view, height = self.view, self.size.height
        if view is None or not view.frames:
            return
        last = min(self.top + height, view.total)
        there = view.first <= self.top and last <= view.first + len(view.frames)
        first = max(0, self.top + height // 2 - len(view.frames) // 2)
        if not there and first != self._wanted and first != view.first:
            self._wanted = first
            self.post_message(self.Wanted(first))

    def frame(self, index: int) -> FrameView | None:
        """The frame of a row, if it is known."""
        if self.view is None or index < self.view.first:
            return None
        return next(iter(self.view.frames[index - self.view.first:][:1]), None)

    def row_count(self) -> int:
        """One row per frame, or those that say that there are none."""
        if self.view is None:
            return 0
        return self.view.total or len(self.empty_rows())

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """`► parse+1c  n=5`."""
        assert self.view is not None
        if not self.view.frames:
            return self.draw_empty(index, paper)
        frame = self.frame(index)
        if frame is None:
            return [Segment("  …", self.ink("muted", paper))]
        marker = "►" if frame.selected else " "
        name = elide(frame.name or f"func[{frame.funcidx}]", width - 3)
        place = f" {frame.file.replace(chr(92), '/').rpartition('/')[2]}:{frame.line}" \
            if frame.file else ""
        inlined = " inlined" if frame.inlined else ""
        args = fit(f"{place}{inlined} {frame.args}".rstrip(), width - 3 - len(name))
        return [
            Segment(f" {marker}", self.ink("changed", paper)),
            Segment(name, self.ink("strong" if frame.selected else "text", paper)),
            Segment(printable(args), self.ink("muted", paper)),
        ]
