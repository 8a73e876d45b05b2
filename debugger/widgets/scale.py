"""The timeline's arithmetic: which cell shows which step, and the rows of cells themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from debugger.views import EventView, Lane, TimelineView
from debugger.widgets.events import OTHER_SIGN, SIGNS

HEIGHTS = " ▁▂▃▄▅▆▇█"
SHADES = " ░▒▓█"
UNKNOWN = "┄"

# What shows when several things fall into one cell: a trap in 10^9 steps must not hide.
_RANK = {"trap": 5, "exit": 4, "finished": 4, "break": 3, "grow": 2}


Cells = list[tuple[str, str]]  # (sign, ink) per cell


@dataclass(frozen=True, slots=True)
class Scale:
    """Steps [first, last) over `cells` cells."""

    first: int
    last: int
    cells: int

    @property
    def span(self) -> int:
        """How many steps are shown; never none."""
        return max(1, self.last - self.first)

    def cell(self, step: int) -> int | None:
        """The cell that shows `step`, None outside."""
        if not self.first <= step < self.first + self.span:
            return None
        return (step - self.first) * self.cells // self.span

    def step(self, cell: int) -> int:
        """The first step shown in `cell`, clamped to the ends."""
        cell = max(0, min(cell, self.cells - 1))
        return self.first + -(-cell * self.span // self.cells)

    @property
    def per_cell(self) -> float:
        """Steps per cell."""
        return self.span / self.cells


def zoomed(first: int, last: int, total: int, factor: float, around: int, cells: int
           ) -> tuple[int, int]:  # fmt: skip
    """A viewport `factor` times as wide, with `around` staying where it is on screen.

    Never narrower than one cell per step, never wider than the history.
    """
    span = max(1, last - first)
    wanted = max(min(cells, total + 1), min(round(span * factor), total + 1))
    start = around - (around - first) * wanted // span
    start = max(0, min(start, total + 1 - wanted))
    return start, start + wanted


def heights(cells: Sequence[float | None]) -> str:
    """A lane as bars. Anything above nothing shows."""
    return "".join(
        UNKNOWN if cell is None else HEIGHTS[0 if cell <= 0 else max(1, min(8, round(cell * 8)))]
        for cell in cells
    )


def shades(cells: Sequence[float | None]) -> str:
    """A lane as shades. Anything above nothing shows."""
    return "".join(
        UNKNOWN if cell is None else SHADES[0 if cell <= 0 else max(1, min(4, round(cell * 4)))]
        for cell in cells
    )


def lane_text(lane: Lane) -> str:
    """How a lane is drawn: writes as shades, everything else as bars."""
    return shades(lane.cells) if lane.name == "writes" else heights(lane.cells)


def event_row(
    scale: Scale,
    events: Sequence[EventView],
    marks: Sequence[tuple[str, int]],
    breaks: Sequence[int],
) -> Cells:
    """The most important thing in each cell."""
    row: Cells = [(" ", "text")] * scale.cells
    ranks = [0] * scale.cells
    found = [(event.step, event.kind) for event in events]
    found += [(step, "break") for step in breaks]
    for step, kind in found:
        cell, rank = scale.cell(step), _RANK.get(kind, 1)
        if cell is not None and rank > ranks[cell]:
            ranks[cell] = rank
            ink = "error" if kind in ("trap", "break") else "accent" if rank > 1 else "text"
            row[cell] = (SIGNS.get(kind, OTHER_SIGN), ink)
    for letter, step in marks:
        cell = scale.cell(step)
        if cell is not None and ranks[cell] < _RANK["trap"]:
            row[cell] = (letter, "changed")
    return row


def brackets(everything: Scale, view: TimelineView) -> tuple[int, int]:
    """The cells just outside of the viewport: -1 and `cells` when all is in view."""
    left = everything.cell(view.first) or 0
    right = min(view.last, everything.span) * everything.cells // everything.span
    return left - 1, max(left + 1, right)


def overview_row(everything: Scale, view: TimelineView) -> Cells:
    """The row of all history; its part in the viewport is bright."""
    text = heights(view.overview).ljust(everything.cells)[: everything.cells]
    left, right = brackets(everything, view)
    return [(sign, "muted" if left < i < right else "faint") for i, sign in enumerate(text)]
