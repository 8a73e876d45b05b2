"""The memories of a store as instantiation leaves them: what a program brings along itself.

Most of a program's memory is often its data segments, unchanged. A snapshot in a file is the
difference from this, so that it doesn't hold them a second time.
"""

from __future__ import annotations

from collections.abc import Sequence

from gabagool.runtime.instantiate import write_datas
from gabagool.runtime.pages import Pages
from gabagool.runtime.region import Region
from gabagool.runtime.state import Control, Snapshot
from gabagool.runtime.store import Store
from gabagool.types import PAGE

_NOWHERE = Control(0, -1, 0, 0, 0, 0)


def initial(store: Store) -> Snapshot:
    """A base for differences: all memories as large as they are now, with what their active
    segments put there."""
    images = [Region(memory.region.capacity, memory.declared.limits.min * PAGE)
              for memory in store.memories]
    for inst in store.instances:
        write_datas(store, inst, [images[addr] for addr in inst.mems])
    return _looking_at(images, [memory.size for memory in store.memories])


def as_built(store: Store) -> Snapshot:
    """The same of a store that nothing has run in yet, without a copy: good until it is changed."""
    return _looking_at([memory.region for memory in store.memories],
                       [memory.size for memory in store.memories])


def _looking_at(images: Sequence[Region], sizes: Sequence[int]) -> Snapshot:
    regions = {f"memory {i}": Pages.looking_at(image.view, size)
               for i, (image, size) in enumerate(zip(images, sizes, strict=True))}
    return Snapshot(0, regions, _NOWHERE, b"", 0)
