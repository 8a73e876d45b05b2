"""The types of a store: canonical ids, and the records by which native code tests them."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from gabagool.errors import LimitError
from gabagool.native.layout import EXN_VALUES, OBJECT_HEADER, TypeRec
from gabagool.rectypes import Hierarchy, Types, kind_of
from gabagool.runtime.region import Region
from gabagool.types import (
    FUNC,
    CompType,
    FuncType,
    StructType,
    SubType,
    ValType,
    heap_of,
    is_ref,
    slots_of,
)

MAX_TYPES = 1 << 20
_MAPS = 1 << 30           # bytes of reference maps


class StoreTypes(Hierarchy):
    """Every type of a store's modules by its canonical id; `space` matches types that name others
    by such ids. Each has a `native.layout.TypeRec` in `records`."""

    def __init__(self) -> None:
        super().__init__()
        self.records = Region(MAX_TYPES * TypeRec.SIZE)
        self.maps = Region(_MAPS, 8)         # reference maps; number 0 is none
        self._mapped = 0                     # types that have theirs
        self.space = Types(self, range(MAX_TYPES))

    def _add(self, t: SubType) -> None:
        if len(self.types) >= MAX_TYPES:
            raise LimitError(f"more than {MAX_TYPES} types in one store")
        super()._add(t)
        number = len(self.types) - 1
        display = self.displays[number]
        at = number * TypeRec.SIZE
        self.records.size = at + TypeRec.SIZE
        self.records.put_u32(at + TypeRec.KIND, kind_of(t.comp))
        self.records.put_u32(at + TypeRec.DEPTH, len(display) - 1)
        self.records.put_u32(at + TypeRec.LENGTH, _length(t.comp))
        self.records.put_u32(at + TypeRec.PACKED, self._packed_map(t.comp))
        for depth, above in enumerate(display):
            self.records.put_u32(at + TypeRec.DISPLAY + 4 * depth, above)

    def map_references(self) -> None:
        """Give every type its reference map, which needs the types that it names."""
        for number in range(self._mapped, len(self.types)):
            record = number * TypeRec.SIZE
            comp = self.types[number].comp
            self.records.put_u32(record + TypeRec.REFS, self.add_map(_places(comp)))
        self._mapped = len(self.types)

    def _packed_map(self, t: CompType) -> int:
        """The number of the map that `TypeRec.PACKED` is about, 0 for types that need none."""
        if not isinstance(t, StructType) or not any(field.packed for field in t.fields):
            return 0
        offsets = field_offsets([field.unpacked for field in t.fields])
        packed = [(at, (1 << field.bits) - 1)
                  for at, field in zip(offsets, t.fields, strict=False) if field.packed]
        return self._add_words([len(packed), *(word for entry in packed for word in entry)])

    def traces(self, t: ValType) -> bool:
        """Whether values of a closed type may refer to objects of the heap."""
        return is_ref(t) and self.space.top(t) != FUNC

    def add_map(self, places: Iterable[tuple[int, ValType]]) -> int:
        """The number of a new `native.layout.RefMap` of the references among these values, given
        by their offsets in bytes."""
        refs = [(at, t) for at, t in places if is_ref(t)]
        refs.sort(key=lambda ref: not self.traces(ref[1]))
        traced = sum(self.traces(t) for _, t in refs)
        words = [traced, len(refs)]
        for at, t in refs:
            words += at, heap_of(t)
        return self._add_words(words)

    def _add_words(self, words: list[int]) -> int:
        """The number of the first of these words, put into the maps."""
        start = self.maps.size
        if start + 4 * len(words) > self.maps.capacity:
            raise LimitError("the types of this store have too many fields")
        self.maps.size = start + 4 * len(words)
        self.maps.view[start:self.maps.size] = struct.pack(f"<{len(words)}I", *words)
        return start // 4


def field_offsets(types: Iterable[ValType], start: int = OBJECT_HEADER) -> list[int]:
    """Where values lie that are put in slots one after another, in bytes; and where they end."""
    offsets = [start]
    for t in types:
        offsets.append(offsets[-1] + 8 * slots_of(t))
    return offsets


def _places(t: CompType) -> Iterable[tuple[int, ValType]]:
    """Offset and type of what an object of the type holds; of an array's elements the first."""
    if isinstance(t, FuncType):
        return zip(field_offsets(t.params, EXN_VALUES), t.params, strict=False)
    fields = t.fields if isinstance(t, StructType) else (t.field,)
    types = [field.unpacked for field in fields]
    return zip(field_offsets(types), types, strict=False)


def _length(t: CompType) -> int:
    """See `TypeRec.LENGTH`."""
    if isinstance(t, FuncType):
        return field_offsets(t.params, EXN_VALUES)[-1]
    if isinstance(t, StructType):
        return field_offsets([field.unpacked for field in t.fields])[-1]
    return (t.field.bits // 8).bit_length() - 1
