"""The flame graph pane: a profile by path of calls. A cell's width is its share of the steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from zlib import crc32

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive

from debugger.answers import ProfileRow, ProfileView
from debugger.widgets.lines import Lines
from debugger.widgets.text import column, elide, printable

_INKS = ("flame1", "flame2", "flame3")
_HOST = "flame4"
_NARROW = 3         # cells with room for no name

Span = tuple[int, int, int]         # path, and where it begins and ends, in steps


class Flame(Lines):
    """Callers above callees. Arrows select a path, Enter looks closer, Backspace goes back."""

    TITLE = "Flame"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "beside(-1)", show=False, priority=True),
        Binding("right", "beside(1)", show=False, priority=True),
        Binding("backspace", "widen", show=False, priority=True),
    ]

    view: reactive[ProfileView | None] = reactive(None, repaint=False)

    @dataclass
    class Selected(Message):
        """A path is selected: what there is to tell of it."""

        text: str

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._children: list[list[int]] = []
        self._zoomed = 0
        self._path = 0
        self._levels: list[list[Span]] = []
        self._width = 0

    def watch_view(self) -> None:
        """Another profile shows whole."""
        if self.view is None:
            return
        paths = self.view.paths
        self._children = [[] for _ in paths]
        for i, row in enumerate(paths[1:], 1):
            if row.total:
                self._children[row.parent].append(i)
        for nested in self._children:
            nested.sort(key=lambda child: (-paths[child].total, paths[child].name))
        self._zoomed = self._path = next(iter(self._children[0]), 0)
        self._arrange()
        self._tell(False)

    def on_resize(self) -> None:
        """Another width has room for others."""
        super().on_resize()
        self._arrange()

    def _arrange(self) -> None:
        """Where each path stands, level by level: those that lead to what is looked at fill it."""
        self._levels, self._width = [], self.size.width
        if self.view is None or not self._children or not self._width:
            return
        above, number = [], self._zoomed
        while number:
            above.append(number)
            number = self.view.paths[number].parent
        whole = self.view.paths[self._zoomed].total
        self._levels = [[(each, 0, whole)] for each in reversed(above)]
        row = self._levels[-1] if self._levels else []
        while row:
            row = [span for each in row for span in self._behind(each)]
            if row:
                self._levels.append(row)
        self.settle()
        self.refresh()

    def _behind(self, span: Span) -> list[Span]:
        """The children of a path that are at least a cell wide; heaviest first, so that what is
        left at the right are the path's own steps."""
        assert self.view is not None
        number, at, _ = span
        found = []
        for child in self._children[number]:
            end = at + self.view.paths[child].total
            if self._cell(end) == self._cell(at):
                break
            found.append((child, at, end))
            at = end
        return found

    def _cell(self, steps: int) -> int:
        """The cell nearest to so many steps from the left."""
        assert self.view is not None
        total = max(1, self.view.paths[self._zoomed].total)
        return (2 * steps * self._width + total) // (2 * total)

    @property
    def path(self) -> ProfileRow | None:
        """The selected path."""
        return self.view.paths[self._path] if self.view is not None and self._path else None

    def _tell(self, loud: bool = True) -> None:
        """In the border: the selected path and its shares."""
        row, view = self.path, self.view
        if row is None or view is None:
            return
        steps = max(1, view.last - view.first)
        lost = f"  {view.lost:,} calls cut short" if view.lost else ""
        made = f", {row.calls:,} call{'s' * (row.calls != 1)}" if row.calls else ""
        text = (f"{row.name}  {row.total:,} steps ({row.total / steps:.1%}), itself "
                f"{row.steps / steps:.1%}{made}")
        self.show_detail(f"steps {view.first:,} to {view.last:,}{lost}", printable(text))
        if loud:
            self.post_message(self.Selected(text))
        self.refresh()

    # Lines

    def row_count(self) -> int:
        """One row per level, or one that says how to get some."""
        return len(self._levels) or len(self.empty_rows())

    def paper(self, index: int) -> str:
        """A selection is a path, not a line."""
        return ""

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """Cells of a level, with their names where there is room."""
        if self.view is None or not self._levels:
            return self.draw_empty(index, paper)
        segments, x = [], 0
        for number, start, end in self._levels[index]:
            left, right = self._cell(start), min(self._cell(end), width)
            if right <= left:
                continue
            row = self.view.paths[number]
            segments.append(Segment(" " * (left - x), self.ink("text", paper)))
            room = right - left - 1
            name = elide(row.name, room) if room >= _NARROW else ""
            segments.append(Segment("▏" + column(name, room), self.ink(self._ink(number, row))))
            x = right
        return segments

    def _ink(self, number: int, row: ProfileRow) -> str:
        if number == self._path:
            return "inverse"
        return _HOST if row.instance < 0 else _INKS[crc32(row.name.encode()) % len(_INKS)]

    # Keys

    def _place(self) -> tuple[int, int]:
        """Level and position of the selected path; (-1, -1) if it doesn't show."""
        for level, spans in enumerate(self._levels):
            for i, span in enumerate(spans):
                if span[0] == self._path:
                    return level, i
        return -1, -1

    def _choose(self, number: int) -> None:
        self._path = number
        level, _ = self._place()
        self.selected = level
        self.reveal(max(0, level))
        self._tell()

    def action_move(self, by: int) -> None:
        """Up to the caller, down to the heaviest callee; more than one at a time for pages."""
        number = self._path
        for _ in range(min(abs(by), len(self._levels))):
            step = self._children[number][:1] if by > 0 else [self.view.paths[number].parent] \
                if self.view is not None else []
            shown = {span[0] for spans in self._levels for span in spans}
            if not step or step[0] not in shown:
                break
            number = step[0]
        self._choose(number)

    def action_beside(self, by: int) -> None:
        """To the next path of the same level."""
        level, i = self._place()
        if level >= 0 and 0 <= i + by < len(self._levels[level]):
            self._choose(self._levels[level][i + by][0])

    def action_choose(self) -> None:
        """Enter: looks closer at the selected path."""
        self._zoomed = self._path
        self._arrange()
        self._choose(self._path)

    def action_widen(self) -> None:
        """Backspace: looks at one level more."""
        if self.view is not None and self.view.paths[self._zoomed].parent:
            self._zoomed = self.view.paths[self._zoomed].parent
            self._arrange()
            self._choose(self._path)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Selects a path; on the selected one, looks closer."""
        offset = event.get_content_offset(self)
        if offset is None or not 0 <= self.top + offset.y < len(self._levels):
            return
        for number, start, end in self._levels[self.top + offset.y]:
            if self._cell(start) <= offset.x < self._cell(end):
                if number == self._path:
                    self.action_choose()
                else:
                    self._choose(number)
