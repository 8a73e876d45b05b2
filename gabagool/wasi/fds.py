"""Descriptors themselves: closing, renumbering, flags, rights, preopens, and what they show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gabagool.wasi.descriptor import Directory, File, Open, Socket
from gabagool.wasi.errno import Errno, Failure
from gabagool.wasi.guest import Guest
from gabagool.wasi.types import FDSTAT, PREOPENTYPE_DIR, PRESTAT, Fdflags, Filetype, Right

if TYPE_CHECKING:
    from gabagool.wasi.process import Process


def fd_close(process: Process, guest: Guest, fd: int) -> None:
    """Close a descriptor; preopened directories and standard streams too."""
    process.table.close(fd)


def fd_renumber(process: Process, guest: Guest, fd: int, to: int) -> None:
    """Let `to`, which must be open, stand for what `fd` stood for; `fd` is closed."""
    process.table.renumber(fd, to)


def fd_fdstat_get(process: Process, guest: Guest, fd: int, result: int) -> None:
    """Type, flags and rights of a descriptor."""
    descriptor = process.table.get(fd)
    guest.write(result, FDSTAT.pack(filetype(process, descriptor), descriptor.flags,
                                    descriptor.base, descriptor.inheriting), 8)


def filetype(process: Process, descriptor: Open) -> int:
    """The Filetype of what a descriptor stands for."""
    if isinstance(descriptor, Directory):
        return Filetype.DIRECTORY
    if isinstance(descriptor, File):
        return descriptor.filetype
    if isinstance(descriptor, Socket):
        return Filetype.SOCKET_STREAM
    stream = process.outputs.get(descriptor.stream, process.stdin)
    # Only a terminal is a character device here: libcs take that for isatty(), and then /dev/null
    # would be one. Redirected files are `unknown`, as we do not let the guest seek in them.
    return Filetype.CHARACTER_DEVICE if stream.is_terminal else Filetype.UNKNOWN


def fd_fdstat_set_flags(process: Process, guest: Guest, fd: int, flags: int) -> None:
    """Set the fdflags of a descriptor."""
    descriptor = process.table.get(fd, Right.FD_FDSTAT_SET_FLAGS)
    if flags & ~Fdflags.ALL:
        raise Failure(Errno.INVAL)
    descriptor.flags = flags
    process.table.changed(descriptor)


def fd_fdstat_set_rights(process: Process, guest: Guest, fd: int, base: int,
                         inheriting: int) -> None:
    """Remove rights from a descriptor; `notcapable` if that would add some."""
    descriptor = process.table.get(fd, base)
    if inheriting & ~descriptor.inheriting:
        raise Failure(Errno.NOTCAPABLE)
    descriptor.base, descriptor.inheriting = base, inheriting
    process.table.changed(descriptor)


def fd_prestat_get(process: Process, guest: Guest, fd: int, result: int) -> None:
    """Kind and name length of a preopened directory; `badf` ends a libc's search for them."""
    descriptor = process.table.get(fd)
    if not isinstance(descriptor, Directory) or descriptor.preopen is None:
        raise Failure(Errno.BADF)
    guest.write(result, PRESTAT.pack(PREOPENTYPE_DIR, len(descriptor.preopen)), 4)


def fd_prestat_dir_name(process: Process, guest: Guest, fd: int, path: int,
                        path_len: int) -> None:
    """The guest's name of a preopened directory, without NUL; `nametoolong` if it does not fit."""
    descriptor = process.table.get(fd)
    if not isinstance(descriptor, Directory) or descriptor.preopen is None:
        raise Failure(Errno.NOTDIR)
    if len(descriptor.preopen) > path_len:
        raise Failure(Errno.NAMETOOLONG)
    guest.write(path, descriptor.preopen)
