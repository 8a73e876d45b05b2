"""The base of everything drawn line by line: named inks from the theme, and finished strips."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Self

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

INKS = (
    "text", "strong", "muted", "faint", "accent", "changed", "inverse",
    "blue", "cyan", "number", "control", "error", "flame1", "flame2", "flame3", "flame4",
    "stale", "stale-inverse",
)  # fmt: skip
PAPERS = ("current", "selected")
_INVERSE = ("inverse", "flame1", "flame2", "flame3", "flame4")


class Painted(Widget):
    """Draws itself by `paint`, a line at a time. An ink is a text style, a paper a background
    under it.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"ink--{name}" for name in INKS),
        *(f"paper--{name}" for name in PAPERS),
    }
    DEFAULT_CLASSES = "painted"
    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._inks: dict[tuple[str, str], Style] = {}
        self._stale = False
        self._drawn: dict[int, Strip] = {}  # what the screen shows
        self._ready: dict[int, Strip] = {}  # what it will show next, already painted

    def paint(self, y: int) -> Strip:
        """Line `y`, in exactly the width of the pane."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Textual's side of `paint`."""
        strip = self._ready.pop(y, None) or self.paint(y)
        self._drawn[y] = strip
        return strip

    def repaint(self) -> None:
        """Draws those lines anew that look different now: after a step, most of them don't."""
        width, height = self.size
        self._ready.clear()
        for y in range(height):
            strip = self.paint(y)
            if strip != self._drawn.get(y):
                self._ready[y] = strip
        if self._ready:
            self.refresh(*(Region(0, y, width, 1) for y in self._ready))

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """A refresh of everything can't trust lines painted before it."""
        if not regions:
            self._ready.clear()
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def notify_style_update(self) -> None:
        """The theme has changed: so have the inks."""
        self._inks.clear()
        self._ready.clear()
        super().notify_style_update()

    @property
    def stale(self) -> bool:
        """What it shows isn't so at this moment: then all of it is in one pale ink."""
        return self._stale

    @stale.setter
    def stale(self, stale: bool) -> None:
        if stale != self._stale:
            self._stale = stale
            self.refresh()

    def ink(self, name: str, paper: str = "") -> Style:
        """The Rich style of an ink on a paper, looked up once per theme."""
        if self._stale:
            name = "stale-inverse" if name in _INVERSE else "stale"
        style = self._inks.get((name, paper))
        if style is None:
            style = self.rich_style + self.get_component_rich_style(f"ink--{name}", partial=True)
            if paper:
                ground = self.get_component_rich_style(f"paper--{paper}", partial=True)
                style += Style(bgcolor=ground.bgcolor, reverse=ground.reverse or None,
                               underline=ground.underline or None)
            self._inks[name, paper] = style
        return style

    def strip(self, segments: Iterable[Segment], width: int, paper: str = "") -> Strip:
        """Segments cut or padded to exactly `width` cells."""
        return Strip(segments).adjust_cell_length(width, self.ink("text", paper))
