"""The types of a store: canonical ids, and the records by which native code tests them."""

from __future__ import annotations

from gabagool.errors import LimitError
from gabagool.isa import gc
from gabagool.native.layout import TypeRec
from gabagool.rectypes import Hierarchy, Types, kind_of
from gabagool.runtime.region import Region
from gabagool.types import CompType, FuncType, StructType, SubType, slots_of

MAX_TYPES = 1 << 20


class StoreTypes(Hierarchy):
    """Every type of a store's modules by its canonical id; `space` matches types that name others
    by such ids. Each has a `native.layout.TypeRec` in `records`."""

    def __init__(self) -> None:
        super().__init__()
        self.records = Region(MAX_TYPES * TypeRec.SIZE)
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
        for depth, above in enumerate(display):
            self.records.put_u32(at + TypeRec.DISPLAY + 4 * depth, above)


def _length(t: CompType) -> int:
    """See `TypeRec.LENGTH`."""
    if isinstance(t, FuncType):
        return 0
    if isinstance(t, StructType):
        return gc.HEADER + 8 * sum(slots_of(field.unpacked) for field in t.fields)
    return (t.field.bits // 8).bit_length() - 1
