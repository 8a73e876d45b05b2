"""The heap region: exceptions, one after another."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from gabagool.errors import Trap
from gabagool.runtime.region import Region

_HEADER = struct.Struct("<III4x")      # kind, slots, tag
_EXN = 0xFFFFFFFE
_FIRST = 8
_CAPACITY = 1 << 30


class Heap:
    def __init__(self) -> None:
        self.region = Region(_CAPACITY, _FIRST)

    def new_exn(self, tag: int, words: Sequence[int]) -> int:
        ref = self.region.size
        size = _HEADER.size + 8 * len(words)
        if ref + size > self.region.capacity:
            raise Trap("out of memory: the heap is full")
        self.region.size = ref + size
        _HEADER.pack_into(self.region.view, ref, _EXN, len(words), tag)
        struct.pack_into(f"<{len(words)}Q", self.region.view, ref + _HEADER.size, *words)
        return ref

    def is_exn(self, ref: int) -> bool:
        return ref % 8 == 0 and ref >= _FIRST

    def exn(self, ref: int) -> tuple[int, tuple[int, ...]]:
        """Tag address and value slots of an exception."""
        _, count, tag = _HEADER.unpack_from(self.region.view, ref)
        return tag, struct.unpack_from(f"<{count}Q", self.region.view, ref + _HEADER.size)
