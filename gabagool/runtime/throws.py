"""The exceptions thrown in a recording: for people who look, never for execution.

Kept in flat arrays, because a program may throw millions of times; what is replayed is not noted
a second time.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from copy import deepcopy
from itertools import accumulate
from operator import lt

from gabagool.errors import SnapshotError
from gabagool.records import dataclass
from gabagool.runtime.stops import Position

_NOBODY = -1
_SIZES = struct.Struct("<5Q")


@dataclass(frozen=True, slots=True)
class Throw:
    """At `step` an exception of `tag` (store address) was thrown with `values` (their bits).

    It was caught where execution went on, at `caught`; None if nothing caught it.
    """

    step: int
    tag: int
    values: tuple[int, ...]
    caught: Position | None


class Throws:
    """Throws by number, their steps rising."""

    def __init__(self) -> None:
        self.steps = array("Q")
        self._tags = array("I")
        self._caught = array("q")            # three numbers each: instance, funcidx, offset
        self._ends = array("Q")              # where a throw's values end in _values
        self._values = array("Q")            # low and high half each

    def to_bytes(self) -> bytes:
        """All throws; `from_bytes` is the inverse."""
        columns = [column.tobytes() for column in self._columns()]
        return _SIZES.pack(*map(len, columns)) + b"".join(columns)

    @classmethod
    def from_bytes(cls, data: bytes, params: Sequence[int], instances: int) -> Throws:
        """Throws of unknown origin; `params` is how many values each tag's exceptions carry,
        `instances` how many there are.

        Raises SnapshotError for what doesn't fit together.
        """
        made, at = cls(), _SIZES.size
        sizes = _SIZES.unpack_from(data) if len(data) >= at else ()
        if at + sum(sizes) != len(data):
            raise SnapshotError("the list of throws is cut short")
        for column, size in zip(made._columns(), sizes, strict=True):
            if size % column.itemsize:
                raise SnapshotError("the list of throws is damaged")
            column.frombytes(data[at:at + size])
            at += size
        made._check(params, instances)
        return made

    def _columns(self) -> tuple[array[int], ...]:
        return self.steps, self._tags, self._caught, self._ends, self._values

    def _check(self, params: Sequence[int], instances: int) -> None:
        count = len(self.steps)
        good = len(self._tags) == len(self._ends) == count and len(self._caught) == 3 * count
        good = good and all(map(lt, self.steps, self.steps[1:]))
        good = good and all(tag < len(params) for tag in self._tags)
        good = good and all(_NOBODY <= i < instances for i in self._caught[::3])
        ends = accumulate((2 * params[tag] for tag in self._tags), initial=0) if good else ()
        if not good or list(ends)[1:] != list(self._ends) or (
                len(self._values) != (self._ends[-1] if count else 0)):
            raise SnapshotError("the list of throws does not fit together")

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, i: int) -> Throw:
        halves = self._values[self._ends[i - 1] if i else 0:self._ends[i]]
        values = tuple(low | high << 64 for low, high in zip(halves[::2], halves[1::2],
                                                             strict=True))
        place = self._caught[3 * i:3 * i + 3]
        caught = None if place[0] == _NOBODY else Position(*place)
        return Throw(self.steps[i], self._tags[i], values, caught)

    def note(self, step: int, tag: int, values: tuple[int, ...],
             caught: Position | None) -> None:
        """Note a throw, unless it is a replay's."""
        if self.steps and step <= self.steps[-1]:
            return
        self.steps.append(step)
        self._tags.append(tag)
        self._caught.extend((_NOBODY,) * 3 if caught is None else
                            (caught.instance, caught.funcidx, caught.offset))
        for bits in values:
            self._values.extend((bits & 0xFFFFFFFFFFFFFFFF, bits >> 64))
        self._ends.append(len(self._values))

    def index(self, step: int) -> int:
        """The number of the first throw at `step` or later."""
        return bisect_left(self.steps, step)

    def until(self, step: int) -> Throws:
        """A copy, of the throws before `step`."""
        copy = deepcopy(self)
        copy.forget(step)
        return copy

    def forget(self, step: int) -> None:
        """Forget the throws at `step` and later: they have not happened after all."""
        first = self.index(step)
        kept = self._ends[first - 1] if first else 0
        del self.steps[first:], self._tags[first:], self._ends[first:]
        del self._caught[3 * first:], self._values[kept:]
