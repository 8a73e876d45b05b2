"""Loads object code without LLVM, which takes longer to import than most programs take to start.

It knows what our own object code for x86-64 consists of: code and constants, relocated by whole
addresses or by distances. For anything else `load` has no answer, and LLVM is asked.
"""

from __future__ import annotations

import ctypes
import mmap
import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_RELA = struct.Struct("<QIIq")
_IDENT = b"\x7fELF\x02\x01\x01"           # 64 bits, little-endian, version 1
_RELOCATABLE, _X86_64 = 1, 62
_PROGBITS, _SYMTAB, _RELA_TYPE = 1, 2, 4
_WRITE, _ALLOC = 1, 2
_UNDEFINED, _RESERVED = 0, 0xFF00
_ABS64, _PC32, _PLT32 = 1, 2, 4
_PROTECTED = mmap.PROT_READ | getattr(mmap, "PROT_EXEC", 4)


class _Unknown(Exception):
    """Something that this loader does not know."""


class _Section(NamedTuple):
    name: int
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    align: int
    entry: int


class Loaded:
    """Object code at its place in memory, for as long as this lives."""

    def __init__(self, place: mmap.mmap, anchor: object, symbols: dict[str, int]) -> None:
        self._place, self._anchor = place, anchor
        self._symbols = symbols

    def get_function_address(self, name: str) -> int:
        """The address of a function, 0 if there is none: named as LLVM's engines name it."""
        return self._symbols.get(name, 0)

    get_global_value_address = get_function_address


def load(obj: bytes) -> Loaded | None:
    """Object code, ready to run; None if it takes more than this loader knows."""
    if sys.platform != "linux" or sys.maxsize < 1 << 32:
        return None
    try:
        return _load(obj)
    except (_Unknown, OSError, struct.error):
        return None


def _load(obj: bytes) -> Loaded:
    sections = list(_sections(obj))
    places, size = _layout(sections)
    place = mmap.mmap(-1, max(size, 1), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    anchor = (ctypes.c_char * len(place)).from_buffer(place)
    base = ctypes.addressof(anchor)
    for section, at in zip(sections, places, strict=True):
        if at is not None:
            place[at:at + section.size] = obj[section.offset:section.offset + section.size]
    addresses = [None if at is None else base + at for at in places]
    table = next(s for s in sections if s.type == _SYMTAB)
    names, symbols = _symbols(obj, sections, table, addresses)
    for section in sections:
        if section.type == _RELA_TYPE and places[section.info] is not None:
            start = places[section.info] or 0
            _relocate(obj, section, place, start, base, symbols)
    if _mprotect()(base, len(place), _PROTECTED):
        raise OSError("mprotect")
    return Loaded(place, anchor, names)


def _sections(obj: bytes) -> Iterator[_Section]:
    ident, kind, machine, *_, at, _flags, _size, _, _, width, count, _ = _HEADER.unpack_from(obj)
    if not ident.startswith(_IDENT) or (kind, machine) != (_RELOCATABLE, _X86_64):
        raise _Unknown
    for i in range(count):
        yield _Section(*_SECTION.unpack_from(obj, at + i * width))


def _layout(sections: Sequence[_Section]) -> tuple[list[int | None], int]:
    """Where each section goes, if anywhere, and how many bytes all of them take."""
    places: list[int | None] = []
    size = 0
    for section in sections:
        wanted = section.flags & _ALLOC and section.type == _PROGBITS    # not unwind tables
        if section.flags & _WRITE or (section.flags & _ALLOC and section.type < _PROGBITS):
            raise _Unknown
        start = -(-size // max(1, section.align)) * max(1, section.align)
        places.append(start if wanted else None)
        size = start + section.size if wanted else size
    return places, size


def _symbols(obj: bytes, sections: Sequence[_Section], table: _Section,
             addresses: Sequence[int | None]) -> tuple[dict[str, int], list[int | None]]:
    """Addresses of symbols by their names (those that others may use), and by their numbers."""
    strings = sections[table.link].offset
    names: dict[str, int] = {}
    found: list[int | None] = []
    raw = obj[table.offset:table.offset + table.size]
    for name, info, _, section, value, _ in _SYMBOL.iter_unpack(raw):
        address: int | None = None
        if _UNDEFINED < section < _RESERVED:
            start = addresses[section]
            address = None if start is None else start + value
        if info >> 4:             # not local
            start = strings + name
            text = obj[start:obj.index(b"\0", start)].decode()
            if section == _UNDEFINED:
                address = _library(text)
            elif address is not None:
                names[text] = address
        found.append(address)
    return names, found


def _relocate(obj: bytes, section: _Section, place: mmap.mmap, start: int, base: int,
              symbols: Sequence[int | None]) -> None:
    """Write the addresses that a section wants, into the section that lies at `start`."""
    raw = obj[section.offset:section.offset + section.size]
    for at, kind, symbol, addend in _RELA.iter_unpack(raw):
        address = symbols[symbol]
        if address is None:
            raise _Unknown
        where = start + at
        if kind == _ABS64:
            struct.pack_into("<Q", place, where, address + addend)
        elif kind in (_PC32, _PLT32):
            struct.pack_into("<i", place, where, address + addend - base - where)
        else:
            raise _Unknown


@lru_cache
def _library(name: str) -> int:
    """The address of a C function that code calls, such as memmove."""
    try:
        found = ctypes.CDLL(None)[name]
    except (AttributeError, TypeError):
        raise _Unknown from None
    return ctypes.cast(found, ctypes.c_void_p).value or 0


@lru_cache
def _mprotect() -> Callable[[int, int, int], int]:
    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return kind(("mprotect", ctypes.CDLL(None)))
