"""The store (spec §4.2.3): every function, memory, table, global and instance, by address.

Function address 0 is reserved: a frame whose caller is 0 returns to the host. Beside the
instances the store keeps the records native code reads (see `native.layout`) and the arena that
threaded code lies in.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from gabagool.errors import GabagoolError, LimitError
from gabagool.native.engine import prepare
from gabagool.native.layout import (
    REF_HOST,
    REF_I31,
    REF_SHIFT,
    TYPE_EXN,
    FuncRec,
    InstRec,
    SpanRec,
)
from gabagool.runtime.entities import (
    FuncInst,
    GlobalInst,
    MemoryInst,
    ModuleInst,
    TableInst,
    TagInst,
)
from gabagool.runtime.funcspace import FuncSpace
from gabagool.runtime.heap import Collect, Heap
from gabagool.runtime.hoststate import HostState
from gabagool.runtime.limits import Limits
from gabagool.runtime.log import Log
from gabagool.runtime.objects import Objects
from gabagool.runtime.region import Region
from gabagool.runtime.roots import Roots, Stopped
from gabagool.runtime.threaded import Threaded
from gabagool.runtime.typing import StoreTypes
from gabagool.runtime.values import HostRefs
from gabagool.types import (
    ANY,
    EXN,
    EXTERN,
    FUNC,
    I31,
    FuncType,
    GlobalType,
    MemType,
    TableType,
    TagType,
    ValType,
    concrete,
    heap_of,
)

MAX_PAGES_32 = 1 << 16      # all that 32-bit addresses reach
MAX_ENTITIES = 1 << 16
MAX_FUNCS = 1 << 22
MAX_GLOBALS = 1 << 20


class Epochal(Protocol):
    """A machine, as the heap sees it; `epoch` is the heap's as of which its references hold."""

    epoch: int


class Store(Threaded):
    """Everything instances share. `hosts` are the objects whose state snapshots carry."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits = limits or Limits()
        prepare()
        super().__init__()
        self.log = Log()
        self.host_refs = HostRefs()
        self.hosts: dict[str, HostState] = {}
        self.types = StoreTypes()
        self.func_records = Region(MAX_FUNCS * FuncRec.SIZE)
        self.memory_records = Region(MAX_ENTITIES * SpanRec.SIZE)
        self.table_records = Region(MAX_ENTITIES * SpanRec.SIZE)
        self.instance_records = Region(MAX_ENTITIES * InstRec.SIZE)
        self.globals_region = Region(MAX_GLOBALS * 16)
        self.heap = Heap(self.types, limits.heap_bytes, self.log)
        self.roots = Roots(self)
        self.objects = Objects(self)
        # Machines that are in a host call, outermost first, and where they stand.
        self.calling: list[tuple[Epochal, Stopped]] = []
        self.funcs = FuncSpace(self.types)
        self.memories: list[MemoryInst] = []
        self.tables: list[TableInst] = []
        self.globals: list[GlobalInst] = []
        self.tags: list[TagInst] = []
        self.instances: list[ModuleInst] = []
        self._no_memory = SpanRec.SIZE * (MAX_ENTITIES - 1)    # an empty memory's record
        self._reserve_func_zero()

    def _reserve_func_zero(self) -> None:
        """What the outermost frame returns to: an instance record and one `finish` word."""
        self.new_instance_record(None)
        func = FuncInst(0, FuncType(), 0, name="<host>")
        self.funcs.append(func)
        func.base = self.arena.address
        self.func_records.put_u64(FuncRec.CODE, func.base)
        self.func_records.put_u64(FuncRec.INST, self.instance_records.address)

    # -- allocation --------------------------------------------------------------------------

    def fits(self, t: ValType, bits: int) -> bool:
        """Whether reference bits other than null refer to something of a closed type."""
        space = self.types.space
        heap = self.referent(space.top(t), bits)
        return heap is not None and space.heap_matches(heap, heap_of(t))

    def referent(self, top: int, bits: int) -> int | None:
        """The lowest (closed) heap type of what reference bits other than null refer to, in the
        hierarchy below `top`: FUNC, EXTERN, ANY or EXN. None if they refer to nothing."""
        index = bits >> REF_SHIFT
        if top == FUNC:
            known = bits == index << REF_SHIFT and 0 < index < len(self.funcs)
            return concrete(self.funcs.typeid(index)) if known else None
        if top in (ANY, EXTERN) and bits == index << REF_SHIFT | REF_HOST:
            return top if index < len(self.host_refs) else None
        if top in (ANY, EXTERN) and bits & REF_I31:
            return (I31 if top == ANY else EXTERN) if bits < 1 << 32 else None
        return self._object(top, bits)

    def _object(self, top: int, offset: int) -> int | None:
        """As `referent`, of an object of the heap."""
        try:
            number = self.heap.type_at(offset)
        except GabagoolError:
            return None
        if number & TYPE_EXN:
            return EXN if top == EXN else None
        return concrete(number) if top == ANY else EXTERN if top == EXTERN else None

    def pin(self, types: Iterable[ValType], bits: Iterable[int]) -> list[int]:
        """Keep what the host gets references to; what was not pinned before."""
        fresh = []
        for t, value in zip(types, bits, strict=True):
            if value and value & 7 == 0 and self.types.traces(t):
                if not self.heap.is_pinned(value):
                    fresh.append(value)
                self.heap.pin(value)
        return fresh

    def tag_types(self) -> list[int]:
        """The canonical type id of each tag."""
        return [tag.typeid for tag in self.tags]

    def tag_name(self, tag: int) -> str:
        """The name of the tag at a store address, which may be none."""
        return self.tags[tag].name if tag < len(self.tags) else "?"

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
        self.func_records.put_u32(at + FuncRec.TYPE, func.typeid)
        return func

    def add_funcs(self, inst: ModuleInst, typeids: Sequence[int], record: int) -> None:
        """`add_func` for the functions that an instance defines, by their canonical types."""
        count = len(typeids)
        if len(self.funcs) + count > MAX_FUNCS:
            raise LimitError(f"more than {MAX_FUNCS} functions in one store")
        addresses = self.funcs.add_block(inst, typeids)
        inst.funcs += addresses
        records = array("I", bytes(count * FuncRec.SIZE))
        width = FuncRec.SIZE // 4
        for half in (0, 1):
            records[FuncRec.INST // 4 + half::width] = array(
                "I", [record >> 32 * half & 0xFFFFFFFF]) * count
        records[FuncRec.TYPE // 4::width] = array("I", typeids)
        at = addresses.start * FuncRec.SIZE
        self.func_records.view[at:at + count * FuncRec.SIZE] = records.tobytes()

    def new_host_func(self, functype: FuncType, call: Callable[..., Any], name: str) -> FuncInst:
        typeid = self.types.intern_functype(functype)
        return self.add_func(FuncInst(0, functype, typeid, host=call, name=name))

    def new_memory(self, type: MemType) -> MemoryInst:
        limit = (self.limits.memory64_pages if type.is64
                 else min(self.limits.memory_pages, MAX_PAGES_32))
        if type.limits.min > limit:
            raise LimitError(f"a memory of {type.limits.min} pages is over the limit of {limit}")
        self._check_room(self.memories, "memories")
        memory = MemoryInst(len(self.memories), type, limit, self.memory_records, self.log)
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

    def add_tag(self, tag: TagInst) -> TagInst:
        """Give a tag its address (`tag.addr` is set)."""
        self._check_room(self.tags, "tags")
        tag.addr = len(self.tags)
        self.tags.append(tag)
        return tag

    def new_tag(self, type: TagType, name: str = "host tag") -> TagInst:
        return self.add_tag(TagInst(0, type, self.types.intern_functype(type.functype), name))

    def new_exn(self, tag: int, words: Sequence[int], collect: Collect | None = None) -> int:
        """The reference bits of a new exception of a tag; `words` are its values' slots."""
        ref = self.heap.new_exn(self.tags[tag].typeid, tag, words, collect)
        self.log.note(("exn", tag, tuple(words)))
        return ref

    def exn(self, ref: int) -> tuple[int, tuple[int, ...]]:
        """Tag address and slots of the values of an exception."""
        return self.heap.tag_at(ref), tuple(self.heap.values_at(ref))

    def record_of(self, func: FuncInst) -> int:
        """The address of the native record of a function's instance."""
        return self.func_records.u64(func.addr * FuncRec.SIZE + FuncRec.INST)
