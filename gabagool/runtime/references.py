"""References in a snapshot of unknown origin: each must be to something of its type (DESIGN 5).

An object's type is in its header, so the snapshot's heap has to be well-formed before any
reference to it means anything: `References` checks it whole.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Iterable
from functools import reduce
from operator import or_

from gabagool.errors import SnapshotError
from gabagool.native.collecting import Block
from gabagool.native.layout import REF_SHIFT, HeapWord, Work
from gabagool.runtime.state import Snapshot
from gabagool.runtime.store import Store
from gabagool.types import ANY, EXN, FUNC, ValType, heap_of


def require(condition: bool, what: str) -> None:
    if not condition:
        raise SnapshotError(f"the snapshot does not fit the program: {what}")


class References:
    """What references in a snapshot may be to: the store's functions and host objects, and the
    objects of the snapshot's own heap. Raises SnapshotError if that is damaged."""

    def __init__(self, store: Store, snapshot: Snapshot) -> None:
        self._store = store
        self._work: Block | None = None
        if snapshot.regions["heap"].size:
            self._check_heap(bytearray(snapshot.regions["heap"].to_bytes()))
        self._check_pins(snapshot)

    def _check_heap(self, data: bytearray) -> None:
        store = self._store
        cursor, limit = (_word(data, w) for w in (HeapWord.CURSOR, HeapWord.LIMIT))
        require((cursor | limit | _word(data, HeapWord.HOLES)) % 8 == 0 and (
            cursor == limit == 0 or HeapWord.FIRST <= cursor <= limit <= len(data)),
            f"a heap that is being filled from 0x{cursor:x} to 0x{limit:x}")
        store.types.map_references()
        tags = array("I", store.tag_types())
        starts = bytearray(len(data) // 64 + 1)
        buffers = [(ctypes.c_char * len(b)).from_buffer(b) for b in (data, starts)]
        self._keep = buffers, tags          # while native code has their addresses
        work = Block()
        work[Work.HEAP], work[Work.STARTS] = map(ctypes.addressof, buffers)
        work[Work.SIZE] = len(data)
        work[Work.RECORDS] = store.types.records.address
        work[Work.MAPS] = store.types.maps.address
        work[Work.FUNCS] = store.func_records.address
        work[Work.TYPES], work[Work.FUNC_COUNT] = len(store.types.types), len(store.funcs)
        work[Work.HOST_COUNT] = len(store.host_refs)
        work[Work.TAGS], work[Work.TAG_COUNT] = tags.buffer_info()
        damaged = store.heap.native.check(work.address)
        require(not damaged, f"its heap is damaged at 0x{damaged:x}")
        self._work = work

    def _check_pins(self, snapshot: Snapshot) -> None:
        pins = snapshot.regions["pins"]
        for bits in set(array("Q", pins.to_bytes())):
            require(self._is_object(ANY, bits) or self._is_object(EXN, bits),
                    f"the host holds an object at 0x{bits:x} where there is none")

    def _is_object(self, heap: int, bits: int) -> bool:
        """Whether bits that may refer to an object do so to one below a closed heap type."""
        if self._work is None:
            return False
        return bool(self._store.heap.native.fits(self._work.give(bits, heap)))

    def check(self, t: ValType, bits: int, where: str) -> None:
        """That reference bits may be a value of a closed type; `where` names them in errors.

        Null is always safe: a local may not have its value yet, and whoever uses one looks.
        """
        if bits == 0:
            return
        if self._store.types.traces(t) and bits & 7 == 0:
            require(self._is_object(heap_of(t), bits),
                    f"a reference to an object at 0x{bits:x} in {where}")
        elif not self._store.fits(t, bits):
            top = self._store.types.space.top(t)
            require(top != FUNC, f"a reference to function {bits >> REF_SHIFT} in {where}")
            require(False, f"{where} refers to a host object that is not here; host objects "
                           "can't be saved")

    def check_all(self, t: ValType, refs: Iterable[int], where: str) -> None:
        """`check` for each."""
        wanted = set(refs)
        if heap_of(t) == FUNC and self._are_functions(wanted):
            return
        for bits in wanted:
            self.check(t, bits, where)

    def _are_functions(self, refs: set[int]) -> bool:
        return (not reduce(or_, refs, 0) & (1 << REF_SHIFT) - 1
                and max(refs, default=0) >> REF_SHIFT < len(self._store.funcs))

    def check_segments(self, snapshot: Snapshot) -> None:
        """That what element segments refer to, which are not in snapshots, is in its heap."""
        dropped = {(index, i) for kind, index, first, end in snapshot.control.dropped
                   if kind == "elem" for i in range(first, end)}
        for index, i, t, refs in self._store.roots.segments():
            if (index, i) not in dropped:
                self.check_all(t, refs, f"element segment {i}")


def _word(data: bytearray, word: HeapWord) -> int:
    return int.from_bytes(data[word:word + 8], "little")
