"""Functions, memories, tables and globals of the public API: a store and an address each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gabagool.api.store import Store
from gabagool.runtime.entities import FuncInst, GlobalInst, MemoryInst, TableInst
from gabagool.runtime.host import encode
from gabagool.runtime.machine import Machine
from gabagool.runtime.values import from_bits
from gabagool.types import (
    I32,
    I64,
    FuncType,
    GlobalType,
    MemType,
    TableType,
    ValType,
    is_ref,
)


def to_python(store: Store, t: ValType, bits: int) -> Any:
    """A value as Python sees it: ints signed, floats, None, Func, or the host's own object; a
    v128 as an unsigned int of 128 bits."""
    if not is_ref(t):
        return from_bits(t, bits)
    if bits == 0:
        return None
    if store.inner.types.space.is_func(t):
        return Func.of(store, store.inner.funcs[bits >> 2])
    return store.inner.host_refs.value(bits)


def to_slot(store: Store, t: ValType, value: Any) -> int:
    """Slot bits of a Python value; TypeError or OverflowError if it does not fit."""
    if isinstance(value, Func):
        value = value.inst
    return encode(t, value, store.inner)


class Func:
    """A function: `func(store, *args)` calls it. Raises Trap, or Exit after `proc_exit`."""

    inst: FuncInst

    def __init__(self, store: Store, functype: FuncType, call: Callable[..., Any], *,
                 access_caller: bool = False, name: str = "host function") -> None:
        """Make a host function; with `access_caller` it gets a `Caller` first."""

        def host(caller: Any, *args: Any) -> Any:
            given = [_signed(t, a) for t, a in zip(functype.params, args, strict=True)]
            given = [Func.of(store, store.inner.funcs[a >> 2])
                     if isinstance(a, int) and store.inner.types.space.is_func(t) else a
                     for t, a in zip(functype.params, given, strict=True)]
            returned = call(caller, *given) if access_caller else call(*given)
            return _unwrap(returned)

        self.inst = store.inner.new_host_func(functype, host, name)

    @classmethod
    def of(cls, store: Store, inst: FuncInst) -> Func:
        func = cls.__new__(cls)
        func.inst = inst
        return func

    def type(self, store: Store) -> FuncType:
        return self.inst.type

    def _bits(self, store: Store, args: tuple[Any, ...]) -> list[int]:
        types = self.inst.type.params
        if len(args) != len(types):
            raise TypeError(f"the function takes {len(types)} arguments, not {len(args)}")
        return [to_slot(store, t, a) for t, a in zip(types, args, strict=True)]

    def __call__(self, store: Store, *args: Any) -> Any:
        """None, the only result, or a list of results."""
        bits = store.machine.call(self.inst, self._bits(store, args))
        values = [to_python(store, t, b)
                  for t, b in zip(self.inst.type.results, bits, strict=True)]
        return values[0] if len(values) == 1 else values or None

    def start(self, store: Store, *args: Any) -> Machine:
        """A machine that stands before the function's first instruction, for `run(until)`."""
        machine = Machine(store.inner)
        machine.start(self.inst.addr, self._bits(store, args))
        return machine


def _signed(t: ValType, value: Any) -> Any:
    return from_bits(t, value) if t in (I32, I64) else value


def _unwrap(value: Any) -> Any:
    if isinstance(value, Func):
        return value.inst
    if isinstance(value, tuple | list):
        return [v.inst if isinstance(v, Func) else v for v in value]
    return value


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


Extern = Func | Memory | Table | Global


def wrap(store: Store, kind: str, addr: int) -> Extern:
    """The extern of an export."""
    if kind == "func":
        return Func.of(store, store.inner.funcs[addr])
    if kind == "memory":
        return Memory.of(store, store.inner.memories[addr])
    if kind == "table":
        return Table.of(store, store.inner.tables[addr])
    return Global.of(store, store.inner.globals[addr])
