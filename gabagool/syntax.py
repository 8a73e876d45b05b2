"""A decoded module (spec §2.5) as frozen data: what `binary` makes and everything above reads."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from gabagool.plain import Plain
from gabagool.records import dataclass
from gabagool.rectypes import Types
from gabagool.types import (
    CompType,
    ExternType,
    FuncType,
    GlobalType,
    MemType,
    RecType,
    SubType,
    TableType,
    TagType,
    ValType,
)


class ConstExpr(NamedTuple):
    """A constant expression: (opcode, immediate) pairs without the final `end`.

    Opcodes are numbered as in `isa.row`: one byte, or prefix << 16 | suboperation. Several
    immediates are a tuple.
    """

    instrs: tuple[tuple[int, int | tuple[int, ...] | None], ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Import:
    """An import; `desc` is the resolved type, `typeidx` is set for functions and tags."""

    module: str
    name: str
    desc: ExternType
    typeidx: int | None
    offset: int


class Func(NamedTuple):
    """A defined function: its code entry spans source[start:end] (locals vector to final end)."""

    typeidx: int
    start: int
    end: int


class Funcs(Plain[Func]):
    """Defined functions, in three arrays."""

    __slots__ = ("ends", "starts", "typeidxs")

    def __init__(self, typeidxs: array[int], starts: array[int], ends: array[int]) -> None:
        self.typeidxs, self.starts, self.ends = typeidxs, starts, ends

    def __len__(self) -> int:
        return len(self.starts)

    def at(self, index: int) -> Func:
        return Func(self.typeidxs[index], self.starts[index], self.ends[index])


def typeidxs(funcs: Sequence[Func]) -> Sequence[int]:
    """The type index of each function."""
    return funcs.typeidxs if isinstance(funcs, Funcs) else [func.typeidx for func in funcs]


@dataclass(frozen=True, slots=True)
class Table:
    type: TableType
    init: ConstExpr | None
    offset: int


@dataclass(frozen=True, slots=True)
class Mem:
    type: MemType
    offset: int


@dataclass(frozen=True, slots=True)
class Tag:
    """A defined tag: exceptions of this tag carry the parameters of the type (§2.5.7)."""

    typeidx: int
    offset: int


@dataclass(frozen=True, slots=True)
class Global:
    type: GlobalType
    init: ConstExpr
    offset: int


@dataclass(frozen=True, slots=True)
class Export:
    """An export; `kind` is 'func', 'table', 'memory', 'global' or 'tag'.

    `index` counts imports first.
    """

    name: str
    kind: str
    index: int
    offset: int


@dataclass(frozen=True, slots=True)
class Elem:
    """An element segment; `mode` is 'active', 'passive' or 'declarative'."""

    type: ValType
    init: Sequence[ConstExpr]
    mode: str
    table: int
    where: ConstExpr | None
    offset: int


class Refs(Plain[ConstExpr]):
    """The `ref.func`s of an element segment that lists functions, in two arrays.

    `offsets[i]` is where the index `funcidxs[i]` stands.
    """

    __slots__ = ("funcidxs", "offsets", "opcode")

    def __init__(self, opcode: int, funcidxs: array[int], offsets: array[int]) -> None:
        self.opcode = opcode       # of `ref.func`
        self.funcidxs, self.offsets = funcidxs, offsets

    def __len__(self) -> int:
        return len(self.funcidxs)

    def at(self, index: int) -> ConstExpr:
        return ConstExpr(((self.opcode, self.funcidxs[index]),), self.offsets[index])


class Data(NamedTuple):
    """A data segment: bytes source[start:end]; `mode` is 'active' or 'passive'."""

    start: int
    end: int
    mode: str
    memory: int
    where: ConstExpr | None
    offset: int


class PlainDatas(Plain[Data]):
    """Data segments that all go to constant addresses in memory 0, in four arrays.

    `addresses` are signed as in the binary, source[starts[i]:ends[i]] are segment i's bytes, and
    `offsets[i]` is where it stands.
    """

    __slots__ = ("addresses", "ends", "offsets", "opcode", "starts")

    def __init__(self, opcode: int) -> None:
        self.opcode = opcode       # of the address
        self.addresses, self.starts = array("i"), array("I")
        self.ends, self.offsets = array("I"), array("I")

    def __len__(self) -> int:
        return len(self.starts)

    def at(self, index: int) -> Data:
        offset = self.offsets[index]
        where = ConstExpr(((self.opcode, self.addresses[index]),), offset + 1)
        return Data(self.starts[index], self.ends[index], "active", 0, where, offset)


@dataclass(frozen=True, slots=True)
class Custom:
    """A custom section: content is source[start:end]; `offset` is the section header's."""

    name: str
    start: int
    end: int
    offset: int


@dataclass(frozen=True, slots=True)
class Section:
    """Where a section lies: content is source[start:end] (for objdump)."""

    id: int
    name: str
    start: int
    end: int
    count: int | None


@dataclass(frozen=True, slots=True)
class Names:
    """The name section (spec appendix): index → name; locals are funcidx → index → name, fields
    typeidx → index → name."""

    module: str | None = None
    funcs: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    locals: Mapping[int, Mapping[int, str]] = field(default_factory=lambda: MappingProxyType({}))
    globals: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    types: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    fields: Mapping[int, Mapping[int, str]] = field(default_factory=lambda: MappingProxyType({}))
    tags: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    tables: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Module:
    """A decoded module. Index spaces count imports first; `funcs` etc. hold only defined ones.

    `recs` are the recursion groups that the type section is made of.
    """

    source: bytes
    recs: tuple[RecType, ...] = ()
    imports: tuple[Import, ...] = ()
    funcs: Sequence[Func] = ()
    tables: tuple[Table, ...] = ()
    mems: tuple[Mem, ...] = ()
    tags: tuple[Tag, ...] = ()
    globals: tuple[Global, ...] = ()
    exports: tuple[Export, ...] = ()
    start: int | None = None
    elems: tuple[Elem, ...] = ()
    data_count: int | None = None
    datas: Sequence[Data] = ()
    customs: tuple[Custom, ...] = ()
    sections: tuple[Section, ...] = ()

    @cached_property
    def imported_funcs(self) -> tuple[Import, ...]:
        return tuple(i for i in self.imports if isinstance(i.desc, FuncType))

    @cached_property
    def func_typeidxs(self) -> tuple[int, ...]:
        """Type index of every function, imports first."""
        imported = tuple(i.typeidx for i in self.imported_funcs if i.typeidx is not None)
        return (*imported, *typeidxs(self.funcs))

    @cached_property
    def table_types(self) -> tuple[TableType, ...]:
        """Type of every table, imports first."""
        return (tuple(i.desc for i in self.imports if isinstance(i.desc, TableType))
                + tuple(t.type for t in self.tables))

    @cached_property
    def mem_types(self) -> tuple[MemType, ...]:
        """Type of every memory, imports first."""
        return (tuple(i.desc for i in self.imports if isinstance(i.desc, MemType))
                + tuple(m.type for m in self.mems))

    @cached_property
    def global_types(self) -> tuple[GlobalType, ...]:
        """Type of every global, imports first."""
        return (tuple(i.desc for i in self.imports if isinstance(i.desc, GlobalType))
                + tuple(g.type for g in self.globals))

    @cached_property
    def tag_typeidxs(self) -> tuple[int, ...]:
        """Type index of every tag, imports first."""
        imported = tuple(i.typeidx for i in self.imports
                         if isinstance(i.desc, TagType) and i.typeidx is not None)
        return imported + tuple(t.typeidx for t in self.tags)

    @cached_property
    def subtypes(self) -> tuple[SubType, ...]:
        """Every type, as declared."""
        return tuple(t for group in self.recs for t in group)

    @cached_property
    def types(self) -> tuple[CompType, ...]:
        """What every type is made of."""
        return tuple(t.comp for t in self.subtypes)

    @cached_property
    def space(self) -> Types:
        """What type indices mean: equality and subtyping. The types must be valid."""
        return Types.of(self.recs)

    def functype_at(self, typeidx: int) -> FuncType | None:
        """The function type of this index, None if there is no such type or it is another kind."""
        found = self.types[typeidx] if typeidx < len(self.types) else None
        return found if isinstance(found, FuncType) else None

    def functype(self, funcidx: int) -> FuncType:
        """The type of a function (of a module with valid types)."""
        found = self.functype_at(self.func_typeidxs[funcidx])
        assert found is not None
        return found
