"""Reading objects of a heap: of a store's, or of a snapshot's. Nothing is taken on trust."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gabagool.errors import GabagoolError
from gabagool.native.layout import (
    EXN_VALUES,
    OBJECT_HEADER,
    TYPE_EXN,
    HeapWord,
    TypeRec,
)
from gabagool.runtime.typing import StoreTypes, field_offsets
from gabagool.types import ArrayType, FieldType, FuncType, StructType


class Source(Protocol):
    """The bytes of a heap: a region, or the pages of one in a snapshot."""

    @property
    def size(self) -> int: ...

    def read(self, offset: int, length: int) -> bytes: ...


class HeapReader:
    """Objects by offset. An offset from elsewhere may be amid an object: what is read then makes
    no sense, but does no harm."""

    def __init__(self, types: StoreTypes, source: Source) -> None:
        self.types = types
        self._source = source

    def _u32(self, offset: int) -> int:
        return int.from_bytes(self._source.read(offset, 4), "little")

    def _record(self, type_id: int, field: TypeRec) -> int:
        return self.types.records.u32(type_id * TypeRec.SIZE + field)

    def type_at(self, offset: int) -> int:
        """The type id of the object at an offset, with TYPE_EXN for exceptions: of an exception
        it is that of its tag's function type.

        Raises GabagoolError if there can't be one.
        """
        if offset % 8 or not HeapWord.FIRST <= offset < self._source.size:
            raise GabagoolError(f"there is no object at 0x{offset:x}")
        number = self._u32(offset)
        if (number & ~TYPE_EXN >= len(self.types.types)
                or isinstance(self._comp(number), FuncType) != bool(number & TYPE_EXN)
                or offset + self.size_at(offset) > self._source.size):
            raise GabagoolError(f"there is no object at 0x{offset:x}")
        return number

    def _comp(self, number: int) -> FuncType | StructType | ArrayType:
        return self.types.types[number & ~TYPE_EXN].comp

    def comp_at(self, offset: int) -> FuncType | StructType | ArrayType:
        """What the type of the object at an offset is made of; see `type_at`."""
        return self._comp(self.type_at(offset))

    def size_at(self, offset: int) -> int:
        """Bytes of an object with its header."""
        number, length = self._u32(offset), self._u32(offset + 4)
        if not isinstance(self._comp(number), ArrayType):
            return length * 8
        return OBJECT_HEADER + -(-(length << self._record(number, TypeRec.LENGTH)) // 8) * 8

    def length_at(self, offset: int) -> int:
        """The elements of an array; the size of other objects in words."""
        return self._u32(offset + 4)

    def tag_at(self, offset: int) -> int:
        """The store address of an exception's tag."""
        return int.from_bytes(self._source.read(offset + OBJECT_HEADER, 8), "little")

    # -- fields and elements -----------------------------------------------------------------

    def count_at(self, offset: int) -> int:
        """How many fields, elements or values the object at an offset has."""
        comp = self.comp_at(offset)
        if isinstance(comp, ArrayType):
            return self.length_at(offset)
        return len(comp.fields if isinstance(comp, StructType) else comp.params)

    def fields_at(self, offset: int) -> Sequence[FieldType]:
        """The types of a structure's fields or an exception's values; of an array's elements the
        one that they all have."""
        comp = self.comp_at(offset)
        if isinstance(comp, ArrayType):
            return (comp.field,)
        return comp.fields if isinstance(comp, StructType) else [FieldType(t) for t in comp.params]

    def place(self, offset: int, index: int) -> tuple[int, FieldType]:
        """Where the field, element or value of this index lies, and its type.

        Raises IndexError if there is none.
        """
        if not 0 <= index < self.count_at(offset):
            raise IndexError(f"the object has no {index}")
        comp, fields = self.comp_at(offset), self.fields_at(offset)
        if isinstance(comp, ArrayType):
            return offset + OBJECT_HEADER + index * (comp.field.bits // 8), comp.field
        first = OBJECT_HEADER if isinstance(comp, StructType) else EXN_VALUES
        return offset + field_offsets([f.unpacked for f in fields[:index]], first)[-1], (
            fields[index])

    def items(self, offset: int, start: int, count: int) -> list[tuple[FieldType, int]]:
        """Type and bits of at most `count` fields, elements or values from `start` on."""
        length = self.count_at(offset)
        start = max(start, 0)
        end = min(start + count, length)
        if start >= end:
            return []
        comp = self.comp_at(offset)
        if isinstance(comp, ArrayType):
            step = comp.field.bits // 8
            at = self.place(offset, start)[0]
            data = self._source.read(at, (end - start) * step)
            return [(comp.field, int.from_bytes(data[i:i + step], "little"))
                    for i in range(0, len(data), step)]
        return [(field, self._bits(at, field))
                for at, field in (self.place(offset, i) for i in range(start, end))]

    def get(self, offset: int, index: int) -> tuple[FieldType, int]:
        """Type and bits of a field, element or value; IndexError if there is none."""
        at, field = self.place(offset, index)
        return field, self._bits(at, field)

    def _bits(self, at: int, field: FieldType) -> int:
        return int.from_bytes(self._source.read(at, field.bits // 8), "little")
