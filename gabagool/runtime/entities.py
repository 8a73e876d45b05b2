"""What a store holds (spec §4.2): function, memory, table, global and module instances.

Instances of memories, tables and globals are the only way their contents change from Python, so
a recording sees every effect of a host call: each change is noted in `Log` while one is open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any

from gabagool.errors import Trap
from gabagool.native.layout import SpanRec
from gabagool.records import dataclass
from gabagool.runtime.compiled import Compiled
from gabagool.runtime.log import Log
from gabagool.runtime.region import Region
from gabagool.types import (
    PAGE,
    FuncType,
    GlobalType,
    Limits,
    MemType,
    TableType,
    TagType,
    slots_of,
)
from gabagool.valid.lowered import Lowered

OUT_OF_BOUNDS = "out of bounds memory access"


class MemoryInst:
    """A linear memory. Its region never moves; `pages` are wasm pages of 64 KiB."""

    def __init__(self, addr: int, type: MemType, limit: int, record: Region, log: Log) -> None:
        declared = type.limits.max if type.limits.max is not None else limit
        self.addr = addr
        self.max_pages = min(declared, limit)
        self.declared = type
        self.region = Region(max(self.max_pages, type.limits.min) * PAGE,
                             type.limits.min * PAGE)
        self._record = record
        self._log = log
        self.publish()

    def publish(self) -> None:
        """Tell native code where the memory is and how long."""
        at = self.addr * SpanRec.SIZE
        self._record.put_u64(at + SpanRec.BASE, self.region.address)
        self._record.put_u64(at + SpanRec.LENGTH, self.region.size)

    @property
    def type(self) -> MemType:
        """The type with the current size as minimum, as imports are matched."""
        return MemType(Limits(self.pages, self.declared.limits.max), self.declared.is64)

    @property
    def pages(self) -> int:
        return self.region.size // PAGE

    @property
    def size(self) -> int:
        return self.region.size

    def read(self, offset: int, length: int) -> bytes:
        """Bytes at `offset`; traps out of bounds."""
        if offset < 0 or length < 0 or offset + length > self.region.size:
            raise Trap(OUT_OF_BOUNDS)
        if self._log.effects is not None:
            self._log.reads.append((self.addr, offset, length))     # told of with the call
        else:
            self._log.saw("memory", self.addr, offset, length)
        return self.region.read(offset, length)

    def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Store bytes at `offset`; traps out of bounds with nothing written."""
        length = len(data)
        if offset < 0 or offset + length > self.region.size:
            raise Trap(OUT_OF_BOUNDS)
        self.region.view[offset:offset + length] = data
        self._log.note(("memory", self.addr, offset, bytes(data)))
        self._log.touch("memory", self.addr, offset, length)

    def grow(self, pages: int) -> int:
        """Grow by wasm pages; the old size in pages, or -1 if that is not possible (§4.6.8)."""
        before = self.pages
        if pages < 0 or before + pages > self.max_pages:
            return -1
        self.region.size += pages * PAGE
        self.publish()
        self._log.note(("grow", self.addr, pages))
        return before


class TableInst:
    """A table of reference bits, 8 bytes each."""

    def __init__(self, addr: int, type: TableType, limit: int, record: Region, log: Log) -> None:
        declared = type.limits.max if type.limits.max is not None else limit
        self.addr = addr
        self.max_size = min(declared, limit)
        self.declared = type
        self.region = Region(max(self.max_size, type.limits.min) * 8, type.limits.min * 8)
        self._record = record
        self._log = log
        self.publish()

    def publish(self) -> None:
        at = self.addr * SpanRec.SIZE
        self._record.put_u64(at + SpanRec.BASE, self.region.address)
        self._record.put_u64(at + SpanRec.LENGTH, self.size)

    @property
    def type(self) -> TableType:
        limits = Limits(self.size, self.declared.limits.max)
        return TableType(self.declared.element, limits, self.declared.is64)

    @property
    def size(self) -> int:
        return self.region.size // 8

    def get(self, index: int) -> int:
        """Reference bits at `index`; traps out of bounds."""
        if not 0 <= index < self.size:
            raise Trap("out of bounds table access")
        return self.region.u64(index * 8)

    def set(self, index: int, ref: int) -> None:
        if not 0 <= index < self.size:
            raise Trap("out of bounds table access")
        self.fill(index, ref.to_bytes(8, "little"))
        self._log.note(("table", self.addr, index, ref))

    def grow(self, count: int, ref: int) -> int:
        """Grow by `count` elements of `ref`; the old size, or -1 if that is not possible."""
        before = self.size
        if count < 0 or before + count > self.max_size:
            return -1
        self.region.size += count * 8
        if ref:
            self.region.view[before * 8:self.region.size] = ref.to_bytes(8, "little") * count
        self.publish()
        self._log.note(("tgrow", self.addr, count, ref))
        self._log.touch("table", self.addr, before, count, bytes(8) * count,
                        ref.to_bytes(8, "little") * count)
        return before

    def fill(self, start: int, refs: bytes) -> None:
        """Put reference bits (8 bytes each) at `start`; traps out of bounds."""
        if start + len(refs) // 8 > self.size:
            raise Trap("out of bounds table access")
        count = len(refs) // 8
        old = self.region.read(start * 8, len(refs)) if self._log.touched is not None else b""
        self.region.view[start * 8:start * 8 + len(refs)] = refs
        self._log.touch("table", self.addr, start, count, old, refs)


class GlobalInst:
    """A global: its bits lie in the store's globals region."""

    def __init__(self, addr: int, type: GlobalType, region: Region, log: Log) -> None:
        self.addr = addr
        self.type = type
        self.offset = addr * 16
        self._end = self.offset + 8 * slots_of(type.valtype)
        self._region = region
        self._log = log

    @property
    def bits(self) -> int:
        return int.from_bytes(self._region.view[self.offset:self._end], "little")

    @bits.setter
    def bits(self, bits: int) -> None:
        old = self._region.read(self.offset, self._end - self.offset)
        new = bits.to_bytes(self._end - self.offset, "little")
        self._region.view[self.offset:self._end] = new
        self._log.note(("global", self.addr, bits))
        self._log.touch("global", self.addr, 0, 1, old, new)

    def preset(self, bits: int) -> None:
        """Give it a value that nobody is told of: no instruction and no host has written it."""
        self._region.view[self.offset:self._end] = bits.to_bytes(self._end - self.offset, "little")


@dataclass(slots=True, eq=False)
class TagInst:
    """A tag. One that a module defines is called what the module calls it."""

    addr: int
    type: TagType                   # closed, as all types of a store
    typeid: int
    given_name: str = ""
    instance: ModuleInst | None = None
    index: int = -1

    @property
    def name(self) -> str:
        if self.instance is None:
            return self.given_name
        return self.instance.compiled.tag_name(self.index)


@dataclass(slots=True, eq=False)
class FuncInst:
    """A function: a wasm function of an instance, or a host callable with a name.

    `type` is closed; `typeid` is its canonical id. `base` is the address of its threaded code once
    there is some.
    """

    addr: int
    type: FuncType
    typeid: int
    instance: ModuleInst | None = None
    funcidx: int = -1
    host: Callable[..., Any] | None = None
    name: str = ""
    base: int = 0

    @property
    def lowered(self) -> Lowered | None:
        """What was threaded."""
        if not self.base or self.instance is None:
            return None
        return self.instance.compiled.lowered(self.funcidx)


@dataclass(slots=True, eq=False)
class ModuleInst:
    """An instance: store addresses (and canonical type ids) by module index.

    Dropped segments are empty from then on.
    """

    index: int
    compiled: Compiled
    funcs: list[int]
    tables: list[int]
    mems: list[int]
    globals: list[int]
    dropped_datas: set[int]
    dropped_elems: set[int]
    elems: list[list[int]]
    types: list[int]
    maps: dict[str, Any]
    tags: list[int] = field(default_factory=list)

    def export(self, name: str) -> tuple[str, int] | None:
        """(kind, store address) of an export."""
        export = self.compiled.exports.get(name)
        if export is None:
            return None
        space = {"func": self.funcs, "table": self.tables, "memory": self.mems,
                 "global": self.globals, "tag": self.tags}[export.kind]
        return export.kind, space[export.index]
