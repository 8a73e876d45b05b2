"""A map of how often each part of a memory was accessed, in the size of a pane."""

from __future__ import annotations

from functools import cached_property

from debugger.answers import HeatView
from debugger.shades import shade

_MOST_COLUMNS = 64


class HeatMap:
    """The whole memory as `rows` of `columns` cells, `cell` bytes each: powers of two."""

    def __init__(self, heat: HeatView | None, size: int, width: int, height: int) -> None:
        self.heat = heat
        self.columns = min(_MOST_COLUMNS, 1 << max(0, width.bit_length() - 1))
        line = heat.line if heat else 1
        wanted = -(-size // max(1, self.columns * max(1, height)))
        self.cell = max(line, 1 << max(0, wanted - 1).bit_length())
        self.rows = -(-size // (self.cell * self.columns))

    def lines(self, address: int) -> tuple[int, int]:
        """The lines of the cell that an address lies in."""
        assert self.heat is not None
        count = self.cell // self.heat.line
        first = address // self.cell * count
        return first, first + count

    @cached_property
    def _cells(self) -> list[tuple[int, int]]:
        """Writes and reads of each cell."""
        if self.heat is None:
            return []
        count, writes, reads = self.cell // self.heat.line, self.heat.writes, self.heat.reads
        return [(sum(writes[i:i + count]), sum(reads[i:i + count]))
                for i in range(0, len(writes), count)]

    @cached_property
    def most(self) -> int:
        """Accesses of the hottest cell."""
        return max((a + b for a, b in self._cells), default=0)

    def row(self, y: int) -> list[tuple[str, str]]:
        """Sign and ink of each cell of a row; the ink tells whether it was written more often than
        read."""
        cells = self._cells[y * self.columns:(y + 1) * self.columns]
        return [(shade(a + b, self.most), "accent" if a > b else "blue") for a, b in cells]
