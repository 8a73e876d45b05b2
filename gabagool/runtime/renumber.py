"""Types in a heap that leaves the process, or comes from another.

Canonical ids depend on everything that a store has been given, the types of host functions that
nobody imports included. In a file types are counted as the instances and tags have them.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Sequence

from gabagool.errors import SnapshotError
from gabagool.native.collecting import Block
from gabagool.native.layout import TYPE_NUMBER, Work
from gabagool.runtime.pages import Pages
from gabagool.runtime.store import Store


def leaving(store: Store, heap: Pages) -> Pages:
    """A heap of the store's with the numbers that types have in files."""
    known = _known(store)
    table = [TYPE_NUMBER] * len(store.types.types)
    for number, type_id in enumerate(known):
        table[type_id] = number
    return _renumbered(store, heap, table, arriving=False)


def arriving(store: Store, heap: Pages) -> Pages:
    """A heap from elsewhere with the store's canonical ids. Raises SnapshotError if it can't be
    walked through; more is not checked."""
    return _renumbered(store, heap, _known(store), arriving=True)


def _known(store: Store) -> list[int]:
    """Canonical ids in the order of files."""
    ids = [type_id for inst in store.instances for type_id in inst.types]
    return list(dict.fromkeys([*ids, *store.tag_types()]))


def _renumbered(store: Store, heap: Pages, table: Sequence[int], arriving: bool) -> Pages:
    if not heap.size or list(table) == list(range(len(table))):
        return heap
    data, numbers = bytearray(heap.to_bytes()), array("I", table)
    buffer = (ctypes.c_char * len(data)).from_buffer(data)
    work = Block()
    work[Work.HEAP], work[Work.SIZE] = ctypes.addressof(buffer), len(data)
    work[Work.RECORDS] = store.types.records.address
    wrong = store.heap.native.renumber(work.give(*numbers.buffer_info(), arriving))
    if wrong:
        raise SnapshotError(f"the snapshot does not fit the program: its heap is damaged at "
                            f"0x{wrong:x}")
    return Pages.from_bytes(data)
