"""What is noted of a run at some of its steps: for people who look, never for execution.

Kept in flat arrays, because there may be millions of entries; what is replayed is not noted a
second time. A thread may read what is before a step that was reached while another one notes.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from copy import deepcopy
from itertools import pairwise
from typing import Generic, Self, TypeVar

from gabagool.errors import SnapshotError

T_co = TypeVar("T_co", covariant=True)
_SIZES = struct.Struct("<2Q")
_WORD = 8


class Chronicle(ABC, Generic[T_co]):
    """Entries by number, their steps rising; each is kept as some words of 64 bits.

    A `sealed` one is known to the end: nothing is noted any more.
    """

    what = "entries"        # as messages call them

    def __init__(self) -> None:
        self.steps = array("Q")
        self._ends = array("Q")         # where an entry's words end in _words
        self._words = array("Q")
        self.sealed = False

    @abstractmethod
    def _entry(self, step: int, words: Sequence[int]) -> T_co:
        """An entry from its words."""

    def _fits(self, words: Sequence[int]) -> bool:
        """Whether words of unknown origin are an entry's."""
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, i: int) -> T_co:
        return self._entry(self.steps[i], self._words[self._start(i):self._ends[i]])

    def _start(self, i: int) -> int:
        return self._ends[i - 1] if i else 0

    def add(self, step: int, words: Sequence[int]) -> None:
        """Note an entry, unless it is a replay's."""
        if self.sealed or (self.steps and step <= self.steps[-1]):
            return
        self._words.extend(words)
        self._ends.append(len(self._words))
        self.steps.append(step)

    def index(self, step: int) -> int:
        """The number of the first entry at `step` or later."""
        return bisect_left(self.steps, step)

    def until(self, step: int) -> Self:
        """A copy, of the entries before `step`, that goes on."""
        copy = deepcopy(self)
        copy.forget(step)
        copy.sealed = False
        return copy

    def forget(self, step: int) -> None:
        """Forget the entries at `step` and later: they have not happened after all."""
        first = self.index(step)
        kept = self._start(first)
        del self.steps[first:], self._ends[first:], self._words[kept:]

    # -- as bytes ----------------------------------------------------------------------------

    def to_bytes(self, first: int = 0, last: int | None = None) -> bytes:
        """The entries with the numbers [first, last); `take` is the inverse."""
        last = len(self) if last is None else last
        start = self._start(first)
        ends = array("Q", (end - start for end in self._ends[first:last]))
        words = self._words[start:self._start(last)]
        return b"".join((_SIZES.pack(last - first, len(words)),
                         self.steps[first:last].tobytes(), ends.tobytes(), words.tobytes()))

    def take(self, data: bytes) -> None:
        """Add entries of unknown origin behind those there are. Raises SnapshotError, having
        added none, for what can't be."""
        count, size = _SIZES.unpack_from(data) if len(data) >= _SIZES.size else (0, 1)
        if len(data) != _SIZES.size + _WORD * (2 * count + size):
            raise SnapshotError(f"the list of {self.what} is cut short")
        every = array("Q", data[_SIZES.size:])
        steps, ends, words = every[:count], every[count:2 * count], every[2 * count:]
        bounds = [0, *ends]
        rising = all(a < b for a, b in pairwise(steps)) and all(a <= b for a, b in pairwise(bounds))
        if not rising or bounds[-1] != size or (
                self.steps and count and steps[0] <= self.steps[-1]):
            raise SnapshotError(f"the list of {self.what} is out of order")
        if not all(self._fits(words[a:b]) for a, b in pairwise(bounds)):
            raise SnapshotError(f"the list of {self.what} does not fit the program")
        base = len(self._words)
        self._words.extend(words)
        self._ends.extend(base + end for end in ends)
        self.steps.extend(steps)
