"""The timeline's arithmetic: which cell shows which step, and how high a number is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHTS = " ▁▂▃▄▅▆▇█"
SHADES = " ░▒▓█"
UNKNOWN = "┄"

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
