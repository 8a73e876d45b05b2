"""A fast pass over a unit's debugging entries: where each lies, its tag and its depth.

Decoding all attributes of a large unit with a general reader takes a second; here fields are
skipped by the size of their form (DWARF 5, sections 7.5.3 to 7.5.6), so that only the entries
that matter are decoded. Positions only ever rise: damaged input can't make it go in circles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from debugger.source.faults import DamagedError

_FIXED = {0x0B: 1, 0x05: 2, 0x06: 4, 0x07: 8, 0x1E: 16,         # data1, 2, 4, 8, 16
          0x0C: 1, 0x19: 0, 0x21: 0,                             # flag, flag_present, implicit
          0x11: 1, 0x12: 2, 0x13: 4, 0x14: 8, 0x20: 8,           # ref1, 2, 4, 8, sig8
          0x25: 1, 0x26: 2, 0x27: 3, 0x28: 4,                    # strx1 to 4
          0x29: 1, 0x2A: 2, 0x2B: 3, 0x2C: 4,                    # addrx1 to 4
          0x1C: 4, 0x24: 8}                                      # ref_sup4, 8
_OFFSETS = {0x0E, 0x17, 0x1D, 0x1F, 0x1F20, 0x1F21}              # strp, sec_offset, line_strp …
_ADDR, _REF_ADDR = 0x01, 0x10
_LEBS = {0x0D, 0x0F, 0x15, 0x1A, 0x1B, 0x22, 0x23, 0x1F01, 0x1F02}    # sdata, udata, strx …
_BLOCKS = {0x0A: 1, 0x03: 2, 0x04: 4}                            # block1, 2, 4
_LEB_BLOCKS = {0x09, 0x18}                                       # block, exprloc
_STRING = 0x08
_IMPLICIT = 0x21
# What is skipped, after how many fixed bytes.
_LEB, _BLOCK, _LEB_BLOCK, _TEXT = range(4)
_MOST = 4_000_000       # entries of one unit


class Entry(NamedTuple):
    """One debugging entry: its offset in .debug_info, its tag's number, and its depth."""

    offset: int
    tag: int
    depth: int
    children: bool


@dataclass(frozen=True, slots=True)
class _Abbrev:
    tag: int
    children: bool
    plan: tuple[tuple[int, int, int], ...]      # (fixed bytes, what to skip then, its width)
    tail: int                                   # fixed bytes after that


@dataclass(frozen=True, slots=True)
class Extent:
    """A unit's entries lie in info[first:end]; sizes of its offsets and addresses in bytes."""

    first: int
    end: int
    abbrevs: int
    offset_size: int
    address_size: int
    version: int


def leb(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128 number, and the position after it."""
    result = shift = 0
    while True:
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, at
        shift += 7
        if shift > 70:
            raise DamagedError("a number is too long")


def signed_leb(data: bytes, at: int) -> tuple[int, int]:
    """A signed LEB128 number, and the position after it."""
    result, end = leb(data, at)
    bits = 7 * (end - at)
    return result - (result >> bits - 1 << bits), end


def entries(info: bytes, abbrev: bytes, unit: Extent) -> list[Entry]:
    """All entries of a unit in order, without the null entries that end lists of children."""
    table = _abbrevs(abbrev, unit)
    found: list[Entry] = []
    at, depth, end = unit.first, 0, min(unit.end, len(info))
    while at < end:
        start = at
        code = info[at]
        at += 1
        if code >= 0x80:
            code, at = leb(info, start)
        if code == 0:
            depth -= 1
            if depth <= 0:
                break
            continue
        entry = table.get(code)
        if entry is None:
            raise DamagedError(f"abbreviation {code} at {start:#x} isn't there")
        found.append(Entry(start, entry.tag, depth, entry.children))
        if len(found) > _MOST:
            raise DamagedError("a unit has too many entries")
        at = _skip(info, at, entry)
        if entry.children:
            depth += 1
        elif not depth:
            break
    return found


def _skip(info: bytes, at: int, entry: _Abbrev) -> int:
    for fixed, kind, width in entry.plan:
        at += fixed
        if kind == _LEB:
            while info[at] >= 0x80:
                at += 1
            at += 1
        elif kind == _TEXT:
            at = info.index(0, at) + 1
        elif kind == _BLOCK:
            at += width + int.from_bytes(info[at:at + width], "little")
        else:
            size, at = leb(info, at)
            at += size
    return at + entry.tail


def _abbrevs(data: bytes, unit: Extent) -> dict[int, _Abbrev]:
    table: dict[int, _Abbrev] = {}
    at = unit.abbrevs
    while at < len(data):
        code, at = leb(data, at)
        if not code:
            break
        tag, at = leb(data, at)
        children = data[at] != 0
        forms, at = _forms(data, at + 1)
        table[code] = _Abbrev(tag, children, *_planned(forms, unit))
    return table


def _forms(data: bytes, at: int) -> tuple[list[int], int]:
    forms: list[int] = []
    while True:
        name, at = leb(data, at)
        form, at = leb(data, at)
        if form == _IMPLICIT:
            _, at = leb(data, at)       # signed, but of the same length
        if not name and not form:
            return forms, at
        forms.append(form)


def _planned(forms: list[int], unit: Extent) -> tuple[tuple[tuple[int, int, int], ...], int]:
    plan, fixed = [], 0
    for form in forms:
        size = _size(form, unit)
        if size is not None:
            fixed += size
            continue
        if form in _LEBS:
            plan.append((fixed, _LEB, 0))
        elif form in _BLOCKS:
            plan.append((fixed, _BLOCK, _BLOCKS[form]))
        elif form in _LEB_BLOCKS:
            plan.append((fixed, _LEB_BLOCK, 0))
        elif form == _STRING:
            plan.append((fixed, _TEXT, 0))
        else:
            raise DamagedError(f"form {form:#x} is not known")
        fixed = 0
    return tuple(plan), fixed


def _size(form: int, unit: Extent) -> int | None:
    if form == _ADDR:
        return unit.address_size
    if form in _OFFSETS:
        return unit.offset_size
    if form == _REF_ADDR:
        return unit.address_size if unit.version == 2 else unit.offset_size
    return _FIXED.get(form)

