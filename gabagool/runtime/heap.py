"""The GC heap of a store (spec §4.2.13): structures, arrays and exceptions in one region.

A reference to an object is its byte offset there. The allocator's whole state lies in the region's
first words (`native.layout.HeapWord`), so a snapshot of the region is one of the allocator, too.
Collections happen where an instruction finds no room, and nowhere else.
"""

from __future__ import annotations

import ctypes
import struct
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from gabagool.errors import LimitError, Trap
from gabagool.native.collecting import Block, Functions, collector
from gabagool.native.layout import (
    EXN_VALUES,
    OBJECT_HEADER,
    TYPE_EXN,
    HeapWord,
    TypeRec,
    Work,
)
from gabagool.runtime.heapreader import HeapReader
from gabagool.runtime.log import Log
from gabagool.runtime.region import Region
from gabagool.runtime.typing import StoreTypes
from gabagool.types import ArrayType, slots_of

PAGE_OF_HEAP = 4096       # bytes that its size is a multiple of
FIRST_SIZE = 1 << 20       # bytes of a heap to begin with: it stays in the processor's cache
MAX_HEAP = 1 << 34         # bytes: what a 32-bit number of words can say
_PINS = 1 << 24            # objects that the host may hold
_ROOTS = 1 << 20           # bytes of the mark stack for references that lie elsewhere
_HEADER = struct.Struct("<II")

Collect = Callable[[int], None]     # makes room for so many bytes, if it can


class Heap(HeapReader):
    """Objects by offset. `epoch` changes whenever offsets may mean other objects than before."""

    def __init__(self, types: StoreTypes, limit: int, log: Log) -> None:
        if not 0 < limit <= MAX_HEAP:
            raise LimitError(f"heap_bytes is {limit}, it can be 1…{MAX_HEAP}")
        self.region = Region(limit)
        super().__init__(types, self.region)
        self.pins = Region(_PINS * 8)
        self.epoch = 0
        self._log = log
        self._limit = limit // PAGE_OF_HEAP * PAGE_OF_HEAP
        self._native: Functions | None = None
        self._pinned: dict[int, int] | None = None
        self._scopes: list[dict[int, list[Callable[[], None]]]] = []     # innermost last
        self._marks: Region | None = None

    @property
    def native(self) -> Functions:
        """The native collector; loaded on first use."""
        if self._native is None:
            self._native = collector()
        return self._native

    # -- room --------------------------------------------------------------------------------

    def allocate(self, size: int, collect: Collect | None = None) -> int:
        """The offset of `size` (a multiple of 8) zeroed bytes. Without `collect` the heap only
        grows. Traps when the limit is reached."""
        if size <= self._limit - HeapWord.FIRST:
            found = self._find(size)
            if not found and collect is not None:
                collect(size)
                found = self._find(size)
            if not found and self._grow(size):
                found = self._find(size)
            if found:
                return found
        raise Trap(f"out of memory: no room for an object of {size} bytes, "
                   f"the GC heap is limited to {self._limit} bytes")

    def _find(self, size: int) -> int:
        return self.native.allocate(self.region.address, size) if self.region.size else 0

    def _grow(self, size: int) -> bool:
        """Make the heap longer by a chunk for `size` bytes at least, if the limit allows."""
        before = self.region.size or HeapWord.FIRST
        room = self._limit - before
        if room < max(size, 2 * OBJECT_HEADER):
            return False
        wanted = max(size, before // 2, FIRST_SIZE - before)
        after = min(-(-(before + wanted) // PAGE_OF_HEAP) * PAGE_OF_HEAP, self._limit)
        work = Block()
        work[Work.HEAP] = self.region.address
        self.native.extend(work.give(before, after))
        self.region.size = after
        return True

    def collect(self, needed: int, mark: Callable[[Functions, Block], None]) -> None:
        """Free what `mark` does not mark; room for `needed` bytes is wanted then.

        The heap becomes twice as large as what is alive, but not smaller than at first.
        """
        if not self.region.size:
            return
        self.types.map_references()
        work = self._work()
        mark(self.native, work)
        live = HeapWord.FIRST + work[Work.LIVE]
        size = max(FIRST_SIZE, 2 * (live + needed), work[Work.END])
        size = min(-(-size // PAGE_OF_HEAP) * PAGE_OF_HEAP, self._limit)
        before = self.region.size
        self.native.sweep(work.give(before, size))
        self.region.size = size
        if before - size >= FIRST_SIZE:
            self.region.give_back(size, before)
        self.epoch += 1

    def _work(self) -> Block:
        if self._marks is None:
            self._marks = Region(self.region.capacity // 2 + _ROOTS)
        work = Block()
        work[Work.HEAP], work[Work.SIZE] = self.region.address, self.region.size
        work[Work.RECORDS] = self.types.records.address
        work[Work.MAPS] = self.types.maps.address
        work[Work.MARKS] = self._marks.address
        work[Work.END] = HeapWord.FIRST
        return work

    # -- making objects ----------------------------------------------------------------------

    def new_struct(self, type_id: int, words: Sequence[int] | memoryview | None = None,
                   collect: Collect | None = None) -> int:
        """A structure; `words` are its fields' slots, None for zeros."""
        size = self._record(type_id, TypeRec.LENGTH)
        offset = self.allocate(size, collect)
        if words is not None:
            self._put_words(offset + OBJECT_HEADER, words)
        self.region.view[offset:offset + 8] = _HEADER.pack(type_id, size // 8)
        return offset

    def new_array(self, type_id: int, length: int, data: bytes | None = None,
                  collect: Collect | None = None) -> int:
        """An array of `length` elements, which are `data` as they lie in it; None for zeros."""
        bytes_ = length << self._record(type_id, TypeRec.LENGTH)
        offset = self.allocate(OBJECT_HEADER + -(-bytes_ // 8) * 8, collect)
        if data is not None:
            start = offset + OBJECT_HEADER
            self.region.view[start:start + len(data)] = data
        self.region.view[offset:offset + 8] = _HEADER.pack(type_id, length)
        return offset

    def new_exn(self, type_id: int, tag: int, words: Sequence[int],
                collect: Collect | None = None) -> int:
        """An exception; `type_id` is the function type of the tag at store address `tag`, `words`
        are the slots of its values."""
        size = self._record(type_id, TypeRec.LENGTH)
        offset = self.allocate(size, collect)
        self._put_words(offset + OBJECT_HEADER, (tag, *words))
        self.region.view[offset:offset + 8] = _HEADER.pack(TYPE_EXN | type_id, size // 8)
        return offset

    def _put_words(self, at: int, words: Sequence[int] | memoryview) -> None:
        first = at >> 3
        for i, word in enumerate(words):
            self.region.words[first + i] = word

    def values_at(self, offset: int) -> memoryview:
        """The slots of an exception's values."""
        first = (offset + EXN_VALUES) >> 3
        return self.region.words[first:(offset >> 3) + self.length_at(offset)]

    # -- elements ----------------------------------------------------------------------------

    def _width(self, offset: int) -> int:
        """log2 of the bytes of an array's elements."""
        return self._record(self.region.u32(offset), TypeRec.LENGTH)

    def put_elements(self, offset: int, start: int, data: bytes) -> None:
        """Elements from `start` on, as they lie in the array, which must have them."""
        at = offset + OBJECT_HEADER + (start << self._width(offset))
        self.region.view[at:at + len(data)] = data

    def fill(self, offset: int, start: int, element: bytes, count: int) -> None:
        """Elements from `start` on, all alike; the array must have them."""
        at = offset + OBJECT_HEADER + start * len(element)
        if len(element) == 1 or not any(element):
            ctypes.memset(self.region.address + at, element[0], count * len(element))
        else:
            self.region.view[at:at + count * len(element)] = element * count

    def put(self, offset: int, index: int, bits: int) -> None:
        """Give a field or element of an object other bits, of its type."""
        at, field = self.place(offset, index)
        size = 8 * slots_of(field.unpacked) if self._is_struct(offset) else field.bits // 8
        self.region.view[at:at + size] = bits.to_bytes(size, "little")
        self._log.note(("item", offset, index, bits))

    def _is_struct(self, offset: int) -> bool:
        return not isinstance(self.comp_at(offset), ArrayType)

    def is_object(self, offset: int) -> bool:
        """Whether an object starts at this offset: all before it are looked at."""
        if offset % 8 or not HeapWord.FIRST <= offset < self.region.size:
            return False
        work = self._work()
        return bool(self.native.is_object(work.give(offset)))

    def census(self) -> dict[int, tuple[int, int]]:
        """How many objects of each type there are, by its canonical id, and their bytes; those
        that nothing refers to any more count until they are collected."""
        if not self.region.size:
            return {}
        counts = array("Q", bytes(16 * len(self.types.types)))
        work = self._work()
        self.native.census(work.give(self.region.size, counts.buffer_info()[0]))
        return {i: (counts[2 * i], counts[2 * i + 1]) for i in range(len(self.types.types))
                if counts[2 * i]}

    def control(self, word: HeapWord) -> int:
        """A control word; 0 before there is a first object."""
        return self.region.u64(word) if self.region.size else 0

    @property
    def limit(self) -> int:
        """The most bytes that the heap may have."""
        return self._limit

    # -- pins --------------------------------------------------------------------------------

    def pin(self, offset: int) -> None:
        """Keep an object until it is unpinned: the host has a reference to it."""
        pinned = self._all_pinned()
        if offset in pinned:
            return
        if self.pins.size >= self.pins.capacity:
            raise LimitError(f"the host holds more than {_PINS} objects")
        self.pins.put_u64(self.pins.size, offset)
        self.pins.size += 8
        pinned[offset] = self.pins.size - 8
        if self._scopes:
            self._scopes[-1][offset] = []
        self._log.note(("pin", offset))

    def unpin(self, offset: int) -> None:
        """Keep an object only as long as the guest does; nothing happens if it isn't pinned."""
        at = self._all_pinned().pop(offset, None)
        if at is None:
            return
        self.hold(offset)
        end = self.pins.size - 8
        last = self.pins.u64(end)
        if last != offset:
            self.pins.put_u64(at, last)
            self._all_pinned()[last] = at
        self.pins.truncate(end)
        self._log.note(("unpin", offset))

    @contextmanager
    def scope(self, given: Iterable[int]) -> Iterator[None]:
        """What is pinned from now on is unpinned at the end, and so is what is `given`, but for
        what the host holds."""
        opened: dict[int, list[Callable[[], None]]] = {offset: [] for offset in given}
        self._scopes.append(opened)
        try:
            yield
        finally:
            self._scopes.pop()
            for offset, told in opened.items():
                self.unpin(offset)
                for tell in told:
                    tell()

    def hold(self, offset: int) -> None:
        """Don't unpin an object at the end of a scope."""
        for opened in self._scopes:
            opened.pop(offset, None)

    def when_unpinned(self, offset: int, tell: Callable[[], None]) -> None:
        """Have somebody be told when the end of a scope unpins an object."""
        for opened in self._scopes:
            if offset in opened:
                opened[offset].append(tell)

    def is_pinned(self, offset: int) -> bool:
        return offset in self._all_pinned()

    def _all_pinned(self) -> dict[int, int]:
        """Where the pin of each object is."""
        if self._pinned is None:
            self._pinned = {self.pins.u64(at): at for at in range(0, self.pins.size, 8)}
        return self._pinned

    def restored(self) -> None:
        """The regions hold another time's bytes."""
        self._pinned = None
        self.epoch += 1
