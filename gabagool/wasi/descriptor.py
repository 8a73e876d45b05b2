"""What a descriptor number stands for; pure state, apart from the host descriptor it holds."""

from __future__ import annotations

from dataclasses import field
from typing import Any, NamedTuple

from gabagool.records import dataclass

Row = tuple[Any, ...]  # msgpack-able: ints, bytes, None, tuples


class Location(NamedTuple):
    """A file by its preopened directory (index in the settings) and resolved path below it."""

    root: int
    parts: tuple[bytes, ...]


@dataclass(slots=True, eq=False)
class Handle:
    """An open host file. `host` is None while it is detached: restored, not yet reopened.

    `serial` is unique in a process: by it a restored descriptor finds the file that is still
    open. `location` is None once the file has been deleted, and for sockets. `write` and `read`:
    how it is open. `lost`: it could not be opened again, and the user goes on without it.
    """

    serial: int
    location: Location | None
    read: bool
    write: bool
    host: int | None = None
    lost: bool = False

    def below(self, parts: tuple[bytes, ...]) -> Location | None:
        """The location of a file by its resolved path from this directory."""
        return self.location and Location(self.location.root, self.location.parts + parts)

    def row(self) -> Row:
        return (self.serial, self.location and tuple(self.location), self.read, self.write)


@dataclass(slots=True, eq=False)
class Descriptor:
    """Rights (base, inheriting) and fdflags, as `fd_fdstat_get` reports them."""

    base: int
    inheriting: int
    flags: int
    cached: Row | None = field(default=None, init=False)  # the table's row, until it changes


@dataclass(slots=True, eq=False)
class Stdio(Descriptor):
    """Standard stream 0, 1 or 2 of the settings, under whatever descriptor number."""

    stream: int

    def row(self) -> Row:
        return ("stdio", self.base, self.inheriting, self.flags, self.stream)


@dataclass(slots=True, eq=False)
class File(Descriptor):
    """Anything opened that is no directory. `offset` is kept here, not in the host's kernel."""

    handle: Handle
    filetype: int
    seekable: bool
    offset: int = 0

    def row(self) -> Row:
        return ("file", self.base, self.inheriting, self.flags, self.handle.row(),
                self.filetype, self.seekable, self.offset)


# One directory entry: name, inode, filetype.
Entry = tuple[bytes, int, int]


@dataclass(slots=True, eq=False)
class Directory(Descriptor):
    """A directory; `preopen` is its guest name if the guest was given it.

    `listing` is what `fd_readdir` saw when it last started at cookie 0. Cookies index it, so
    that a guest that removes files while it lists them misses none.
    """

    handle: Handle
    preopen: bytes | None = None
    listing: tuple[Entry, ...] | None = None

    def row(self) -> Row:
        return ("directory", self.base, self.inheriting, self.flags, self.handle.row(),
                self.preopen, self.listing)


@dataclass(slots=True, eq=False)
class Socket(Descriptor):
    """A TCP socket: a listening one (`listener`: its index in the settings) or a connection."""

    handle: Handle
    listener: int | None

    def row(self) -> Row:
        return ("socket", self.base, self.inheriting, self.flags, self.handle.row(),
                self.listener)


Inode = File | Directory
Open = Stdio | File | Directory | Socket
