"""Snapshots of the history as compressed differences, in chains of at most FULL deltas.

The base of snapshot i is `i & (i - 1)`, which retention keeps while it keeps i, so nothing is ever
rebased. An index with FULL or more trailing zeros ends its chain: its base is the first snapshot,
which a history always has at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gabagool.history.retention import ctz
from gabagool.records import dataclass
from gabagool.runtime import codec
from gabagool.runtime.state import Snapshot

FULL = 8


def base_of(i: int) -> int:
    """The index whose snapshot is the base of i > 0."""
    return i & (i - 1) if ctz(i) < FULL else 0


def chain_of(i: int) -> list[int]:
    """i, its base, that one's base, … 0."""
    chain = [i]
    while chain[-1]:
        chain.append(base_of(chain[-1]))
    return chain


@dataclass(frozen=True, slots=True)
class Frame:
    """A stored snapshot: `data` decodes with the snapshot of index `base`."""

    base: int
    data: bytes
    dirty: int         # bytes of pages unlike the base's
    weight: int        # estimate of len(data), see codec.Encoded


class Frames:
    """Stored snapshots by index; 0 is not among them, its snapshot is `first`."""

    def __init__(self, first: Snapshot) -> None:
        self.first = first
        self.bytes = 0         # of all data
        self.weight = 0        # of all frames
        self._frames: dict[int, Frame] = {}

    def __len__(self) -> int:
        return len(self._frames)

    def dirty(self, i: int) -> int:
        """Bytes of pages in which i > 0 differs from its base."""
        return self._frames[i].dirty

    def add(self, i: int, snapshot: Snapshot, base: Snapshot) -> Frame:
        """Store i > 0; `base` is the snapshot of `base_of(i)`."""
        coded = codec.encode(snapshot, base)
        frame = Frame(base_of(i), coded.data, coded.dirty, coded.weight)
        self._frames[i] = frame
        self._count(frame, 1)
        return frame

    def drop(self, i: int) -> None:
        """Forget i > 0, which no stored frame may have as its base."""
        self._count(self._frames.pop(i), -1)

    def halve(self) -> None:
        """Drop odd indices and renumber i as i/2."""
        for i in [i for i in self._frames if i & 1]:
            self.drop(i)
        self._frames = {i >> 1: replace(frame, base=frame.base >> 1)
                        for i, frame in self._frames.items()}

    def load(self, i: int, decoded: Mapping[int, Snapshot]) -> Snapshot:
        """The snapshot of index i; `decoded` has some that need not be decoded again."""
        chain = []
        while i and i not in decoded:
            chain.append(self._frames[i])
            i = chain[-1].base
        found = decoded[i] if i else self.first
        for frame in reversed(chain):
            found = codec.decode(frame.data, found)
        return found

    def _count(self, frame: Frame, sign: int) -> None:
        self.bytes += sign * len(frame.data)
        self.weight += sign * frame.weight
