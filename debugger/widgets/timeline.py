"""The timeline: all of history in one row, and lanes for the part of it that is in view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.timer import Timer

from debugger.views import BranchView, TimelineView
from debugger.widgets.panel import Panel
from debugger.widgets.scale import Scale, zoomed
from debugger.widgets.text import printable, short
from debugger.widgets.timeline_rows import Cells, Landmark, Row, brackets, compose, landmarks

_LABELS = 10  # cells left of the lanes; the opening bracket stands in the last one
_REST = 0.15  # seconds of rest after which a drag seeks
_ZOOM = 2.0


class Timeline(Panel):
    """Shows a TimelineView. Dragging previews; the seek comes on release or after a rest."""

    TITLE = "Timeline"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "nudge(-1)", show=False, priority=True),
        Binding("right", "nudge(1)", show=False, priority=True),
        Binding("shift+left", "nudge(-8)", show=False, priority=True),
        Binding("shift+right", "nudge(8)", show=False, priority=True),
        Binding("enter", "settle", show=False, priority=True),
    ]

    view: reactive[TimelineView | None] = reactive(None, repaint=False)
    branches: reactive[tuple[BranchView, ...]] = reactive((), repaint=False)
    preview: reactive[int | None] = reactive(None, repaint=False)

    @dataclass
    class Sought(Message):
        """The user has chosen a step."""

        step: int

    @dataclass
    class Previewed(Message):
        """The user is passing over a step, without having chosen it yet; None: not any more."""

        step: int | None

    @dataclass
    class Stepped(Message):
        """The wheel: so many steps forward, or back."""

        by: int

    @dataclass
    class Zoomed(Message):
        """Another viewport, [first, last)."""

        first: int
        last: int

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._rest: Timer | None = None
        self._sought: int | None = None
        self._dragged_row = 0
        self._rows: list[Row] = []
        self._landmarks: dict[int, Landmark] = {}

    # Scales

    @property
    def cells(self) -> int:
        """Cells of a lane: the width without labels and brackets."""
        return max(1, self.size.width - _LABELS - 1)

    def _all(self) -> Scale:
        return Scale(0, (self.view.total if self.view else 0) + 1, self.cells)

    def _viewport(self) -> Scale:
        view = self.view
        return self._all() if view is None else Scale(view.first, view.last, self.cells)

    @property
    def shown_cursor(self) -> int:
        """Where the cursor is drawn: the preview's step, else the session's."""
        cursor = self.view.cursor if self.view else 0
        return cursor if self.preview is None else self.preview

    # Drawing

    def watch_view(self, view: TimelineView | None) -> None:
        """Composes the rows once per view."""
        self._compose_rows()
        if view is not None:
            self._tell()
        self.repaint()

    def watch_branches(self) -> None:
        """A branch may begin where nothing else has changed."""
        self._compose_rows()
        self.repaint()

    def watch_preview(self) -> None:
        """Only cells in which the cursor was or is look different now."""
        self.repaint()

    def on_resize(self) -> None:
        """Another height has other rows."""
        super().on_resize()
        self._compose_rows()
        self.refresh()

    def _compose_rows(self) -> None:
        view = self.view
        if view is not None:
            scale = self._viewport()
            self._landmarks = landmarks(scale, view, self.branches)
            self._rows = compose(view, scale, self._all(), self._landmarks, self.size.height)

    def paint(self, y: int) -> Strip:
        """A label, a bracket's place, the cells, a bracket's place."""
        width = self.size.width
        view = self.view
        if view is None or y >= len(self._rows):
            return self.strip([], width)
        label, cells = self._rows[y]
        label_text = f" {label:<{_LABELS - 2}}"
        segments = [Segment(label_text, self.ink("muted"))]
        ends = {-1: (" ", "text"), self.cells: (" ", "text")}
        scale = self._viewport()
        if y == 0:
            scale = self._all()
            left, right = brackets(scale, view)
            ends[left], ends[right] = ("[", "strong"), ("]", "strong")
        cursor = scale.cell(self.shown_cursor)
        row = [ends[-1], *cells, ends[self.cells]]
        segments += self._runs(row, ends, cursor, events=label == "events")
        return self.strip(segments, width)

    def _runs(
        self, row: Cells, over: dict[int, tuple[str, str]], cursor: int | None, *, events: bool
    ) -> list[Segment]:
        """Runs of one ink as segments. The cursor is a line, except that events show through."""
        segments: list[Segment] = []
        text, ink = "", ""
        for cell, (sign, this) in enumerate(row, -1):
            sign, this = over.get(cell, (sign, this))
            if cell == cursor:
                segments.append(Segment(text, self.ink(ink or "text")))
                covered = sign if events and sign != " " else ""
                look = self.ink("inverse" if covered else "changed")
                segments.append(Segment(covered or "┃", look))
                text = ""
                continue
            if this != ink:
                if text:
                    segments.append(Segment(text, self.ink(ink)))
                text, ink = "", this
            text += sign
        segments.append(Segment(text, self.ink(ink)))
        return [segment for segment in segments if segment.text]

    def _tell(self, hovered: str = "") -> None:
        """The lower border: the scale, and what is under the mouse or being chosen."""
        view = self.view
        if view is None:
            return
        per_cell = self._viewport().per_cell
        each = f"{per_cell:.1f}".removesuffix(".0") if per_cell < 9.95 else short(round(per_cell))
        scale = f"1 cell = {each} steps" if per_cell > 1 else "every step"
        if hovered:
            words = hovered
        elif self.preview is not None:
            words = f"to step {self.preview:,}"
        else:
            words = f"{view.first:,} to {min(view.last, view.total + 1) - 1:,}"
        self.show_detail("", f"{words} · {scale}")

    # Choosing a step

    def _seek_soon(self, step: int) -> None:
        """Previews a step now, and seeks it after a rest."""
        self.preview = step
        self._tell()
        self.post_message(self.Previewed(step))
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(_REST, self.action_settle)

    def action_settle(self) -> None:
        """Seeks the previewed step at once."""
        if self._rest is not None:
            self._rest.stop()
            self._rest = None
        if self.preview is None or self.view is None:
            return
        bound_for = self.view.cursor if self._sought is None else self._sought
        if self.preview != bound_for:
            self._sought = self.preview
            self.post_message(self.Sought(self.preview))
        elif self._sought is None:
            self.arrived()

    def arrived(self) -> None:
        """The session stands where the view says: the preview is over, unless the user drags."""
        self._sought = None
        busy = self._rest is not None or self.app.mouse_captured is self
        if self.preview is not None and not busy:
            self.preview = None
            self._tell()
            self.post_message(self.Previewed(None))

    def action_nudge(self, cells: int) -> None:
        """Moves by cells."""
        scale = self._viewport()
        by = round(cells * max(1.0, scale.per_cell))
        total = self.view.total if self.view else 0
        self._seek_soon(max(0, min(total, self.shown_cursor + by)))

    def zoom(self, zoom_in: bool, around: int | None = None) -> None:
        """Asks for a viewport half or twice as wide, around a step or the cursor."""
        view = self.view
        if view is None:
            return
        around = view.cursor if around is None else around
        if not view.first <= around < view.last:
            around = (view.first + view.last) // 2
        factor = 1 / _ZOOM if zoom_in else _ZOOM
        first, last = zoomed(view.first, view.last, view.total, factor, around, self.cells)
        self.post_message(self.Zoomed(first, last))

    # Mouse

    def _step_at(self, x: int, row: int) -> int:
        if (mark := self._landmark_at(x, row)) is not None:
            return mark.step
        scale = self._all() if row == 0 else self._viewport()
        total = self.view.total if self.view else 0
        return min(total, scale.step(x - _LABELS))

    def _landmark_at(self, x: int, row: int) -> Landmark | None:
        """What the row of events shows there; going to its sign goes to its very step."""
        on_events = 0 <= row < len(self._rows) and self._rows[row][0] == "events"
        return self._landmarks.get(x - _LABELS) if on_events else None

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Takes hold of the cursor."""
        offset = event.get_content_offset(self)
        if offset is None or offset.x < _LABELS - 1 or self.view is None:
            return
        self.capture_mouse()
        self._dragged_row = offset.y
        self._seek_soon(self._step_at(offset.x, offset.y))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drags the cursor, or tells which step the mouse is over."""
        offset = event.get_content_offset_capture(self)
        if self.app.mouse_captured is self:
            step = self._step_at(offset.x, self._dragged_row)
            if step != self.preview:
                self._seek_soon(step)
        elif self.view is not None and offset.x >= _LABELS:
            mark = self._landmark_at(offset.x, offset.y)
            detail = f" {printable(mark.text)}" if mark is not None else ""
            self._tell(f"step {self._step_at(offset.x, offset.y):,}{detail}")

    def on_leave(self, event: events.Leave) -> None:
        """The border tells the scale again."""
        self._tell()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Lets go: seeks at once."""
        if self.app.mouse_captured is self:
            self.release_mouse()
            self.action_settle()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """A step forward; with Ctrl, zooms out."""
        self._wheel(event, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """A step back; with Ctrl, zooms in."""
        self._wheel(event, -1)

    def _wheel(self, event: events.MouseScrollDown | events.MouseScrollUp, by: int) -> None:
        event.stop()
        if event.ctrl:
            offset = event.get_content_offset(self)
            around = None if offset is None else self._step_at(offset.x, max(1, offset.y))
            self.zoom(by < 0, around)
        else:
            self.post_message(self.Stepped(by))
