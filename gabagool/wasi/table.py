"""The descriptor table: numbers, rights checks, host handles, and its part of a snapshot."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable

from gabagool.wasi.descriptor import (
    Descriptor,
    Directory,
    File,
    Handle,
    Inode,
    Location,
    Open,
    Row,
    Socket,
    Stdio,
)
from gabagool.wasi.errno import Errno, Failure
from gabagool.wasi.listeners import Listeners
from gabagool.wasi.roots import Roots
from gabagool.wasi.types import Right


class Table:
    """Open descriptors by number. Whoever changes one says so through `changed`."""

    def __init__(self, roots: Roots, listeners: Listeners) -> None:
        self.roots = roots
        self.listeners = listeners
        self.version = 0
        self._entries: dict[int, Open] = {}
        # Every handle that this process opened and the guest has not closed. It outlives its
        # descriptor when an earlier state is restored, so that coming back finds the same file
        # open, even one that has been deleted or renamed since.
        self._handles: dict[int, Handle] = {}
        self._serials = itertools.count(1)
        self._rows: tuple[tuple[int, Row], ...] | None = None
        self._set_up()

    def _set_up(self) -> None:
        rights = (Right.STREAM & ~Right.FD_WRITE, *[Right.STREAM & ~Right.FD_READ] * 2)
        for number, base in enumerate(rights):
            self._entries[number] = Stdio(base, 0, 0, number)
        for index, name in enumerate(self.roots.names):
            handle = self.new_handle(self.roots.preopen(index), Location(index, ()), True, False)
            self.add(Directory(Right.DIRECTORY, Right.ALL, 0, handle, name))
        for index in range(len(self.listeners.names)):
            handle = self.new_handle(self.listeners.open(index), None, False, False)
            self.add(Socket(Right.LISTENER, Right.CONNECTION, 0, handle, index))

    # -- numbers ----------------------------------------------------------------------------

    def add(self, descriptor: Open) -> int:
        """Enter a descriptor under the lowest free number; the same run gets the same numbers."""
        fd = next(fd for fd in itertools.count() if fd not in self._entries)
        self._entries[fd] = descriptor
        self.changed()
        return fd

    def close(self, fd: int) -> None:
        descriptor = self.get(fd)
        del self._entries[fd]
        self._release(descriptor)
        self.changed()

    def renumber(self, fd: int, to: int) -> None:
        """Give `fd`'s descriptor the number `to`, whose own is closed."""
        descriptor, replaced = self.get(fd), self.get(to)
        if fd == to:
            return
        self._entries[to] = descriptor
        del self._entries[fd]
        self._release(replaced)
        self.changed()

    def _release(self, descriptor: Open) -> None:
        if isinstance(descriptor, Stdio):
            return
        handle = descriptor.handle
        self._handles.pop(handle.serial, None)
        if handle.host is not None:
            os.close(handle.host)
            handle.host = None

    def close_all(self) -> None:
        """Close every host descriptor; the table must not be used any more."""
        self.close_files()
        self.listeners.close()

    def close_files(self) -> None:
        """The same, but for the listening sockets, which other tables have, too."""
        for handle in self._handles.values():
            if handle.host is not None:
                os.close(handle.host)
        self._handles.clear()
        self._entries.clear()
        self.roots.close()

    def move(self, roots: Roots) -> None:
        """Have copies of the directories from now on: files that are open are found there. Those
        that were deleted stay what they are."""
        for handle in self._handles.values():
            if handle.location is not None and handle.host is not None:
                os.close(handle.host)
                handle.host = None
        self.roots.close()
        self.roots = roots

    def peek(self, fd: int) -> Open | None:
        """The descriptor, if there is one."""
        return self._entries.get(fd)

    # -- looking up, with rights ------------------------------------------------------------

    def get(self, fd: int, rights: int = 0) -> Open:
        """The descriptor: `badf` if there is none, `notcapable` if it lacks one of `rights`."""
        descriptor = self._entries.get(fd)
        if descriptor is None:
            raise Failure(Errno.BADF)
        require(descriptor, rights)
        return descriptor

    def file(self, fd: int, rights: int) -> File:
        """A descriptor of a file, not of a directory, stream or socket (`badf`)."""
        descriptor = self.get(fd)
        if not isinstance(descriptor, File):
            raise Failure(Errno.BADF)
        require(descriptor, rights)
        return descriptor

    def seekable(self, fd: int, rights: int) -> File:
        """A descriptor with an offset: `badf` for directories, `spipe` for streams."""
        descriptor = self.get(fd)
        if isinstance(descriptor, Directory):
            raise Failure(Errno.BADF)
        if not (isinstance(descriptor, File) and descriptor.seekable):
            raise Failure(Errno.SPIPE)
        require(descriptor, rights)
        return descriptor

    def inode(self, fd: int, rights: int) -> Inode:
        """A descriptor of a file or directory."""
        descriptor = self.get(fd)
        if isinstance(descriptor, Stdio | Socket):
            raise Failure(Errno.BADF)
        require(descriptor, rights)
        return descriptor

    def directory(self, fd: int, rights: int) -> Directory:
        """A descriptor of a directory (else `notdir`)."""
        descriptor = self.get(fd)
        if not isinstance(descriptor, Directory):
            raise Failure(Errno.NOTDIR)
        require(descriptor, rights)
        return descriptor

    def socket(self, fd: int, rights: int = 0) -> Socket:
        """A descriptor of a socket (else `notsock`)."""
        descriptor = self.get(fd)
        if not isinstance(descriptor, Socket):
            raise Failure(Errno.NOTSOCK)
        require(descriptor, rights)
        return descriptor

    # -- host handles -----------------------------------------------------------------------

    def new_handle(self, host: int, location: Location | None, read: bool, write: bool) -> Handle:
        """A handle that owns the host descriptor `host`."""
        handle = Handle(next(self._serials), location, read, write, host)
        self._handles[handle.serial] = handle
        return handle

    def host(self, descriptor: Inode | Socket) -> int:
        """The host descriptor; a restored one is opened now (SnapshotError if that fails).

        A lost file is `stale`, a connection of another process `connreset`.
        """
        handle = descriptor.handle
        if handle.host is None:
            if handle.lost:
                raise Failure(Errno.STALE)
            handle.host = self._open_again(descriptor)
            replaced = self._handles.get(handle.serial)
            if replaced is not None and replaced is not handle and replaced.host is not None:
                os.close(replaced.host)
            self._handles[handle.serial] = handle
        return handle.host

    def _open_again(self, descriptor: Inode | Socket) -> int:
        if not isinstance(descriptor, Socket):
            return self.roots.reopen(descriptor.handle, isinstance(descriptor, Directory))
        if descriptor.listener is None:
            raise Failure(Errno.CONNRESET)
        return self.listeners.open(descriptor.listener)

    def lose(self, handle: Handle) -> None:
        """Go on without a file that cannot be opened again, in later and earlier states too."""
        handle.lost = True
        self._handles[handle.serial] = handle

    def inodes(self) -> Iterable[Inode]:
        """The open files and directories."""
        return (entry for entry in self._entries.values() if isinstance(entry, File | Directory))

    def moved(self, old: Location | None, new: Location | None) -> None:
        """A rename happened: what is open at or below `old` is now found at `new`."""
        self.deleted(new)
        for descriptor in self.inodes():
            at = descriptor.handle.location
            depth = len(old.parts) if old else 0
            if at and old and at.root == old.root and at.parts[:depth] == old.parts:
                self._relocate(descriptor, new and Location(new.root, new.parts + at.parts[depth:]))

    def deleted(self, location: Location | None) -> None:
        """The name `location` is gone: what is open there cannot be opened again."""
        for descriptor in self.inodes():
            if location and descriptor.handle.location == location:
                self._relocate(descriptor, None)

    def _relocate(self, descriptor: Inode, location: Location | None) -> None:
        descriptor.handle.location = location
        self.changed(descriptor)

    # -- state ------------------------------------------------------------------------------

    def changed(self, descriptor: Descriptor | None = None) -> None:
        """The table, or one descriptor in it, is no longer as in the last `state`."""
        self.version += 1
        self._rows = None
        if descriptor is not None:
            descriptor.cached = None

    def state(self) -> tuple[tuple[int, Row], ...]:
        """Rows (number, row) in the order of numbers; unchanged parts are the same objects."""
        if self._rows is None:
            self._rows = tuple((fd, _row(self._entries[fd])) for fd in sorted(self._entries))
        return self._rows

    def replace(self, entries: dict[int, Open]) -> None:
        """Take over a restored table; files still open in this process stay attached."""
        for descriptor in entries.values():
            if not isinstance(descriptor, Stdio):
                known = self._handles.get(descriptor.handle.serial)
                if known is not None and known.row() == descriptor.handle.row():
                    descriptor.handle = known
        top = max((d.handle.serial for d in entries.values() if not isinstance(d, Stdio)),
                  default=0)
        self._serials = itertools.count(max(top + 1, next(self._serials)))
        self._entries = entries
        self.changed()


def require(descriptor: Descriptor, rights: int) -> None:
    """Fail with `notcapable` unless all of `rights` are in the descriptor's base rights."""
    if rights & ~descriptor.base:
        raise Failure(Errno.NOTCAPABLE)


def _row(descriptor: Open) -> Row:
    if descriptor.cached is None:
        descriptor.cached = descriptor.row()
    return descriptor.cached
