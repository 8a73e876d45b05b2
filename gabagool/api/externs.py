"""Externs of the public API (functions are in `functions`): a store and an address each."""

from __future__ import annotations

from typing import Any

from gabagool.api.exceptions import Tag
from gabagool.api.functions import Func, to_python, to_slot
from gabagool.api.store import Store
from gabagool.runtime.entities import GlobalInst, MemoryInst, TableInst
from gabagool.types import GlobalType, MemType, TableType


class Memory:
    """A linear memory; sizes in wasm pages of 64 KiB, offsets in bytes."""

    inst: MemoryInst

    def __init__(self, store: Store, memtype: MemType) -> None:
        self.inst = store.inner.new_memory(memtype)

    @classmethod
    def of(cls, store: Store, inst: MemoryInst) -> Memory:
        memory = cls.__new__(cls)
        memory.inst = inst
        return memory

    def type(self, store: Store) -> MemType:
        return self.inst.type

    def size(self, store: Store) -> int:
        return self.inst.pages

    def data_len(self, store: Store) -> int:
        return self.inst.size

    def grow(self, store: Store, pages: int) -> int:
        """The old size in pages; MemoryError if it can't grow."""
        before = self.inst.grow(pages)
        if before < 0:
            raise MemoryError(f"the memory can't grow by {pages} pages")
        return before

    def read(self, store: Store, start: int = 0, stop: int | None = None) -> bytes:
        """Bytes start…stop as slices count; IndexError is never raised, as with slices."""
        first, last, _ = slice(start, stop).indices(self.inst.size)
        return self.inst.read(first, max(0, last - first))

    def write(self, store: Store, value: bytes, start: int = 0) -> int:
        """Store bytes at `start`; IndexError if they don't fit."""
        if start < 0 or start + len(value) > self.inst.size:
            raise IndexError(f"{len(value)} bytes at {start} are out of the memory's "
                             f"{self.inst.size} bytes")
        self.inst.write(start, value)
        return len(value)


class Table:
    """A table of references."""

    inst: TableInst

    def __init__(self, store: Store, tabletype: TableType, init: Any = None) -> None:
        self.inst = store.inner.new_table(tabletype, to_slot(store, tabletype.element, init))

    @classmethod
    def of(cls, store: Store, inst: TableInst) -> Table:
        table = cls.__new__(cls)
        table.inst = inst
        return table

    def type(self, store: Store) -> TableType:
        return self.inst.type

    def size(self, store: Store) -> int:
        return self.inst.size

    def get(self, store: Store, index: int) -> Any:
        """The element; Trap if out of bounds."""
        return to_python(store, self.inst.declared.element, self.inst.get(index))

    def set(self, store: Store, index: int, value: Any) -> None:
        self.inst.set(index, to_slot(store, self.inst.declared.element, value))

    def grow(self, store: Store, count: int, init: Any = None) -> int:
        """The old size; MemoryError if it can't grow."""
        before = self.inst.grow(count, to_slot(store, self.inst.declared.element, init))
        if before < 0:
            raise MemoryError(f"the table can't grow by {count} elements")
        return before


class Global:
    """A global variable."""

    inst: GlobalInst

    def __init__(self, store: Store, globaltype: GlobalType, value: Any) -> None:
        self.inst = store.inner.new_global(globaltype, to_slot(store, globaltype.valtype, value))

    @classmethod
    def of(cls, store: Store, inst: GlobalInst) -> Global:
        new = cls.__new__(cls)
        new.inst = inst
        return new

    def type(self, store: Store) -> GlobalType:
        return self.inst.type

    def value(self, store: Store) -> Any:
        return to_python(store, self.inst.type.valtype, self.inst.bits)

    def set_value(self, store: Store, value: Any) -> None:
        """TypeError if the global is immutable."""
        if not self.inst.type.mutable:
            raise TypeError("the global is immutable")
        self.inst.bits = to_slot(store, self.inst.type.valtype, value)


Extern = Func | Memory | Table | Global | Tag


def wrap(store: Store, kind: str, addr: int) -> Extern:
    """The extern of an export."""
    if kind == "func":
        return Func.of(store, store.inner.funcs[addr])
    if kind == "memory":
        return Memory.of(store, store.inner.memories[addr])
    if kind == "table":
        return Table.of(store, store.inner.tables[addr])
    if kind == "tag":
        return Tag.of(store, store.inner.tags[addr])
    return Global.of(store, store.inner.globals[addr])
