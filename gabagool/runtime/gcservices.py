"""Aggregate instructions that leave native code (spec §4.6.7): one function per form.

Those that make an object come here when the hole being filled is too small for it; then garbage
is collected if there is no other. Traps come before anything changes, but for that.
"""

from __future__ import annotations

from array import array

from gabagool.errors import Trap
from gabagool.runtime.constants import element, narrowed
from gabagool.runtime.entities import OUT_OF_BOUNDS
from gabagool.runtime.frame import Frame
from gabagool.types import ArrayType, FieldType, StructType, slots_of

_ARRAY_BOUNDS = "out of bounds array access"
_TABLE_BOUNDS = "out of bounds table access"


def struct_new(m: Frame, slot: int, type: int, n: int) -> None:
    m.put(slot, m.store.heap.new_struct(type, m.slots(slot, n), m.collect))


def struct_new_packed(m: Frame, slot: int, type: int, n: int) -> None:
    comp = m.store.types.types[type].comp
    assert isinstance(comp, StructType)
    words = m.slots(slot, n)
    at = 0
    for field in comp.fields:
        if field.packed:
            words[at] = narrowed(field, words[at])
        at += slots_of(field.storage)
    struct_new(m, slot, type, n)


def struct_new_default(m: Frame, slot: int, type: int) -> None:
    m.put(slot, m.store.heap.new_struct(type, None, m.collect))


# -- new arrays ------------------------------------------------------------------------------

def _field(m: Frame, type: int) -> FieldType:
    comp = m.store.types.types[type].comp
    assert isinstance(comp, ArrayType)
    return comp.field


def _value(m: Frame, slot: int, field: FieldType) -> bytes:
    """An element as it lies in an array, of the operand at a slot."""
    words = m.slots(slot, slots_of(field.storage))
    return element(field, int.from_bytes(words, "little"))


def array_new(m: Frame, slot: int, type: int) -> None:
    field = _field(m, type)
    length = m.get(slot + 8 * slots_of(field.storage))
    at = m.store.heap.new_array(type, length, None, m.collect)
    m.store.heap.fill(at, 0, _value(m, slot, field), length)
    m.put(slot, at)


array_new_v128 = array_new


def array_new_default(m: Frame, slot: int, type: int) -> None:
    m.put(slot, m.store.heap.new_array(type, m.get(slot), None, m.collect))


def array_new_fixed(m: Frame, slot: int, type: int, n: int) -> None:
    field = _field(m, type)
    step = slots_of(field.storage)
    words = m.slots(slot, n * step)
    data = bytes(words) if field.bits >= 64 else b"".join([element(field, w) for w in words])
    m.put(slot, m.store.heap.new_array(type, n, data, m.collect))


def array_new_data(m: Frame, slot: int, type: int, data: int) -> None:
    start, length = m.get(slot), m.get(slot + 8)
    found = _data(m, data, start, length * (_field(m, type).bits // 8))
    m.put(slot, m.store.heap.new_array(type, length, found, m.collect))


def array_new_elem(m: Frame, slot: int, type: int, elem: int) -> None:
    start, length = m.get(slot), m.get(slot + 8)
    found = _elem(m, elem, start, length)
    m.put(slot, m.store.heap.new_array(type, length, found, m.collect))


def _data(m: Frame, data: int, start: int, size: int) -> bytes:
    """Bytes of a data segment."""
    module = m.instance.compiled.module
    segment = module.datas[data]
    length = 0 if data in m.instance.dropped_datas else segment.end - segment.start
    if start + size > length:
        raise Trap(OUT_OF_BOUNDS)
    return module.source[segment.start + start:segment.start + start + size]


def _elem(m: Frame, elem: int, start: int, length: int) -> bytes:
    """References of an element segment."""
    refs = [] if elem in m.instance.dropped_elems else m.instance.elems[elem]
    if start + length > len(refs):
        raise Trap(_TABLE_BOUNDS)
    return array("Q", refs[start:start + length]).tobytes()


# -- parts of arrays -------------------------------------------------------------------------

def _span(m: Frame, ref: int, start: int, length: int) -> int:
    """The reference to an array that has so many elements from `start` on."""
    if not ref:
        raise Trap("null array reference")
    if start + length > m.store.heap.length_at(ref):
        raise Trap(_ARRAY_BOUNDS)
    return ref


def array_fill_v128(m: Frame, slot: int, type: int) -> None:
    field = _field(m, type)
    start, length = m.get(slot + 8), m.get(slot + 16 + 8 * slots_of(field.storage))
    at = _span(m, m.get(slot, 8), start, length)
    m.store.heap.fill(at, start, _value(m, slot + 16, field), length)


def array_init_data(m: Frame, slot: int, type: int, data: int) -> None:
    to, start, length = m.get(slot + 8), m.get(slot + 16), m.get(slot + 24)
    at = _span(m, m.get(slot, 8), to, length)
    found = _data(m, data, start, length * (_field(m, type).bits // 8))
    m.store.heap.put_elements(at, to, found)


def array_init_elem(m: Frame, slot: int, type: int, elem: int) -> None:
    to, start, length = m.get(slot + 8), m.get(slot + 16), m.get(slot + 24)
    at = _span(m, m.get(slot, 8), to, length)
    m.store.heap.put_elements(at, to, _elem(m, elem, start, length))
