"""Reading a WASI state back. It may come from a file, and a file is hostile input."""

from __future__ import annotations

from typing import Any

from gabagool.errors import SnapshotError
from gabagool.wasi.descriptor import (
    Directory,
    Entry,
    File,
    Handle,
    Location,
    Open,
    Socket,
    Stdio,
)
from gabagool.wasi.types import Fdflags, Filetype, Right

_U64 = 1 << 64
_FD_END = 1 << 31  # witx: a descriptor number is less than 2**31


def bad(what: str) -> SnapshotError:
    return SnapshotError(f"damaged WASI state: {what}")


def sequence(obj: Any, what: str) -> tuple[Any, ...]:
    """A list or tuple (msgpack gives back lists for tuples)."""
    if not isinstance(obj, (list, tuple)):
        raise bad(what)
    return tuple(obj)


def fields(obj: Any, what: str, *types: type | tuple[type, ...]) -> tuple[Any, ...]:
    """A sequence of exactly these types; integers are checked to be u64."""
    values = sequence(obj, what)
    if len(values) != len(types):
        raise bad(what)
    for value, expected in zip(values, types, strict=True):
        if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
            raise bad(what)
        if isinstance(value, int):
            number(value, _U64, what)
    return values


def number(value: int, end: int, what: str) -> int:
    """`value`, which must be in 0..end-1."""
    if not 0 <= value < end:
        raise bad(what)
    return value


def strings(obj: Any, what: str) -> tuple[bytes, ...]:
    """A sequence of byte strings without NUL."""
    values = sequence(obj, what)
    if not all(isinstance(value, bytes) and b"\0" not in value for value in values):
        raise bad(what)
    return values


class TableReader:
    """Builds descriptors from the rows of `Table.state`; `roots`, `listeners`: how many exist."""

    def __init__(self, roots: int, listeners: int) -> None:
        self._roots = roots
        self._listeners = listeners
        self._serials: set[int] = set()

    def table(self, obj: Any) -> dict[int, Open]:
        entries: dict[int, Open] = {}
        for pair in sequence(obj, "descriptor table"):
            fd, row = fields(pair, "descriptor", int, (list, tuple))
            number(fd, _FD_END, "descriptor number")
            if fd in entries:
                raise bad("descriptor number twice")
            entries[fd] = self._descriptor(row)
        return entries

    def _descriptor(self, row: Any) -> Open:
        kind = row[0] if row else None
        if kind == "stdio":
            return self._stdio(row)
        if kind == "file":
            return self._file(row)
        if kind == "directory":
            return self._directory(row)
        if kind == "socket":
            return self._socket(row)
        raise bad("kind of descriptor")

    def _stdio(self, row: Any) -> Stdio:
        _, base, inheriting, flags, stream = fields(row, "stream", str, int, int, int, int)
        return Stdio(*_rights(base, inheriting, flags), number(stream, 3, "stream"))

    def _file(self, row: Any) -> File:
        _, base, inheriting, flags, handle, filetype, seekable, offset = fields(
            row, "file", str, int, int, int, (list, tuple), int, bool, int)
        number(filetype, Filetype.SYMBOLIC_LINK, "file type")
        number(offset, 1 << 63, "file offset")
        return File(*_rights(base, inheriting, flags), self._handle(handle), filetype, seekable,
                    offset)

    def _directory(self, row: Any) -> Directory:
        _, base, inheriting, flags, handle, preopen, listing = fields(
            row, "directory", str, int, int, int, (list, tuple), (bytes, type(None)),
            (list, tuple, type(None)))
        return Directory(*_rights(base, inheriting, flags), self._handle(handle), preopen,
                         None if listing is None else tuple(map(_entry, listing)))

    def _socket(self, row: Any) -> Socket:
        _, base, inheriting, flags, handle, listener = fields(
            row, "socket", str, int, int, int, (list, tuple), (int, type(None)))
        if listener is not None:
            number(listener, self._listeners, "listening socket")
        return Socket(*_rights(base, inheriting, flags), self._handle(handle), listener)

    def _handle(self, row: Any) -> Handle:
        serial, location, read, write = fields(
            row, "open file", int, (list, tuple, type(None)), bool, bool)
        if serial in self._serials:
            raise bad("open file twice")
        self._serials.add(serial)
        return Handle(serial, None if location is None else self._location(location), read, write)

    def _location(self, row: Any) -> Location:
        root, parts = fields(row, "file name", int, (list, tuple))
        number(root, self._roots, "preopened directory")
        return Location(root, strings(parts, "file name"))


def _rights(base: int, inheriting: int, flags: int) -> tuple[int, int, int]:
    return (number(base, Right.ALL + 1, "rights"), number(inheriting, Right.ALL + 1, "rights"),
            number(flags, Fdflags.ALL + 1, "descriptor flags"))


def _entry(row: Any) -> Entry:
    name, inode, filetype = fields(row, "directory entry", bytes, int, int)
    return name, inode, number(filetype, Filetype.SYMBOLIC_LINK + 1, "file type")
