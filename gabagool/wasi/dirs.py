"""Directories: reading, creating, removing."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from gabagool.wasi.descriptor import Entry
from gabagool.wasi.errno import Errno, Failure
from gabagool.wasi.files import filetype_of
from gabagool.wasi.guest import Guest
from gabagool.wasi.types import DIRENT, Filetype, Right
from gabagool.wasi.walk import entry

if TYPE_CHECKING:
    from gabagool.wasi.process import Process


def fd_readdir(process: Process, guest: Guest, fd: int, buf: int, buf_len: int, cookie: int,
               result: int) -> None:
    """Entries from `cookie` on, the last one cut off where the buffer ends; `result`: bytes."""
    table = process.table
    descriptor = table.directory(fd, Right.FD_READDIR)
    guest.check(buf, buf_len)
    guest.check(result, 4, 4)
    if descriptor.listing is None or cookie == 0:
        descriptor.listing = _list(table.host(descriptor))
        table.changed(descriptor)
    data = bytearray()
    for index in range(min(cookie, len(descriptor.listing)), len(descriptor.listing)):
        if len(data) >= buf_len:
            break
        name, inode, kind = descriptor.listing[index]
        data += DIRENT.pack(index + 1, inode, len(name), kind) + name
    guest.write(buf, bytes(data[:buf_len]))
    guest.put_u32(result, min(len(data), buf_len))


def _list(host: int) -> tuple[Entry, ...]:
    """All entries in the order of their names: hosts have no order that repeats.

    ".." shows the inode of "." as the real one may lie outside the sandbox.
    """
    own = os.fstat(host).st_ino
    dots = ((b".", own, Filetype.DIRECTORY), (b"..", own, Filetype.DIRECTORY))
    with os.scandir(host) as found:
        return dots + tuple(sorted(_entry(item) for item in found))


def _entry(item: os.DirEntry[str]) -> Entry:
    try:
        kind = filetype_of(item.stat(follow_symlinks=False).st_mode)
    except OSError:  # gone since the listing
        kind = Filetype.UNKNOWN
    return os.fsencode(item.name), item.inode(), kind


def path_create_directory(process: Process, guest: Guest, fd: int, path: int,
                          path_len: int) -> None:
    """Create a directory; a slash at the end of its path is allowed."""
    directory = process.table.directory(fd, Right.PATH_CREATE_DIRECTORY)
    with entry(process.table.host(directory), guest.path(path, path_len)) as place:
        os.mkdir(place.require_name(Errno.EXIST), dir_fd=place.dirfd)


def path_remove_directory(process: Process, guest: Guest, fd: int, path: int,
                          path_len: int) -> None:
    """Remove an empty directory (`notempty` otherwise)."""
    table = process.table
    directory = table.directory(fd, Right.PATH_REMOVE_DIRECTORY)
    with entry(table.host(directory), guest.path(path, path_len)) as place:
        os.rmdir(place.require_name(Errno.INVAL), dir_fd=place.dirfd)
        table.deleted(directory.handle.below(place.parts))


def path_unlink_file(process: Process, guest: Guest, fd: int, path: int, path_len: int) -> None:
    """Remove a name of a file; `isdir` if it is a directory's."""
    table = process.table
    directory = table.directory(fd, Right.PATH_UNLINK_FILE)
    with entry(table.host(directory), guest.path(path, path_len)) as place:
        name = place.require_name(Errno.ISDIR)
        kind = place.kind()
        if kind == stat.S_IFDIR:  # unlink(2) says EPERM on some hosts
            raise Failure(Errno.ISDIR)
        if kind and place.slash:
            raise Failure(Errno.NOTDIR)
        os.unlink(name, dir_fd=place.dirfd)
        table.deleted(directory.handle.below(place.parts))
