"""Reading long vectors faster than one entry at a time: decoding can be given somebody who does."""

from __future__ import annotations

from array import array
from typing import Protocol


class Scanner(Protocol):
    """Reads entries of a vector at source[at:end] into empty arrays, as far as they are plain.

    Each method reads at most `count` and returns the offset behind those that it has read; what
    is left is read in the ordinary way, and so is all that may be malformed.
    """

    def numbers(self, source: bytes, at: int, end: int, count: int, out: array[int],
                offsets: array[int]) -> int:
        """u32 (§5.2.2), and where each stands."""

    def bodies(self, source: bytes, at: int, end: int, count: int, starts: array[int],
               ends: array[int]) -> int:
        """Code entries (§5.5.13) that end as they should: where their contents lie."""

    def datas(self, source: bytes, at: int, end: int, count: int, opcode: int,
              addresses: array[int], starts: array[int], ends: array[int],
              offsets: array[int]) -> int:
        """Data segments (§5.5.14) that go to what `opcode` says in memory 0; see `PlainDatas`."""
