"""Instructions that leave native code (spec §4.6): one function per form of kind SERVICE.

Each gets the machine and its word's fields, reads operands from the frame's slots and writes
results there. Traps are raised before anything changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from gabagool.errors import Trap
from gabagool.isa import FORMS
from gabagool.isa.row import SERVICE
from gabagool.runtime.entities import OUT_OF_BOUNDS, ModuleInst
from gabagool.runtime.store import Store

_TABLE_BOUNDS = "out of bounds table access"


class Frame(Protocol):
    """What services see of a machine."""

    store: Store
    instance: ModuleInst

    def get(self, slot: int, width: int = 4) -> int: ...

    def put(self, slot: int, bits: int) -> None: ...


def memory_grow(m: Frame, slot: int, mem: int) -> None:
    m.put(slot, m.store.memories[mem].grow(m.get(slot)) & 0xFFFFFFFF)


def memory_init(m: Frame, slot: int, data: int, mem: int) -> None:
    target, source, count = (m.get(slot + 8 * i) for i in range(3))
    segment = m.instance.compiled.module.datas[data]
    length = 0 if data in m.instance.dropped_datas else segment.end - segment.start
    memory = m.store.memories[mem]
    if source + count > length:
        raise Trap(OUT_OF_BOUNDS)
    at = segment.start + source
    memory.write(target, m.instance.compiled.module.source[at:at + count])


def data_drop(m: Frame, slot: int, data: int) -> None:
    m.instance.dropped_datas.add(data)


def elem_drop(m: Frame, slot: int, elem: int) -> None:
    m.instance.dropped_elems.add(elem)


def table_get(m: Frame, slot: int, table: int) -> None:
    m.put(slot, m.store.tables[table].get(m.get(slot)))


def table_set(m: Frame, slot: int, table: int) -> None:
    m.store.tables[table].set(m.get(slot), m.get(slot + 8, 8))


def table_size(m: Frame, slot: int, table: int) -> None:
    m.put(slot, m.store.tables[table].size)


def table_grow(m: Frame, slot: int, table: int) -> None:
    ref, count = m.get(slot, 8), m.get(slot + 8)
    m.put(slot, m.store.tables[table].grow(count, ref) & 0xFFFFFFFF)


def table_fill(m: Frame, slot: int, table: int) -> None:
    start, ref, count = m.get(slot), m.get(slot + 8, 8), m.get(slot + 16)
    target = m.store.tables[table]
    if start + count > target.size:
        raise Trap(_TABLE_BOUNDS)
    target.fill(start, ref.to_bytes(8, "little") * count)


def table_copy(m: Frame, slot: int, table: int, source: int) -> None:
    to, start, count = (m.get(slot + 8 * i) for i in range(3))
    target, origin = m.store.tables[table], m.store.tables[source]
    if start + count > origin.size or to + count > target.size:
        raise Trap(_TABLE_BOUNDS)
    target.fill(to, origin.region.read(start * 8, count * 8))


def table_init(m: Frame, slot: int, elem: int, table: int) -> None:
    to, start, count = (m.get(slot + 8 * i) for i in range(3))
    refs = [] if elem in m.instance.dropped_elems else m.instance.elems[elem]
    target = m.store.tables[table]
    if start + count > len(refs) or to + count > target.size:
        raise Trap(_TABLE_BOUNDS)
    target.fill(to, b"".join(r.to_bytes(8, "little") for r in refs[start:start + count]))


SERVICES: dict[str, Callable[..., None]] = {
    form.name: globals()[form.name.replace(".", "_")] for form in FORMS if form.kind == SERVICE}
