"""Open files as inodes: status, size, times, space, durability."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from gabagool.wasi.descriptor import Socket, Stdio
from gabagool.wasi.errno import Errno, Failure
from gabagool.wasi.fds import filetype
from gabagool.wasi.guest import Guest
from gabagool.wasi.io import valid_offset
from gabagool.wasi.types import Clockid, Filetype, Fstflags, Right

if TYPE_CHECKING:
    from gabagool.wasi.process import Process

_U64 = (1 << 64) - 1

_FILETYPES = {
    stat.S_IFBLK: Filetype.BLOCK_DEVICE, stat.S_IFCHR: Filetype.CHARACTER_DEVICE,
    stat.S_IFDIR: Filetype.DIRECTORY, stat.S_IFREG: Filetype.REGULAR_FILE,
    stat.S_IFSOCK: Filetype.SOCKET_STREAM, stat.S_IFLNK: Filetype.SYMBOLIC_LINK,
}

# The witx enum `advice` in its order.
_ADVICE = ("NORMAL", "SEQUENTIAL", "RANDOM", "WILLNEED", "DONTNEED", "NOREUSE")


def filetype_of(mode: int) -> int:
    """The Filetype of an st_mode; WASI has no name for FIFOs."""
    return _FILETYPES.get(stat.S_IFMT(mode), Filetype.UNKNOWN)


def pack_filestat(guest: Guest, status: os.stat_result, kind: int) -> bytes:
    """A `filestat` record in the caller's ABI."""
    return guest.abi.filestat.pack(
        status.st_dev & _U64, status.st_ino & _U64, kind, status.st_nlink, status.st_size,
        status.st_atime_ns & _U64, status.st_mtime_ns & _U64, status.st_ctime_ns & _U64)


def fd_filestat_get(process: Process, guest: Guest, fd: int, result: int) -> None:
    """The status of an open file; of a stream or socket only its type, the rest is the host's."""
    descriptor = process.table.get(fd, Right.FD_FILESTAT_GET)
    kind = filetype(process, descriptor)
    if isinstance(descriptor, Stdio | Socket):
        guest.write(result, guest.abi.filestat.pack(0, 0, kind, 0, 0, 0, 0, 0), 8)
    else:
        status = os.fstat(process.table.host(descriptor))
        guest.write(result, pack_filestat(guest, status, kind), 8)


def fd_filestat_set_size(process: Process, guest: Guest, fd: int, size: int) -> None:
    """Cut a file to `size` bytes or fill it up with zeros to them."""
    descriptor = process.table.file(fd, Right.FD_FILESTAT_SET_SIZE)
    os.ftruncate(process.table.host(descriptor), valid_offset(size))


def fd_filestat_set_times(process: Process, guest: Guest, fd: int, atim: int, mtim: int,
                          fst_flags: int) -> None:
    """Set the times of an open file or directory."""
    descriptor = process.table.inode(fd, Right.FD_FILESTAT_SET_TIMES)
    host = process.table.host(descriptor)
    os.utime(host, ns=new_times(process, os.fstat(host), atim, mtim, fst_flags))


def new_times(process: Process, old: os.stat_result, atim: int, mtim: int,
              flags: int) -> tuple[int, int]:
    """Access and modification time (ns) after a change by `fstflags`."""
    for given, now in ((Fstflags.ATIM, Fstflags.ATIM_NOW), (Fstflags.MTIM, Fstflags.MTIM_NOW)):
        if flags & given and flags & now:
            raise Failure(Errno.INVAL)
    if flags & ~Fstflags.ALL:
        raise Failure(Errno.INVAL)
    now_ns = process.clocks.read(Clockid.REALTIME)
    access = atim if flags & Fstflags.ATIM else old.st_atime_ns
    change = mtim if flags & Fstflags.MTIM else old.st_mtime_ns
    return (now_ns if flags & Fstflags.ATIM_NOW else access,
            now_ns if flags & Fstflags.MTIM_NOW else change)


def fd_advise(process: Process, guest: Guest, fd: int, offset: int, length: int,
              advice: int) -> None:
    """Tell the host how a range of a file will be used; hosts without such advice ignore it."""
    descriptor = process.table.file(fd, Right.FD_ADVISE)
    if advice >= len(_ADVICE):
        raise Failure(Errno.INVAL)
    offset, length = valid_offset(offset), valid_offset(length)
    if hasattr(os, "posix_fadvise"):
        value = getattr(os, "POSIX_FADV_" + _ADVICE[advice])
        os.posix_fadvise(process.table.host(descriptor), offset, length, value)


def fd_allocate(process: Process, guest: Guest, fd: int, offset: int, length: int) -> None:
    """Make sure that a range of a file has space on the disk, growing the file if needed."""
    descriptor = process.table.file(fd, Right.FD_ALLOCATE)
    host = process.table.host(descriptor)
    end = valid_offset(valid_offset(offset) + valid_offset(length))
    if not length:
        raise Failure(Errno.INVAL)
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(host, offset, length)
    elif end > os.fstat(host).st_size:
        os.ftruncate(host, end)


def fd_sync(process: Process, guest: Guest, fd: int) -> None:
    """Write data and metadata of a file or directory to the disk."""
    os.fsync(process.table.host(process.table.inode(fd, Right.FD_SYNC)))


def fd_datasync(process: Process, guest: Guest, fd: int) -> None:
    """Write the data of a file or directory to the disk."""
    host = process.table.host(process.table.inode(fd, Right.FD_DATASYNC))
    (os.fdatasync if hasattr(os, "fdatasync") else os.fsync)(host)
