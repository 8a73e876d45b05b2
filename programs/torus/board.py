"""The board: cells in colours of their ages, a cursor, and the mouse."""

from __future__ import annotations

from itertools import groupby
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from programs.torus.game import Picture
from programs.torus.painting import BRAILLE, Scale, braille, halves, scale_for

_TONES = ("new", "young", "old", "dead")


class Board(Widget, can_focus=True):
    """Shows a picture in the middle of its room. Clicks and drags tell which cells are meant."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*(f"board--{tone}" for tone in _TONES),
                                             "board--cursor"}
    ALLOW_SELECT = False

    class Touched(Message):
        """A cell was clicked, or drawn over with the button held."""

        def __init__(self, x: int, y: int) -> None:
            super().__init__()
            self.x, self.y = x, y

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self.border_title = "torus.wasm"
        self._picture = picture
        self._cursor: tuple[int, int] | None = None
        self._styles: dict[tuple[str, str], Style] = {}
        self._drawn: tuple[int, int] | None = None

    def show(self, picture: Picture, cursor: tuple[int, int] | None) -> None:
        self._picture, self._cursor = picture, cursor
        self.refresh()

    def notify_style_update(self) -> None:
        self._styles.clear()
        super().notify_style_update()

    @property
    def scale(self) -> Scale:
        return scale_for(self._picture, *self.size)

    def _origin(self, size: Size, scale: Scale) -> tuple[int, int]:
        """Characters to the left of the picture and above it; less than 0 where it is cut off."""
        width = -(-self._picture.width // scale.columns)
        height = -(-self._picture.height // scale.rows)
        return (size.width - width) // 2, (size.height - height) // 2

    def render_line(self, y: int) -> Strip:
        scale, size = self.scale, self.size
        left, top = self._origin(size, scale)
        paint = braille if scale == BRAILLE else halves
        row = (y - top) * scale.rows
        cells = []
        for x in range(size.width):
            column = (x - left) * scale.columns
            inside = 0 <= column < self._picture.width and 0 <= row < self._picture.height
            text, ink, paper = paint(self._picture, column, row) if inside else (" ", "dead", "")
            cursor = inside and self._is_cursor(column, row, scale)
            cells.append((text if not cursor or text != " " else "◦",
                          self._style("cursor" if cursor and ink == "dead" else ink,
                                      "cursor" if cursor else paper)))
        return Strip([Segment("".join(text for text, _ in run), style)
                      for style, run in groupby(cells, key=lambda cell: cell[1])], size.width)

    def _is_cursor(self, column: int, row: int, scale: Scale) -> bool:
        if self._cursor is None:
            return False
        x, y = self._cursor
        return (x // scale.columns * scale.columns == column
                and y // scale.rows * scale.rows == row)

    def _style(self, ink: str, paper: str) -> Style:
        found = self._styles.get((ink, paper))
        if found is None:
            front = self.get_component_rich_style(f"board--{ink}", partial=True).color
            name = "cursor" if paper == "cursor" else paper
            back = (self.get_component_rich_style(f"board--{name}", partial=True).bgcolor
                    if name == "cursor" else
                    self.get_component_rich_style(f"board--{name}", partial=True).color
                    if name in ("new", "young", "old") else self.rich_style.bgcolor)
            found = self._styles[ink, paper] = Style(color=front, bgcolor=back)
        return found

    # -- the mouse ---------------------------------------------------------------------------

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self.capture_mouse()
        self._drawn = None
        self._touch(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if event.button and self._drawn is not None:
            self._touch(event)

    def on_mouse_up(self, _event: events.MouseUp) -> None:
        self.release_mouse()
        self._drawn = None

    def _touch(self, event: events.MouseEvent) -> None:
        scale = self.scale
        left, top = self._origin(self.size, scale)
        offset = event.get_content_offset_capture(self)
        x, y = (offset.x - left) * scale.columns, (offset.y - top) * scale.rows
        inside = 0 <= x < self._picture.width and 0 <= y < self._picture.height
        if inside and (x, y) != self._drawn:
            self._drawn = (x, y)
            self.post_message(self.Touched(x, y))
