"""Instructions that leave native code (spec §4.6): one function per form of kind SERVICE.

Each gets the machine and its word's fields, reads operands from the frame's slots and writes
results there. Traps are raised before anything changes.
"""

from __future__ import annotations

from collections.abc import Callable

from gabagool.errors import Thrown, Trap
from gabagool.isa import FORMS
from gabagool.isa.row import SERVICE
from gabagool.runtime import gcservices
from gabagool.runtime.entities import OUT_OF_BOUNDS, MemoryInst, TableInst
from gabagool.runtime.frame import Frame
from gabagool.types import slots_of_all

_TABLE_BOUNDS = "out of bounds table access"


def _width(*spaces: MemoryInst | TableInst) -> int:
    """Bytes of an address that serves all of these memories or tables."""
    return 8 if all(space.declared.is64 for space in spaces) else 4


def _grown(before: int, width: int) -> int:
    """The result of growing: the size before, or -1."""
    return before & ((1 << 8 * width) - 1)


def memory_grow(m: Frame, slot: int, mem: int) -> None:
    memory = m.store.memories[mem]
    width = _width(memory)
    m.put(slot, _grown(memory.grow(m.get(slot, width)), width))


def memory_fill_mem(m: Frame, slot: int, mem: int) -> None:
    memory = m.store.memories[mem]
    width = _width(memory)
    start, count = m.get(slot, width), m.get(slot + 16, width)
    if start + count > memory.size:
        raise Trap(OUT_OF_BOUNDS)
    memory.write(start, bytes([m.get(slot + 8) & 0xFF]) * count)


def memory_copy_mem(m: Frame, slot: int, mem: int, source: int) -> None:
    target, origin = m.store.memories[mem], m.store.memories[source]
    start, count = m.get(slot + 8, _width(origin)), m.get(slot + 16, _width(target, origin))
    to = m.get(slot, _width(target))
    if to + count > target.size:
        raise Trap(OUT_OF_BOUNDS)
    target.write(to, origin.read(start, count))


def memory_init(m: Frame, slot: int, data: int, mem: int) -> None:
    source, count = m.get(slot + 8), m.get(slot + 16)
    segment = m.instance.compiled.module.datas[data]
    length = 0 if data in m.instance.dropped_datas else segment.end - segment.start
    memory = m.store.memories[mem]
    if source + count > length:
        raise Trap(OUT_OF_BOUNDS)
    at = segment.start + source
    memory.write(m.get(slot, _width(memory)), m.instance.compiled.module.source[at:at + count])


def data_drop(m: Frame, slot: int, data: int) -> None:
    m.instance.dropped_datas.add(data)


def elem_drop(m: Frame, slot: int, elem: int) -> None:
    m.instance.dropped_elems.add(elem)


def table_get(m: Frame, slot: int, table: int) -> None:
    target = m.store.tables[table]
    m.put(slot, target.get(m.get(slot, _width(target))))


def table_set(m: Frame, slot: int, table: int) -> None:
    target = m.store.tables[table]
    target.set(m.get(slot, _width(target)), m.get(slot + 8, 8))


def table_size(m: Frame, slot: int, table: int) -> None:
    m.put(slot, m.store.tables[table].size)


def table_grow(m: Frame, slot: int, table: int) -> None:
    target = m.store.tables[table]
    width = _width(target)
    ref, count = m.get(slot, 8), m.get(slot + 8, width)
    m.put(slot, _grown(target.grow(count, ref), width))


def table_fill(m: Frame, slot: int, table: int) -> None:
    target = m.store.tables[table]
    width = _width(target)
    start, ref, count = m.get(slot, width), m.get(slot + 8, 8), m.get(slot + 16, width)
    if start + count > target.size:
        raise Trap(_TABLE_BOUNDS)
    target.fill(start, ref.to_bytes(8, "little") * count)


def table_copy(m: Frame, slot: int, table: int, source: int) -> None:
    target, origin = m.store.tables[table], m.store.tables[source]
    to, start = m.get(slot, _width(target)), m.get(slot + 8, _width(origin))
    count = m.get(slot + 16, _width(target, origin))
    if start + count > origin.size or to + count > target.size:
        raise Trap(_TABLE_BOUNDS)
    m.store.log.saw("table", source, start, count)
    target.fill(to, origin.region.read(start * 8, count * 8))


def table_init(m: Frame, slot: int, elem: int, table: int) -> None:
    target = m.store.tables[table]
    to, start, count = m.get(slot, _width(target)), m.get(slot + 8), m.get(slot + 16)
    refs = [] if elem in m.instance.dropped_elems else m.instance.elems[elem]
    if start + count > len(refs) or to + count > target.size:
        raise Trap(_TABLE_BOUNDS)
    target.fill(to, b"".join(r.to_bytes(8, "little") for r in refs[start:start + count]))


def throw(m: Frame, slot: int, tag: int) -> None:
    count = slots_of_all(m.store.tags[tag].type.params)
    raise Thrown("", m.store.new_exn(tag, m.slots(slot, count), m.collect))


def throw_ref(m: Frame, slot: int) -> None:
    ref = m.get(slot, 8)
    if not ref:
        raise Trap("null exception reference")
    raise Thrown("", ref)


def rethrow(m: Frame, exn: int) -> None:
    throw_ref(m, exn)


def _name(form: str) -> str:
    """The function above that serves a form."""
    return form.replace(".", "_").replace("+", "_")


SERVICES: dict[str, Callable[..., None]] = {
    form.name: {**globals(), **vars(gcservices)}[_name(form.name)]
    for form in FORMS if form.kind == SERVICE}
