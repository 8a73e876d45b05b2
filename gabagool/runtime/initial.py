"""The memories of a store as instantiation leaves them: what a program brings along itself.

Most of a program's memory is often its data segments, unchanged. A snapshot in a file is the
difference from this, so that it doesn't hold them a second time.
"""

from __future__ import annotations

from gabagool.runtime.constants import evaluate
from gabagool.runtime.entities import ModuleInst
from gabagool.runtime.pages import Pages
from gabagool.runtime.state import Control, Snapshot
from gabagool.runtime.store import Store
from gabagool.types import PAGE

_NOWHERE = Control(0, -1, 0, 0, 0, 0)


def initial(store: Store) -> Snapshot:
    """A base for differences: all memories at their first sizes, with their active segments."""
    images = [bytearray(memory.declared.limits.min * PAGE) for memory in store.memories]
    for inst in store.instances:
        _write_segments(store, inst, images)
    regions = {f"memory {i}": Pages.looking_at(memoryview(image))
               for i, image in enumerate(images)}
    return Snapshot(0, regions, _NOWHERE, b"", 0)


def as_built(store: Store) -> Snapshot:
    """The same of a store that nothing has run in yet, without a copy: good until it is changed."""
    regions = {f"memory {i}": Pages.looking_at(memory.region.view[:memory.size])
               for i, memory in enumerate(store.memories)}
    return Snapshot(0, regions, _NOWHERE, b"", 0)


def _write_segments(store: Store, inst: ModuleInst, images: list[bytearray]) -> None:
    source = inst.compiled.module.source
    for data in inst.compiled.module.datas:
        if data.mode == "active" and data.where is not None:
            start = evaluate(store, inst, data.where)
            images[inst.mems[data.memory]][start:start + data.end - data.start] = (
                source[data.start:data.end])
