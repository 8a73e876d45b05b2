"""What module sections are made of (spec §5.5.4 to §5.5.14): one reader for each kind of entry."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from gabagool.binary.constexpr import I32_CONST, read_constexpr, read_funcidx
from gabagool.binary.instrs import END
from gabagool.binary.leb import short_s32, short_u32
from gabagool.binary.reader import Reader
from gabagool.syntax import (
    ConstExpr,
    Data,
    Elem,
    Export,
    Global,
    Import,
    Mem,
    PlainDatas,
    Table,
    Tag,
)
from gabagool.types import FUNC, FUNCREF, CompType, ExternType, FuncType, TagType, reftype

# External kinds by their code.
KINDS = ("func", "table", "memory", "global", "tag")
_MODES = ("active", "passive", "active", "declarative")
_TABLE_WITH_INIT = 0x40
_PLAIN_DATA = bytes([0, I32_CONST])


def read_import(r: Reader, types: Sequence[CompType]) -> Import:
    offset = r.pos
    module, name = r.name(), r.name()
    kind = r.u8()
    if kind >= len(KINDS):
        raise r.error("malformed import kind", r.pos - 1)
    if KINDS[kind] in ("func", "tag"):
        typeidx = r.u32() if KINDS[kind] == "func" else _tagtype(r)
        # An unknown type is the validator's to report; until then any type will do.
        known = types[typeidx] if typeidx < len(types) else None
        functype = known if isinstance(known, FuncType) else FuncType()
        desc = functype if KINDS[kind] == "func" else TagType(functype)
        return Import(module, name, desc, typeidx, offset)
    return Import(module, name, _externtype(r, KINDS[kind]), None, offset)


def _externtype(r: Reader, kind: str) -> ExternType:
    if kind == "table":
        return r.tabletype()
    if kind == "memory":
        return r.memtype()
    return r.globaltype()


def read_table(r: Reader) -> Table:
    offset = r.pos
    if r.source[offset:offset + 1] != bytes([_TABLE_WITH_INIT]):
        return Table(r.tabletype(), None, offset)
    r.pos += 1
    if r.u8():
        raise r.error("zero byte expected", r.pos - 1)
    return Table(r.tabletype(), read_constexpr(r), offset)


def read_mem(r: Reader) -> Mem:
    offset = r.pos
    return Mem(r.memtype(), offset)


def _tagtype(r: Reader) -> int:
    """The type index of a tag (§5.3.13); the attribute before it can only say "exception"."""
    if r.u8():
        raise r.error("malformed tag attribute", r.pos - 1)
    return r.u32()


def read_tag(r: Reader) -> Tag:
    offset = r.pos
    return Tag(_tagtype(r), offset)


def read_global(r: Reader) -> Global:
    offset = r.pos
    return Global(r.globaltype(), read_constexpr(r), offset)


def read_export(r: Reader) -> Export:
    offset = r.pos
    name = r.name()
    kind = r.u8()
    if kind >= len(KINDS):
        raise r.error("malformed export kind", r.pos - 1)
    return Export(name, KINDS[kind], r.u32(), offset)


def read_elem(r: Reader) -> Elem:
    """An element segment. Bit 0: not active; 1: table given, or declarative; 2: expressions."""
    offset = r.pos
    flags = r.u32()
    if flags > 7:
        raise r.error("malformed elements segment kind", offset)
    mode = _MODES[flags & 3]
    table, where = _placement(r, flags & 3 == 2) if mode == "active" else (0, None)
    expressions = bool(flags & 4)
    t = FUNCREF if expressions else reftype(False, FUNC)
    if flags & 3 and expressions:
        t = r.reftype()
    elif flags & 3 and r.u8():
        raise r.error("malformed element kind", r.pos - 1)
    return Elem(t, _elements(r, expressions), mode, table, where, offset)


def _placement(r: Reader, indexed: bool) -> tuple[int, ConstExpr]:
    """Index of the table or memory an active segment goes to, and where in it."""
    index = r.u32() if indexed else 0
    return index, read_constexpr(r)


def _elements(r: Reader, expressions: bool) -> tuple[ConstExpr, ...]:
    count = r.u32()
    if expressions:
        return tuple([read_constexpr(r) for _ in range(count)])
    return tuple([read_funcidx(r) for _ in range(count)])


def read_datas(r: Reader, count: int) -> Sequence[Data]:
    """So many data segments; `PlainDatas` if all of them are so."""
    start = r.pos
    plain = PlainDatas(I32_CONST)
    with suppress(IndexError):         # a number is cut short
        if count and _read_plain(r, count, plain):
            return plain
    r.pos = start
    return tuple([read_data(r) for _ in range(count)])


def _read_plain(r: Reader, count: int, found: PlainDatas) -> bool:
    """Read segments for as long as they are plain; whether all were."""
    source, limit, at = r.source, min(r.end, len(r.source)), r.pos
    if r.scanner is not None:
        at = r.scanner.datas(source, at, limit, count, I32_CONST, found.addresses, found.starts,
                             found.ends, found.offsets)
    addresses, starts, ends, offsets = (
        part.append for part in (found.addresses, found.starts, found.ends, found.offsets))
    for _ in range(count - len(found)):
        offset = at
        if source[at:at + 2] != _PLAIN_DATA:
            return False
        address, at = short_s32(source, at + 2)
        if not 0 < at < limit or source[at] != END:
            return False
        size, start = short_u32(source, at + 1)
        at = start + size
        if not start or at > limit:
            return False
        addresses(address - (1 << 32) if address >> 31 else address)
        starts(start)
        ends(at)
        offsets(offset)
    r.pos = at
    return True


def read_data(r: Reader) -> Data:
    offset = r.pos
    flags = r.u32()
    if flags > 2:
        raise r.error("malformed data segment kind", offset)
    if flags == 1:
        return Data(*r.span(), "passive", 0, None, offset)
    memory, where = _placement(r, flags == 2)
    return Data(*r.span(), "active", memory, where, offset)
