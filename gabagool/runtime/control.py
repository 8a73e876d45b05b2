"""The control block that a machine shares with native code, field by field."""

from __future__ import annotations

from gabagool.native.layout import Ctx
from gabagool.runtime.region import Region
from gabagool.runtime.store import Store


class ControlBlock:
    """Typed access to the fields of `native.layout.Ctx`; `address` is what native code gets."""

    __slots__ = ("_halves", "_region", "_words", "address")

    def __init__(self, store: Store, stack: Region, stack_bytes: int, max_depth: int) -> None:
        self._region = Region(Ctx.SIZE, Ctx.SIZE)
        self._words = self._region.words
        self._halves = self._region.view.cast("I")
        self.address = self._region.address
        self[Ctx.FUNCS] = store.func_records.address
        self[Ctx.GLOBALS] = store.globals_region.address
        self[Ctx.MEMORIES] = store.memory_records.address
        self[Ctx.TABLES] = store.table_records.address
        self[Ctx.TYPES] = store.types.records.address
        self[Ctx.MAPS] = store.types.maps.address
        self[Ctx.HEAP] = store.heap.region.address
        self[Ctx.STACK_LIMIT] = stack.address + stack_bytes
        self[Ctx.SHADOW] = store.shadow
        self.put32(Ctx.MAX_DEPTH, max_depth)
        self.put32(Ctx.STOP_DEPTH, -1)
        self.put32(Ctx.MARK_DEPTH, -1)

    def __getitem__(self, field: Ctx) -> int:
        return self._words[field >> 3]

    def __setitem__(self, field: Ctx, value: int) -> None:
        self._words[field >> 3] = value

    def get32(self, field: Ctx) -> int:
        return self._halves[field >> 2]

    def put32(self, field: Ctx, value: int) -> None:
        self._halves[field >> 2] = value & 0xFFFFFFFF
