"""Instructions one by one (spec §5.4), read as their rows say: for const expressions and display.

Function bodies that are about to run are read by `valid.body` instead, which does the same in one
pass with validation and lowering.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from gabagool.binary.reader import Reader
from gabagool.errors import MalformedError
from gabagool.isa import BY_NAME, BY_OPCODE
from gabagool.isa.exception import CATCHES
from gabagool.isa.row import Row, prefixed
from gabagool.types import ValType, reftype

END = BY_NAME["end"].opcode
DELEGATE = BY_NAME["delegate"].opcode
LOOP = BY_NAME["loop"].opcode
# Instructions that an `end` belongs to.
OPENERS = frozenset(opcode for opcode, row in BY_OPCODE.items() if "blocktype" in row.imms)
# Instructions that close what these opened, and those between its parts.
CLOSERS = frozenset((END, DELEGATE))
MIDDLES = frozenset(BY_NAME[name].opcode for name in ("else", "catch", "catch_all"))
_PREFIXES = frozenset(opcode >> 16 for opcode in BY_OPCODE if opcode > 0xFF)
_MAX_SUB = 0xFFFF
_ILLEGAL = -1
_MEMARG_LIMIT = 0x80
_MEMARG_HAS_INDEX = 0x40
_ALL = 0x02
_CAST_FROM_NULL, _CAST_TO_NULL = 1, 2


class MemArg(NamedTuple):
    """A memory argument: `align` is the exponent of a power of two (§5.4.6)."""

    align: int
    offset: int
    memory: int


class Catch(NamedTuple):
    """A clause of `try_table` (§5.4.2): `kind` indexes `isa.exception.CATCHES`; `tag` is None where
    all are caught; `label` counts from outside of the block."""

    kind: int
    tag: int | None
    label: int

    @property
    def with_ref(self) -> bool:
        """Whether the label gets the exception itself, too."""
        return bool(self.kind & 1)


class Cast(NamedTuple):
    """The immediates of a branch on a cast (§5.4.1): to `label`, of a `source` to a `target`."""

    label: int
    source: ValType
    target: ValType


class Instr(NamedTuple):
    """One instruction; a tuple rather than a dataclass because whole modules are made of them.

    `imms` are the values of `row.imms` in order: indices are ints; floats are their bits; a
    `blocktype` is a type index or a FuncType; `labelidxs`, `valtypes` and `lanes32` are tuples (the
    default label is the last); `catches` are Catches; a `memarg` is a MemArg, a `cast` a Cast; a
    `heaptype` is one as in `gabagool.types`, a `ref` and a `refnull` are reference types.
    """

    offset: int
    opcode: int
    row: Row
    imms: tuple[Any, ...]


def _labels(r: Reader) -> tuple[int, ...]:
    return tuple([r.u32() for _ in range(r.u32() + 1)])


def read_catches(r: Reader) -> tuple[Catch, ...]:
    return tuple([_catch(r) for _ in range(r.u32())])


def _catch(r: Reader) -> Catch:
    kind = r.u8()
    if kind >= len(CATCHES):
        raise r.error("malformed catch clause", r.pos - 1)
    return Catch(kind, None if kind & _ALL else r.u32(), r.u32())


def _memarg(r: Reader) -> MemArg:
    start = r.pos
    flags = r.u32()
    if flags >= _MEMARG_LIMIT:
        raise r.error("malformed memop flags", start)
    memory = r.u32() if flags & _MEMARG_HAS_INDEX else 0
    return MemArg(flags & ~_MEMARG_HAS_INDEX, r.u64(), memory)


def read_cast(r: Reader) -> Cast:
    start = r.pos
    flags = r.u8()
    if flags & ~(_CAST_FROM_NULL | _CAST_TO_NULL):
        raise r.error(f"malformed br_on_cast flags 0x{flags:02x}", start)
    label, source, target = r.u32(), r.heaptype(), r.heaptype()
    return Cast(label, reftype(bool(flags & _CAST_FROM_NULL), source),
                reftype(bool(flags & _CAST_TO_NULL), target))


_IMMEDIATES: dict[str, Callable[[Reader], Any]] = {
    **dict.fromkeys(("localidx", "globalidx", "funcidx", "typeidx", "typeuse", "tableidx", "memidx",
                     "dataidx", "elemidx", "tagidx", "labelidx", "tryidx", "fieldidx", "u32"),
                    Reader.u32),
    "labelidxs": _labels,
    "catches": read_catches,
    "blocktype": Reader.blocktype,
    "valtypes": Reader.valtypes,
    "heaptype": Reader.heaptype,
    "ref": lambda r: reftype(False, r.heaptype()),
    "refnull": lambda r: reftype(True, r.heaptype()),
    "cast": read_cast,
    "memarg": _memarg,
    "i32": Reader.s32,
    "i64": Reader.s64,
    "f32": Reader.f32,
    "f64": Reader.f64,
    "v128": Reader.v128,
    "lanes32": lambda r: tuple(r.take(16)),
    **{f"lane{count}": Reader.u8 for count in (2, 4, 8, 16)},
}

_READERS = {opcode: (row, tuple([_IMMEDIATES[kind] for kind in row.imms]))
            for opcode, row in BY_OPCODE.items()}


def read_instr(r: Reader) -> Instr:
    """The instruction at the cursor."""
    start = r.pos
    opcode = r.u8()
    if opcode in _PREFIXES:
        opcode = _prefixed(opcode, r.u32())
    known = _READERS.get(opcode)
    if known is None:
        raise r.error(f"illegal opcode {r.source[start:r.pos].hex(' ')}", start)
    row, readers = known
    return Instr(start, opcode, row, tuple([read(r) for read in readers]) if readers else ())


def _prefixed(prefix: int, sub: int) -> int:
    """The row's opcode; a suboperation of more bits would look like that of another prefix."""
    return prefixed(prefix, sub) if sub <= _MAX_SUB else _ILLEGAL


def instructions(source: bytes, start: int, end: int) -> Iterator[Instr]:
    """The instructions of source[start:end]; MalformedError where one is broken or runs over."""
    r = Reader(source, start, end)
    while r.pos < end:
        instr = read_instr(r)
        if r.pos > end:
            raise MalformedError("unexpected end of section or function", instr.offset)
        yield instr
