"""The garbage collections of a recording: for people who look, never for execution.

What is replayed is not noted a second time.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from copy import deepcopy
from itertools import pairwise

from gabagool.errors import SnapshotError
from gabagool.records import dataclass

_SIZES = 3               # numbers that are kept of each, besides its step


@dataclass(frozen=True, slots=True)
class Collection:
    """The instruction at `step` found no room: of a heap of `before` bytes `live` were reachable,
    and it has `size` bytes since."""

    step: int
    live: int
    before: int
    size: int

    def __str__(self) -> str:
        text = f"{self.live:,} of {self.before:,} bytes live on"
        return text if self.size == self.before else f"{text}, the heap has {self.size:,} now"


class Collections:
    """Collections by number, their steps rising."""

    def __init__(self) -> None:
        self.steps = array("Q")
        self._sizes = array("Q")            # live, before and after of each

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, i: int) -> Collection:
        return Collection(self.steps[i], *self._sizes[_SIZES * i:_SIZES * (i + 1)])

    def to_bytes(self) -> bytes:
        """All collections; `from_bytes` is the inverse."""
        return self.steps.tobytes() + self._sizes.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Collections:
        """Collections of unknown origin. Raises SnapshotError for what doesn't fit together."""
        made = cls()
        count, rest = divmod(len(data), made.steps.itemsize * (1 + _SIZES))
        if rest:
            raise SnapshotError("the list of garbage collections is cut short")
        end = count * made.steps.itemsize
        made.steps.frombytes(data[:end])
        made._sizes.frombytes(data[end:])
        if any(a >= b for a, b in pairwise(made.steps)):
            raise SnapshotError("the list of garbage collections is out of order")
        return made

    def note(self, found: Collection) -> None:
        """Note a collection, unless it is a replay's."""
        if not self.steps or found.step > self.steps[-1]:
            self.steps.append(found.step)
            self._sizes.extend((found.live, found.before, found.size))

    def until(self, step: int) -> Collections:
        """A copy, of the collections before `step`."""
        copy = deepcopy(self)
        copy.forget(step)
        return copy

    def forget(self, step: int) -> None:
        """Forget the collections at `step` and later: they have not happened after all."""
        first = bisect_left(self.steps, step)
        del self.steps[first:], self._sizes[_SIZES * first:]
