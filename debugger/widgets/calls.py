"""The calls pane: the frames of the call stack, innermost first."""

from __future__ import annotations

from rich.segment import Segment
from textual.reactive import reactive

from debugger.views import CallsView
from debugger.widgets.lines import Lines
from debugger.widgets.text import elide, fit, printable


class Calls(Lines):
    """Shows a CallsView; choosing a line selects that frame."""

    TITLE = "Calls"

    view: reactive[CallsView | None] = reactive(None, repaint=False)

    def watch_view(self, view: CallsView | None) -> None:
        """The selection stands on the selected frame."""
        if view is not None:
            chosen = [i for i, frame in enumerate(view.frames) if frame.selected]
            self.selected = chosen[0] if chosen else -1
            self.show_detail("", f"depth {view.total:,}")
        self.settle()
        self.repaint()

    def row_count(self) -> int:
        """One row per frame, and one that tells of frames left out."""
        if self.view is None:
            return 0
        shown = len(self.view.frames) + (self.view.total > len(self.view.frames))
        return shown or len(self.empty_rows())

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """`► parse+1c  n=5`."""
        assert self.view is not None
        frames = self.view.frames
        if not frames:
            return self.draw_empty(index, paper)
        if index >= len(frames):
            more = f"  … {self.view.total - len(frames):,} more"
            return [Segment(more, self.ink("muted", paper))]
        frame = frames[index]
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
