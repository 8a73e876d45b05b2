"""What the timeline shows of a whole recording: one number for each interval, as a max pyramid."""

from __future__ import annotations

from collections.abc import Callable, Iterable


class Lane:
    """Cell i is a number for the steps `origin + [i, i+1)·interval`; nothing is ever sampled.

    Level n of the pyramid has the maxima of 2^n cells each, so a query costs a few list accesses
    for each number it returns. The interval doubles by `halve`, which merges pairs of cells.
    `pending` is the number of the cell that recording is in.
    """

    def __init__(self, merge: Callable[[int, int], int]) -> None:
        self.pending = 0
        self._merge = merge
        self._levels: list[list[int]] = [[]]

    def __len__(self) -> int:
        return len(self._levels[0])

    @classmethod
    def of(cls, cells: Iterable[int]) -> Lane:
        """A lane that only shows what another one had."""
        lane = cls(max)
        for cell in cells:
            lane._append(cell)
        return lane

    def cells(self) -> list[int]:
        """All cells, the pending one as the last."""
        return [*self._levels[0], self.pending]

    def add(self, value: int) -> None:
        """Merge a value into the pending cell."""
        self.pending = self._merge(self.pending, value)

    def close(self) -> None:
        """The pending cell is complete, the next one begins."""
        self._append(self.pending)
        self.pending = 0

    def halve(self) -> None:
        """Merge pairs of cells; a last one without a partner becomes pending again."""
        cells = self._levels[0]
        if len(cells) & 1:
            self.add(cells.pop())
        self._levels = [[]]
        for a, b in zip(cells[::2], cells[1::2], strict=True):
            self._append(self._merge(a, b))

    def peak(self, first: int, last: int) -> int:
        """The maximum of the cells [first, last), of which the pending one may be the last."""
        found = self.pending if last > len(self) else 0
        last = min(last, len(self))
        for level in self._levels:
            if first >= last:
                break
            # What doesn't pair up at this level is looked at here, the rest one level up.
            if first & 1:
                found = max(found, level[first])
                first += 1
            if last & 1:
                last -= 1
                found = max(found, level[last])
            first >>= 1
            last >>= 1
        return found

    def _append(self, value: int) -> None:
        self._levels[0].append(value)
        i = len(self) - 1
        for below, level in zip(self._levels, self._levels[1:], strict=False):
            i >>= 1
            level[i:] = [max(below[2 * i:2 * i + 2])]
        if len(self._levels[-1]) > 1:
            self._levels.append([max(self._levels[-1])])
