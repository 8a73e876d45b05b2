"""Line tables (DWARF 5, section 6.2; versions 2 to 5): from bytes to rows, a unit at a time.

A general reader needs 60 microseconds a row, a large program has a million of them; this one
needs one. Positions only ever rise, so that damaged input can't make it go in circles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from debugger.source import skim
from debugger.source.faults import DamagedError

_COPY, _ADVANCE_PC, _ADVANCE_LINE, _SET_FILE, _SET_COLUMN, _NEGATE_STMT = range(1, 7)
_CONST_ADD_PC, _FIXED_ADVANCE_PC, _PROLOGUE_END = 8, 9, 10
_END_SEQUENCE, _SET_ADDRESS = 1, 2
_PATH, _DIRECTORY = 1, 2
_STRING, _STRP, _LINE_STRP = 0x08, 0x0E, 0x1F
_UDATA, _BLOCK = 0x0F, 0x09
_NUMBERS = {0x0B: 1, 0x05: 2, 0x06: 4, 0x07: 8, 0x1E: 16}       # data1, 2, 4, 8, 16
_DEFAULT_FORMATS = [(_PATH, _STRING), (_DIRECTORY, _UDATA), (0, _UDATA), (0, _UDATA)]


class Row(NamedTuple):
    """A row of a line table: from `address` on it is this line. File is a path as recorded."""

    address: int
    file: str
    line: int
    column: int
    stmt: bool
    prologue_end: bool
    end: bool


Strings = Callable[[str, int], bytes]       # text at an offset of .debug_NAME
File = tuple[str, int]                      # name, number of its folder


@dataclass(frozen=True, slots=True)
class LineTable:
    """The header of a table, and where its program lies: data[start:end]."""

    data: bytes
    version: int
    folders: tuple[str, ...]
    files: tuple[File, ...]
    start: int
    end: int
    step: int               # bytes of the smallest instruction
    stmt: bool              # whether rows begin as statements
    line_base: int
    line_range: int
    lengths: bytes          # operands of each standard opcode, from 1 on

    def paths(self, base: str) -> list[str]:
        """Paths by the numbers that rows and entries use; `base` is where the compiler ran."""
        folders = list(self.folders) if self.version >= 5 else ["", *self.folders]
        found = [_joined(base, folders, name, folder) for name, folder in self.files]
        return found if self.version >= 5 else ["", *found]

    def sequences(self, files: list[str], code_size: int) -> Iterator[list[Row]]:
        """Rows in sequences of rising addresses, without those of code that the linker has left
        out: they begin at 0, or end beyond the code."""
        rows: list[Row] = []
        address, low = 0, -1
        for row in self._run(files):
            rows.append(row)
            if row.address < address:
                low = 0             # not rising: damaged
            elif low < 0:
                low = row.address
            address = row.address
            if row.end:
                if low > 0 and address <= code_size:
                    yield rows
                rows, address, low = [], 0, -1

    def _run(self, files: list[str]) -> Iterator[Row]:
        """The line number program's rows."""
        data, at, end, first = self.data, self.start, self.end, len(self.lengths) + 1
        step, base, spread, lengths = self.step, self.line_base, self.line_range, self.lengths
        address, file, line, column = 0, 1, 1, 0
        stmt, prologue = self.stmt, False
        name = _named(files, file)
        leb, signed = skim.leb, skim.signed_leb
        while at < end:
            op = data[at]
            at += 1
            if op >= first:
                advance, delta = divmod(op - first, spread)
                address += advance * step
                line += base + delta
                yield Row(address, name, line, column, stmt, prologue, False)
                prologue = False
            elif op == 0:
                size, at = leb(data, at)
                kind = data[at] if size else 0
                if kind == _END_SEQUENCE:
                    yield Row(address, name, line, column, stmt, prologue, True)
                    address, file, line, column = 0, 1, 1, 0
                    stmt, prologue, name = self.stmt, False, _named(files, 1)
                elif kind == _SET_ADDRESS:
                    address = int.from_bytes(data[at + 1:at + size], "little")
                at += size
            elif op == _COPY:
                yield Row(address, name, line, column, stmt, prologue, False)
                prologue = False
            elif op == _ADVANCE_PC:
                advance, at = leb(data, at)
                address += advance * step
            elif op == _ADVANCE_LINE:
                delta, at = signed(data, at)
                line += delta
            elif op == _SET_FILE:
                file, at = leb(data, at)
                name = _named(files, file)
            elif op == _SET_COLUMN:
                column, at = leb(data, at)
            elif op == _NEGATE_STMT:
                stmt = not stmt
            elif op == _CONST_ADD_PC:
                address += (255 - first) // spread * step
            elif op == _FIXED_ADVANCE_PC:
                address += int.from_bytes(data[at:at + 2], "little")
                at += 2
            elif op == _PROLOGUE_END:
                prologue = True
            else:
                for _ in range(lengths[op - 1]):
                    _, at = leb(data, at)


def _named(files: list[str], number: int) -> str:
    return files[number] if 0 <= number < len(files) else ""


def open_table(data: bytes, at: int, strings: Strings) -> LineTable:
    """The table at an offset of .debug_line; DamagedError or IndexError if it makes no sense."""
    size, wide = int.from_bytes(data[at:at + 4], "little"), 4
    at += 4
    if size == 0xFFFFFFFF:
        size, wide, at = int.from_bytes(data[at:at + 8], "little"), 8, at + 8
    end = min(at + size, len(data))
    version, at = int.from_bytes(data[at:at + 2], "little"), at + 2
    if not 2 <= version <= 5:
        raise DamagedError(f"a line table has version {version}")
    at += 2 if version >= 5 else 0          # sizes of addresses and segment selectors
    length, at = int.from_bytes(data[at:at + wide], "little"), at + wide
    start = at + length
    step, at = data[at], at + (2 if version >= 4 else 1)
    stmt, line_base, line_range, opcodes = data[at] != 0, data[at + 1], data[at + 2], data[at + 3]
    if not line_range or not opcodes or start > end:
        raise DamagedError("a line table's header makes no sense")
    lengths, at = data[at + 4:at + 3 + opcodes], at + 3 + opcodes
    if version >= 5:
        folders, at = _listed(data, at, strings, wide)
        files, at = _listed(data, at, strings, wide)
    else:
        folders, at = _names(data, at)
        files, at = _old_files(data, at)
    return LineTable(data, version, tuple(name for name, _ in folders), tuple(files), start, end,
                     step, stmt, line_base - (line_base >> 7 << 8), line_range, lengths)


def _names(data: bytes, at: int) -> tuple[list[File], int]:
    """Texts up to an empty one."""
    found: list[File] = []
    while data[at]:
        end = data.index(0, at)
        found.append((data[at:end].decode("utf-8", "replace"), 0))
        at = end + 1
    return found, at + 1


def _old_files(data: bytes, at: int) -> tuple[list[File], int]:
    found = []
    while data[at]:
        file, at = _record(data, at, _DEFAULT_FORMATS, lambda _section, _at: b"", 4)
        found.append(file)
    return found, at + 1


def _listed(data: bytes, at: int, strings: Strings, wide: int) -> tuple[list[File], int]:
    """A list that says itself what its records are made of."""
    formats, at = [], at + 1
    for _format in range(data[at - 1]):
        what, at = skim.leb(data, at)
        form, at = skim.leb(data, at)
        formats.append((what, form))
    count, at = skim.leb(data, at)
    if count > len(data) or (count and not formats):
        raise DamagedError("a line table counts more files than there is room for")
    found = []
    for _ in range(count):
        file, at = _record(data, at, formats, strings, wide)
        found.append(file)
    return found, at


def _record(data: bytes, at: int, formats: list[tuple[int, int]], strings: Strings, wide: int
            ) -> tuple[File, int]:
    """A name, and the number of its folder."""
    name, folder = b"", 0
    for what, form in formats:
        number = 0
        text = b""
        if form == _STRING:
            end = data.index(0, at)
            text, at = data[at:end], end + 1
        elif form in (_STRP, _LINE_STRP):
            where, at = int.from_bytes(data[at:at + wide], "little"), at + wide
            text = strings("str" if form == _STRP else "line_str", where)
        elif form == _UDATA:
            number, at = skim.leb(data, at)
        elif form in _NUMBERS:
            number, at = int.from_bytes(data[at:at + _NUMBERS[form]], "little"), \
                at + _NUMBERS[form]
        elif form == _BLOCK:
            size, at = skim.leb(data, at)
            at += size
        else:
            raise DamagedError(f"a file of a line table has a field of form {form:#x}")
        if at > len(data):
            raise DamagedError("a line table breaks off")
        name, folder = (text if what == _PATH else name), (number if what == _DIRECTORY else folder)
    return (name.decode("utf-8", "replace"), folder), at


def _joined(base: str, folders: list[str], name: str, folder: int) -> str:
    """folder/name, relative to where the compiler ran, with / between, also of Windows."""
    path = name
    for part in (folders[folder] if 0 <= folder < len(folders) else "", base):
        if part and not path.startswith("/") and path[1:3] not in (":\\", ":/"):
            path = f"{part}/{path}"
    while path.startswith("./"):
        path = path[2:]
    return path
