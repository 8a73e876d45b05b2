"""The store (spec §4.2.3): every function, memory, table, global and instance, by address.

Function address 0 is reserved: a frame whose caller is 0 returns to the host. Beside the
instances the store keeps the records native code reads (see `native.layout`) and the arena that
threaded code lies in.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from gabagool.errors import LimitError
from gabagool.native.engine import native
from gabagool.native.layout import REF_HOST, REF_SHIFT, FuncRec, InstRec, SpanRec
from gabagool.runtime.entities import FuncInst, GlobalInst, Log, MemoryInst, ModuleInst, TableInst
from gabagool.runtime.region import Region
from gabagool.runtime.values import HostRefs
from gabagool.types import (
    FUNCREF,
    SELF,
    FuncType,
    GlobalType,
    MemType,
    TableType,
    ValType,
    concrete,
    concrete_index,
    heap_of,
    is_funcref,
    is_nullable,
    is_ref,
    matches,
    reftype,
    slots_of,
)

MAX_ENTITIES = 1 << 16
MAX_FUNCS = 1 << 22
MAX_GLOBALS = 1 << 20
ARENA = 1 << 31          # address space for threaded code; its shadow is as large


@dataclass(frozen=True, slots=True)
class Limits:
    """What guests may use at most: memory in wasm pages, tables in elements, stack in bytes."""

    memory_pages: int = 65536
    table_elements: int = 10_000_000
    stack_bytes: int = 16 << 20
    call_depth: int = 200_000


class HostState(Protocol):
    """A host object whose state belongs to snapshots; `version` changes whenever it does."""

    @property
    def version(self) -> int: ...

    def state(self) -> object: ...

    def restore(self, state: Any) -> None: ...


@runtime_checkable
class Outward(Protocol):
    """A host object that holds resources outside, such as files."""

    def seal(self) -> object:
        """What `reopen` needs to know them again: part of snapshots in files."""

    def reopen(self, sealed: Any, force: bool) -> None:
        """After `restore` in another process: get hold of them now. SnapshotError if they are
        gone or not as sealed (None: unknown), unless forced."""


class Store:
    """Everything instances share. `hosts` are the objects whose state snapshots carry."""

    def __init__(self, limits: Limits = Limits()) -> None:
        self.limits = limits
        self.native = native()
        self.log = Log()
        self.host_refs = HostRefs()
        self.hosts: dict[str, HostState] = {}
        self.types: dict[FuncType, int] = {}
        self.functypes: list[FuncType] = []       # by number
        self.func_records = Region(MAX_FUNCS * FuncRec.SIZE)
        self.memory_records = Region(MAX_ENTITIES * SpanRec.SIZE)
        self.table_records = Region(MAX_ENTITIES * SpanRec.SIZE)
        self.instance_records = Region(MAX_ENTITIES * InstRec.SIZE)
        self.globals_region = Region(MAX_GLOBALS * 16)
        self.arena = Region(2 * ARENA)
        self.funcs: list[FuncInst] = []
        self.memories: list[MemoryInst] = []
        self.tables: list[TableInst] = []
        self.globals: list[GlobalInst] = []
        self.instances: list[ModuleInst] = []
        self.watching = False
        self._bases: list[int] = []          # arena offsets of threaded functions, ascending
        self._based: list[FuncInst] = []
        self._no_memory = SpanRec.SIZE * (MAX_ENTITIES - 1)    # an empty memory's record
        self._reserve_func_zero()

    def _reserve_func_zero(self) -> None:
        """What the outermost frame returns to: an instance record and one `finish` word."""
        self.new_instance_record(None)
        func = FuncInst(0, FuncType(), name="<host>")
        self.funcs.append(func)
        func.base = self.arena.address
        self.arena.size = 16
        self.arena.put_u64(0, self.native.handler("finish"))
        self.func_records.put_u64(FuncRec.CODE, func.base)
        self.func_records.put_u64(FuncRec.INST, self.instance_records.address)

    # -- allocation --------------------------------------------------------------------------

    def type_id(self, functype: FuncType) -> int:
        """The canonical number of a closed function type: one that names types by such numbers.

        A type that names itself does so by SELF, or by its number: both are the same type.
        """
        found = self.types.get(functype)
        if found is None:
            found = len(self.functypes)
            opened = FuncType(*(tuple(self._opened(t, found) for t in part)
                                for part in (functype.params, functype.results)))
            self.functypes.append(opened)
            self.types[functype] = self.types[opened] = found
        return found

    @staticmethod
    def _opened(t: ValType, number: int) -> ValType:
        own = is_ref(t) and concrete_index(heap_of(t)) == SELF
        return reftype(is_nullable(t), concrete(number)) if own else t

    def fits(self, t: ValType, bits: int) -> bool:
        """Whether reference bits other than null refer to something of a closed type."""
        index = bits >> REF_SHIFT
        if not is_funcref(t):
            return bits == index << REF_SHIFT | REF_HOST and index < len(self.host_refs)
        if bits != index << REF_SHIFT or not 0 < index < len(self.funcs):
            return False
        if t == FUNCREF:
            return True
        own = reftype(False, concrete(self.type_id(self.funcs[index].type)))
        return matches(own, t)

    def may_hold(self, t: ValType, bits: int) -> bool:
        """Whether bits of unknown origin are a value of a closed type."""
        if is_ref(t):
            return self.fits(t, bits) if bits else is_nullable(t)
        return bits >> 64 * slots_of(t) == 0

    def new_instance_record(self, memory: int | None) -> int:
        """A native instance record; its address. `memory` is the store address of memory 0."""
        at = self.instance_records.size
        self.instance_records.size += InstRec.SIZE
        if self.instance_records.size > self.instance_records.capacity:
            raise LimitError(f"more than {MAX_ENTITIES} instances in one store")
        record = self._no_memory if memory is None else memory * SpanRec.SIZE
        self.instance_records.put_u64(at, self.memory_records.address + record)
        self.instance_records.put_u64(at + InstRec.INDEX, len(self.instances))
        return self.instance_records.address + at

    def add_func(self, func: FuncInst, record: int = 0) -> FuncInst:
        """Give a function its address (`func.addr` is set) and its native record."""
        func.addr = len(self.funcs)
        if func.addr >= MAX_FUNCS:
            raise LimitError(f"more than {MAX_FUNCS} functions in one store")
        self.funcs.append(func)
        at = func.addr * FuncRec.SIZE
        self.func_records.put_u64(at + FuncRec.INST, record)
        self.func_records.put_u32(at + FuncRec.TYPE, self.type_id(func.type))
        return func

    def add_funcs(self, funcs: Sequence[FuncInst], types: Sequence[int], record: int) -> None:
        """`add_func` for all of an instance's functions; `types` are the numbers of theirs."""
        first = len(self.funcs)
        if first + len(funcs) > MAX_FUNCS:
            raise LimitError(f"more than {MAX_FUNCS} functions in one store")
        for addr, func in enumerate(funcs, first):
            func.addr = addr
        self.funcs += funcs
        records = array("Q", bytes(len(funcs) * FuncRec.SIZE))
        width = FuncRec.SIZE // 8
        records[FuncRec.INST // 8::width] = array("Q", [record]) * len(funcs)
        # TYPE is the upper half of its word.
        records[FuncRec.TYPE // 8::width] = array("Q", [t << 32 for t in types])
        at = first * FuncRec.SIZE
        self.func_records.view[at:at + len(funcs) * FuncRec.SIZE] = records.tobytes()

    def new_host_func(self, functype: FuncType, call: Callable[..., Any], name: str) -> FuncInst:
        return self.add_func(FuncInst(0, functype, host=call, name=name))

    def new_memory(self, type: MemType) -> MemoryInst:
        if type.limits.min > self.limits.memory_pages:
            raise LimitError(f"a memory of {type.limits.min} pages is over the limit of "
                             f"{self.limits.memory_pages}")
        self._check_room(self.memories, "memories")
        memory = MemoryInst(len(self.memories), type, self.limits.memory_pages,
                            self.memory_records, self.log)
        self.memories.append(memory)
        return memory

    def new_table(self, type: TableType, ref: int = 0) -> TableInst:
        if type.limits.min > self.limits.table_elements:
            raise LimitError(f"a table of {type.limits.min} elements is over the limit of "
                             f"{self.limits.table_elements}")
        self._check_room(self.tables, "tables")
        table = TableInst(len(self.tables), type, self.limits.table_elements,
                          self.table_records, self.log)
        if ref:
            table.fill(0, ref.to_bytes(8, "little") * table.size)
        self.tables.append(table)
        return table

    def _check_room(self, space: list[Any], what: str) -> None:
        if len(space) >= MAX_ENTITIES - 1:
            raise LimitError(f"more than {MAX_ENTITIES - 1} {what} in one store")

    def new_global(self, type: GlobalType, bits: int) -> GlobalInst:
        if len(self.globals) >= MAX_GLOBALS:
            raise LimitError(f"more than {MAX_GLOBALS} globals in one store")
        new = GlobalInst(len(self.globals), type, self.globals_region, self.log)
        self.globals.append(new)
        self.globals_region.size = len(self.globals) * 16
        new.bits = bits
        return new

    def record_of(self, func: FuncInst) -> int:
        """The address of the native record of a function's instance."""
        return self.func_records.u64(func.addr * FuncRec.SIZE + FuncRec.INST)

    # -- threaded code -----------------------------------------------------------------------

    @property
    def shadow(self) -> int:
        """Distance from a word to its shadow."""
        return ARENA

    def thread(self, func: FuncInst) -> None:
        """Lower and thread a wasm function, so that native code can call it."""
        assert func.instance is not None
        lowered = func.instance.compiled.lowered(func.funcidx)
        offset = self.arena.size
        if offset + len(lowered.code) > ARENA:
            raise LimitError(f"lowered code is over {ARENA} bytes")
        self.arena.size = offset + -(-len(lowered.code) // 16) * 16
        func.lowered, func.base = lowered, self.arena.address + offset
        self._bases.append(func.base)
        self._based.append(func)
        self.rethread(func)
        at = func.addr * FuncRec.SIZE
        self.func_records.put_u32(at + FuncRec.HEADER, lowered.header)
        self.func_records.put_u32(at + FuncRec.ZERO, lowered.param_size)
        self.func_records.put_u32(at + FuncRec.FRAME, lowered.frame)
        self.func_records.put_u64(at + FuncRec.CODE, func.base)

    def rethread(self, func: FuncInst) -> None:
        """Write a function's threaded code afresh: every word fused, none replaced."""
        assert func.instance is not None and func.lowered is not None
        lowered = func.lowered
        for unit in lowered.units:
            self.native.need(unit)
        tables = lowered.code[lowered.length:]
        start = func.base - self.arena.address + lowered.length
        self.arena.view[start:start + len(tables)] = tables
        maps: dict[str, array[int]] = func.instance.maps
        maps["self"][0] = func.addr
        self.native.thread(func.base, lowered.code, lowered.length, maps, self.watching)

    def watch(self, on: bool) -> list[FuncInst]:
        """Thread all code so that memory writes are noted, or no more; the functions changed."""
        if on == self.watching:
            return []
        self.watching = on
        for func in self._based:
            self.rethread(func)
        return self._based

    def func_at(self, pc: int) -> tuple[FuncInst, int]:
        """The function whose code holds the address `pc`, and the code position in it."""
        i = bisect_right(self._bases, pc) - 1
        if i < 0:
            return self.funcs[0], 0
        return self._based[i], pc - self._bases[i]
