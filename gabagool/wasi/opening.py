"""`path_open`."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from gabagool.records import dataclass
from gabagool.wasi.descriptor import Directory, File, Handle, Open
from gabagool.wasi.errno import Errno, Failure
from gabagool.wasi.files import filetype_of
from gabagool.wasi.guest import Guest
from gabagool.wasi.paths import follows
from gabagool.wasi.roots import access_mode, open_at
from gabagool.wasi.types import Fdflags, Oflags, Right
from gabagool.wasi.walk import O_DIRECTORY, Place, lookup

if TYPE_CHECKING:
    from gabagool.wasi.process import Process

_WRITING = Right.FD_WRITE | Right.FD_ALLOCATE | Right.FD_FILESTAT_SET_SIZE


@dataclass(frozen=True, slots=True)
class _Request:
    """What the guest asks for: `base`, `inheriting` rights of the new descriptor, and flags."""

    oflags: int
    base: int
    inheriting: int
    fdflags: int

    @property
    def read(self) -> bool:
        return bool(self.base & Right.FD_READ)

    @property
    def write(self) -> bool:
        return bool(self.base & _WRITING)


def path_open(process: Process, guest: Guest, fd: int, dirflags: int, path: int, path_len: int,
              oflags: int, base: int, inheriting: int, fdflags: int, result: int) -> None:
    """Open or create a file, or open a directory; `result`: the new descriptor."""
    if oflags & ~Oflags.ALL or fdflags & ~Fdflags.ALL:
        raise Failure(Errno.INVAL)
    # With `excl` a link at the end of the path exists already, wherever it leads.
    follow = follows(dirflags) and not oflags & Oflags.EXCL
    # Bits that name no right give none; programs that ask for all 64 of them mean no harm.
    request = _Request(oflags, base & Right.ALL, inheriting & Right.ALL, fdflags)
    directory = process.table.directory(fd, _needed(request))
    _check_inherited(directory, request)
    guest.check(result, 4, 4)
    with lookup(process.table.host(directory), guest.path(path, path_len), follow) as place:
        host = _open(place, request)
        handle = process.table.new_handle(host, directory.handle.below(place.parts),
                                          request.read, request.write)
    guest.put_u32(result, process.table.add(_descriptor(handle, host, request)))


def _needed(request: _Request) -> int:
    """The rights that the directory must have for this call."""
    needed = Right.PATH_OPEN
    if request.oflags & Oflags.CREAT:
        needed |= Right.PATH_CREATE_FILE
    if request.oflags & Oflags.TRUNC:
        needed |= Right.PATH_FILESTAT_SET_SIZE
    return needed


def _check_inherited(directory: Directory, request: _Request) -> None:
    """`notcapable` if the new descriptor would get rights that the directory cannot pass on.

    Synchronised writing goes with the right to synchronise, which is the new descriptor's.
    """
    wanted = request.base | request.inheriting
    if request.fdflags & Fdflags.DSYNC:
        wanted |= Right.FD_DATASYNC
    if request.fdflags & (Fdflags.SYNC | Fdflags.RSYNC):
        wanted |= Right.FD_SYNC
    if wanted & ~directory.inheriting:
        raise Failure(Errno.NOTCAPABLE)


def _open(place: Place, request: _Request) -> int:
    oflags = request.oflags
    if oflags & Oflags.DIRECTORY and oflags & (Oflags.CREAT | Oflags.EXCL | Oflags.TRUNC):
        raise Failure(Errno.INVAL)
    if oflags & Oflags.EXCL and place.kind():  # also without `creat`: "fail if it exists"
        raise Failure(Errno.EXIST)
    if place.slash and oflags & Oflags.CREAT:
        raise Failure(Errno.ISDIR)
    flags = access_mode(request.read, request.write)
    flags |= os.O_CREAT if oflags & Oflags.CREAT else 0
    flags |= os.O_EXCL if oflags & Oflags.EXCL and oflags & Oflags.CREAT else 0
    flags |= os.O_TRUNC if oflags & Oflags.TRUNC else 0
    if oflags & Oflags.DIRECTORY or place.slash:
        flags |= O_DIRECTORY
    try:
        return open_at(place, flags)
    except OSError:
        if place.kind() == stat.S_IFLNK:
            raise Failure(Errno.LOOP) from None  # with O_DIRECTORY hosts say ENOTDIR
        if not _only_as_directory(place, request):
            raise
    return open_at(place, os.O_RDONLY | O_DIRECTORY)


def _only_as_directory(place: Place, request: _Request) -> bool:
    """Whether the host refused to open a directory for rights that mean nothing for one.

    `fd_write` is no such right: asking for it is an attempt to write, so `isdir` stands.
    """
    return (place.kind() == stat.S_IFDIR and not request.base & Right.FD_WRITE
            and not request.oflags & (Oflags.CREAT | Oflags.TRUNC))


def _descriptor(handle: Handle, host: int, request: _Request) -> Open:
    """The descriptor of an opened file: rights that mean nothing for its type are dropped."""
    status = os.fstat(host)
    if stat.S_ISDIR(status.st_mode):
        handle.write = False
        return Directory(request.base & Right.DIRECTORY, request.inheriting, request.fdflags,
                         handle)
    seekable = stat.S_ISREG(status.st_mode) or stat.S_ISBLK(status.st_mode)
    rights = Right.FILE if seekable else Right.PIPE
    return File(request.base & rights, 0, request.fdflags, handle, filetype_of(status.st_mode),
                seekable)
