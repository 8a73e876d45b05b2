"""Moving bytes and offsets: fd_read, fd_pread, fd_write, fd_pwrite, fd_seek, fd_tell."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gabagool.wasi.descriptor import Directory, File, Open, Socket, Stdio
from gabagool.wasi.errno import Errno, Failure
from gabagool.wasi.guest import Guest, total
from gabagool.wasi.streams import read_ready, write_ready
from gabagool.wasi.table import require
from gabagool.wasi.types import Fdflags, Right, Whence

if TYPE_CHECKING:
    from gabagool.wasi.process import Process

OFFSET_MAX = (1 << 63) - 1


def fd_read(process: Process, guest: Guest, fd: int, iovs: int, iovs_len: int,
            result: int) -> None:
    """Read at the descriptor's offset and move it; `result`: bytes read, 0 at the end."""
    descriptor = readable(process, fd)
    vectors = guest.vectors(iovs, iovs_len)
    guest.check(result, 4, 4)
    data = _read(process, descriptor, total(vectors))
    guest.scatter(vectors, data)
    guest.put_u32(result, len(data))


def _read(process: Process, descriptor: Stdio | File | Socket, size: int) -> bytes:
    if not size:
        return b""  # reading nothing from a pipe must not wait for it
    block = not descriptor.flags & Fdflags.NONBLOCK
    if isinstance(descriptor, Stdio):
        return process.stdin.read(size, block)
    host = process.table.host(descriptor)
    if isinstance(descriptor, Socket) or not descriptor.seekable:
        return read_ready(host, size, block, process.waiter)
    data = os.pread(host, size, descriptor.offset)
    _advance(process, descriptor, descriptor.offset + len(data))
    return data


def fd_pread(process: Process, guest: Guest, fd: int, iovs: int, iovs_len: int, offset: int,
             result: int) -> None:
    """Read at `offset`, leaving the descriptor's own offset alone; `result`: bytes read."""
    descriptor = process.table.seekable(fd, 0)
    readable(process, fd)
    require(descriptor, Right.FD_SEEK)
    vectors = guest.vectors(iovs, iovs_len)
    guest.check(result, 4, 4)
    data = os.pread(process.table.host(descriptor), total(vectors), valid_offset(offset))
    guest.scatter(vectors, data)
    guest.put_u32(result, len(data))


def fd_write(process: Process, guest: Guest, fd: int, iovs: int, iovs_len: int,
             result: int) -> None:
    """Write at the descriptor's offset, or the end with `append`; `result`: bytes written."""
    descriptor = writable(process, fd)
    data = guest.gather(guest.vectors(iovs, iovs_len))
    guest.check(result, 4, 4)
    guest.put_u32(result, _write(process, guest, descriptor, data))


def _write(process: Process, guest: Guest, descriptor: Stdio | File | Socket,
           data: bytes) -> int:
    if not data:
        return 0
    block = not descriptor.flags & Fdflags.NONBLOCK
    if isinstance(descriptor, Stdio):
        written = process.outputs[descriptor.stream].write(data, block)
        guest.caller.output(descriptor.stream, data[:written])
        return written
    host = process.table.host(descriptor)
    if isinstance(descriptor, Socket) or not descriptor.seekable:
        return write_ready(host, data, block, process.waiter)
    written = _write_at(host, data, descriptor.offset, descriptor.flags)
    end = descriptor.offset + written
    if descriptor.flags & Fdflags.APPEND:
        end = os.fstat(host).st_size
    _advance(process, descriptor, end)
    return written


def fd_pwrite(process: Process, guest: Guest, fd: int, iovs: int, iovs_len: int, offset: int,
              result: int) -> None:
    """Write at `offset`, leaving the descriptor's own offset alone; `result`: bytes written.

    fdflags::append says "always appended to the file's end": it prevails over `offset`.
    """
    descriptor = process.table.seekable(fd, 0)
    writable(process, fd)
    require(descriptor, Right.FD_SEEK)
    data = guest.gather(guest.vectors(iovs, iovs_len))
    guest.check(result, 4, 4)
    written = _write_at(process.table.host(descriptor), data, valid_offset(offset),
                        descriptor.flags)
    guest.put_u32(result, written)


def _write_at(host: int, data: bytes, offset: int, flags: int) -> int:
    """pwrite(2) as the fdflags ask for. They are ours alone: the host's file has none set."""
    if flags & Fdflags.APPEND and not hasattr(os, "RWF_APPEND"):
        offset = os.fstat(host).st_size
    written = os.pwritev(host, [data], offset, _rwf(flags)) if hasattr(os, "RWF_SYNC") \
        else os.pwrite(host, data, offset)
    if flags & (Fdflags.SYNC | Fdflags.RSYNC | Fdflags.DSYNC) and not hasattr(os, "RWF_SYNC"):
        os.fsync(host)
    return written


def _rwf(flags: int) -> int:
    """Linux's per-write flags: appending by them is atomic. RSYNC is SYNC there, and here."""
    bits = os.RWF_APPEND if flags & Fdflags.APPEND else 0
    if flags & (Fdflags.SYNC | Fdflags.RSYNC):
        return bits | os.RWF_SYNC
    return bits | (os.RWF_DSYNC if flags & Fdflags.DSYNC else 0)


def fd_seek(process: Process, guest: Guest, fd: int, offset: int, whence: int,
            result: int) -> None:
    """Move the offset by `offset` (s64) from `whence`; `result`: the new offset."""
    descriptor = process.table.seekable(fd, 0)
    if whence >= len(guest.abi.whence):
        raise Failure(Errno.INVAL)
    base = guest.abi.whence[whence]
    delta = offset - (1 << 64) if offset > OFFSET_MAX else offset
    if (base, delta) == (Whence.CUR, 0):
        _require_tell(descriptor)
    else:
        require(descriptor, Right.FD_SEEK)
    guest.check(result, 8, 8)
    if base == Whence.CUR:
        delta += descriptor.offset
    elif base == Whence.END:
        delta += os.fstat(process.table.host(descriptor)).st_size
    _advance(process, descriptor, valid_offset(delta))
    guest.put_u64(result, delta)


def fd_tell(process: Process, guest: Guest, fd: int, result: int) -> None:
    """The descriptor's offset."""
    descriptor = process.table.seekable(fd, 0)
    _require_tell(descriptor)
    guest.put_u64(result, descriptor.offset)


def _require_tell(descriptor: File) -> None:
    if not descriptor.base & (Right.FD_TELL | Right.FD_SEEK):  # fd_seek implies fd_tell
        raise Failure(Errno.NOTCAPABLE)


def _advance(process: Process, descriptor: File, offset: int) -> None:
    if offset != descriptor.offset:
        descriptor.offset = offset
        process.table.changed(descriptor)


def valid_offset(offset: int) -> int:
    """An offset or size that the host's s64 can hold, else `inval` as POSIX has it."""
    if not 0 <= offset <= OFFSET_MAX:
        raise Failure(Errno.INVAL)
    return offset


def readable(process: Process, fd: int) -> Stdio | File | Socket:
    """The descriptor if `fd_read` may use it: `badf` if never open for reading, else rights."""
    return _usable(process, fd, Right.FD_READ)


def writable(process: Process, fd: int) -> Stdio | File | Socket:
    """The descriptor if `fd_write` may use it: `badf` if never open for writing, else rights."""
    return _usable(process, fd, Right.FD_WRITE)


def _usable(process: Process, fd: int, right: int) -> Stdio | File | Socket:
    descriptor = process.table.get(fd)
    if isinstance(descriptor, Socket) and descriptor.listener is not None:
        raise Failure(Errno.NOTCONN)
    if isinstance(descriptor, Directory) or not _opened(descriptor, right == Right.FD_READ):
        raise Failure(Errno.BADF)
    require(descriptor, right)
    return descriptor


def _opened(descriptor: Open, reading: bool) -> bool:
    if isinstance(descriptor, Stdio):
        return (descriptor.stream == 0) == reading
    return descriptor.handle.read if reading else descriptor.handle.write
