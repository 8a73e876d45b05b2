"""What module sections are made of (spec §5.5.4 to §5.5.14): one reader for each kind of entry."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from contextlib import suppress

from gabagool.binary.constexpr import I32_CONST, REF_FUNC, read_constexpr
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
    Refs,
    Table,
    Tag,
)
from gabagool.types import FUNC, FUNCREF, CompType, ExternType, FuncType, TagType, reftype

# External kinds by their code.
KINDS = ("func", "table", "memory", "global", "tag")
_MODES = ("active", "passive", "active", "declarative")
_TABLE_WITH_INIT = 0x40
_SHORTEST = 5            # bytes of a plain data segment; as many may be looked at


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


def _elements(r: Reader, expressions: bool) -> Sequence[ConstExpr]:
    count = r.u32()
    if expressions:
        return tuple([read_constexpr(r) for _ in range(count)])
    funcidxs, offsets = array("I"), array("I")
    if r.scanner is not None:
        r.pos = r.scanner.numbers(r.source, r.pos, r.end, count, funcidxs, offsets)
    for _ in range(count - len(funcidxs)):
        offsets.append(r.pos)
        funcidxs.append(r.u32())
    return Refs(REF_FUNC, funcidxs, offsets)


def read_typeidxs(r: Reader) -> array[int]:
    """The type indices of functions (§5.5.6)."""
    count = r.u32()
    numbers = r.source[r.pos:r.pos + count]
    if len(numbers) == count and numbers.isascii():     # one byte each
        r.pos += count
        return array("I", [*numbers])
    return array("I", [r.u32() for _ in range(count)])


def read_datas(r: Reader, count: int) -> Sequence[Data]:
    """So many data segments; `PlainDatas` if all of them are so."""
    start = r.pos
    plain = PlainDatas(I32_CONST)
    with suppress(IndexError):          # the source ends within one
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
    number = int.from_bytes
    for _ in range(count - len(found)):
        if limit - at < _SHORTEST or source[at] or source[at + 1] != I32_CONST:
            return False
        offsets(at)
        # Almost all addresses have four bytes, and almost all sizes one.
        four = number(source[at + 2:at + 6], "little")
        if four & 0x80808080 == 0x00808080:
            address = (four & 0x7F | four >> 1 & 0x3F80 | four >> 2 & 0x1FC000
                       | four >> 3 & 0x0FE00000)
            addresses(address - (address >> 27 << 28))
            at += 6
        else:
            address, at = short_s32(source, at + 2)
            addresses(address - (address >> 31 << 32))
        if not 0 < at < limit - 1 or source[at] != END:
            return False
        size, start = source[at + 1], at + 2
        if size >= 0x80:
            size, start = short_u32(source, at + 1)
        at = start + size
        if not start or at > limit:
            return False
        starts(start)
        ends(at)
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
