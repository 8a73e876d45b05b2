"""A pane that is a list of lines: scrolling, selecting and its thumb, once for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from debugger.widgets.panel import Panel

_WHEEL = 3


class Lines(Panel):
    """Draws the lines in sight only, so a function of 100,000 instructions costs no more.

    Not a ScrollView: that lays the whole screen out anew whenever the number of lines changes,
    and the operand stack changes at every step.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
        Binding("ctrl+home", "move(-1000000000)", show=False, priority=True),
        Binding("ctrl+end", "move(1000000000)", show=False, priority=True),
        Binding("enter", "choose", show=False, priority=True),
    ]

    top: reactive[int] = reactive(0)
    selected: reactive[int] = reactive(-1)

    @dataclass
    class Chosen(Message):
        """Enter or a click on line `index` of this pane."""

        panel: Lines
        index: int

    # What a pane says about its lines.

    def row_count(self) -> int:
        """How many lines there are."""
        raise NotImplementedError

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """One line, on its paper; cut and padded by the caller."""
        raise NotImplementedError

    def paper(self, index: int) -> str:
        """The background of a line."""
        return "selected" if index == self.selected and self.has_focus else ""

    # Drawing

    def paint(self, y: int) -> Strip:
        """One line of the pane, with the scroll thumb at its right where there is more to see."""
        width, height = self.size
        count = self.row_count()
        index = self.top + y
        paper = self.paper(index) if index < count else ""
        if count <= height:
            segments = self.draw(index, width, paper) if index < count else []
            return self.strip(segments, width, paper)
        segments = self.draw(index, width - 1, paper) if index < count else []
        body = self.strip(segments, width - 1, paper)
        first, last = self._thumb(count, height)
        mark = "┃" if first <= y < last else " "
        return Strip([*body, Segment(mark, self.ink("faint", paper))], width)

    def _thumb(self, count: int, height: int) -> tuple[int, int]:
        length = max(1, height * height // count)
        first = self.top * (height - length) // max(1, count - height)
        return first, first + length

    # Scrolling

    def validate_top(self, top: int) -> int:
        """Never past the last page."""
        return max(0, min(top, self.row_count() - self.size.height))

    def validate_selected(self, selected: int) -> int:
        """Always a line, or -1 when there is none."""
        return max(-1, min(selected, self.row_count() - 1))

    def settle(self) -> None:
        """After a change of content: keep the scroll position and the selection inside it."""
        self.top = self.top
        self.selected = self.selected

    def on_resize(self) -> None:
        """Another height has another last page."""
        super().on_resize()
        self.settle()

    def reveal(self, index: int, margin: int = 0) -> None:
        """Scrolls as little as possible so that `index` and `margin` lines around it show."""
        height = self.size.height
        margin = min(margin, max(0, (height - 1) // 2))
        if index < self.top + margin:
            self.top = index - margin
        elif index > self.top + height - 1 - margin:
            self.top = index - height + 1 + margin

    def action_move(self, by: int) -> None:
        """Moves the selection."""
        self.selected = max(0, self.selected + by)
        self.reveal(self.selected)

    def action_page(self, pages: int) -> None:
        """Moves the selection by pages."""
        self.action_move(pages * max(1, self.size.height - 1))

    def action_choose(self) -> None:
        """Enter on the selected line."""
        if self.selected >= 0:
            self.post_message(self.Chosen(self, self.selected))

    # Mouse

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Wheel down."""
        self.top += _WHEEL
        event.stop()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Wheel up."""
        self.top -= _WHEEL
        event.stop()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Selects a line, or takes hold of the thumb."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        count, height = self.row_count(), self.size.height
        if count > height and offset.x == self.size.width - 1:
            self.capture_mouse()
            self._drag_to(offset.y)
        elif self.top + offset.y < count:
            self.selected = self.top + offset.y
            self.line_clicked(self.selected, offset.x)

    def line_clicked(self, index: int, x: int) -> None:
        """A click on a line; by default the same as choosing it."""
        self.post_message(self.Chosen(self, index))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drags the thumb."""
        if self.app.mouse_captured is self:
            self._drag_to(event.y - 1)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Lets the thumb go."""
        if self.app.mouse_captured is self:
            self.release_mouse()

    def _drag_to(self, y: int) -> None:
        height = self.size.height
        self.top = y * (self.row_count() - height) // max(1, height - 1)
