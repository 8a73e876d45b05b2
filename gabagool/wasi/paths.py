"""Names of files: status, times, links, renaming."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from gabagool.wasi.errno import Errno, Failure
from gabagool.wasi.files import filetype_of, new_times, pack_filestat
from gabagool.wasi.guest import Guest
from gabagool.wasi.types import Lookupflags, Right
from gabagool.wasi.walk import ESCAPE, Place, entry, lookup

if TYPE_CHECKING:
    from gabagool.wasi.process import Process


def follows(flags: int) -> bool:
    """Whether `lookupflags` ask to follow a link at the end of a path."""
    if flags & ~Lookupflags.ALL:
        raise Failure(Errno.INVAL)
    return bool(flags & Lookupflags.SYMLINK_FOLLOW)


def status_of(place: Place) -> os.stat_result:
    """The status of what a path names; `notdir` if it is no directory and the path has a slash."""
    status = place.stat()
    if place.slash and not stat.S_ISDIR(status.st_mode):
        raise Failure(Errno.NOTDIR)
    return status


def path_filestat_get(process: Process, guest: Guest, fd: int, flags: int, path: int,
                      path_len: int, result: int) -> None:
    """The status of a file, or of a link itself without symlink_follow."""
    directory = process.table.directory(fd, Right.PATH_FILESTAT_GET)
    with lookup(process.table.host(directory), guest.path(path, path_len),
                follows(flags)) as place:
        status = status_of(place)
    guest.write(result, pack_filestat(guest, status, filetype_of(status.st_mode)), 8)


def path_filestat_set_times(process: Process, guest: Guest, fd: int, flags: int, path: int,
                            path_len: int, atim: int, mtim: int, fst_flags: int) -> None:
    """Set the times of a file, or of a link itself without symlink_follow."""
    directory = process.table.directory(fd, Right.PATH_FILESTAT_SET_TIMES)
    with lookup(process.table.host(directory), guest.path(path, path_len),
                follows(flags)) as place:
        times = new_times(process, status_of(place), atim, mtim, fst_flags)
        if place.name is None:
            os.utime(b".", ns=times, dir_fd=place.dirfd)
        else:
            os.utime(place.name, ns=times, dir_fd=place.dirfd, follow_symlinks=False)


def path_link(process: Process, guest: Guest, old_fd: int, old_flags: int, old_path: int,
              old_path_len: int, new_fd: int, new_path: int, new_path_len: int) -> None:
    """Give a file another name. Without symlink_follow, a link is linked itself."""
    table = process.table
    source = table.directory(old_fd, Right.PATH_LINK_SOURCE)
    target = table.directory(new_fd, Right.PATH_LINK_TARGET)
    follow = follows(old_flags)
    with lookup(table.host(source), guest.path(old_path, old_path_len), follow) as old, \
            entry(table.host(target), guest.path(new_path, new_path_len)) as new:
        if stat.S_ISDIR(status_of(old).st_mode):
            raise Failure(Errno.PERM)
        os.link(old.require_name(Errno.PERM), _new_name(new), src_dir_fd=old.dirfd,
                dst_dir_fd=new.dirfd, follow_symlinks=False)


def path_symlink(process: Process, guest: Guest, old_path: int, old_path_len: int, fd: int,
                 new_path: int, new_path_len: int) -> None:
    """Create a link with the text `old_path`.

    An absolute text is refused as wasmtime does (`perm`): we would not follow it, but programs
    outside the sandbox would.
    """
    directory = process.table.directory(fd, Right.PATH_SYMLINK)
    text = guest.path(old_path, old_path_len)
    if text.startswith(b"/"):
        raise Failure(ESCAPE)
    with entry(process.table.host(directory), guest.path(new_path, new_path_len)) as place:
        os.symlink(text, _new_name(place), dir_fd=place.dirfd)


def _new_name(place: Place) -> bytes:
    """The name for a new entry that is no directory: a slash behind it is an error."""
    name = place.require_name(Errno.EXIST)
    kind = place.kind()
    if kind:
        raise Failure(Errno.NOTDIR if place.slash and kind != stat.S_IFDIR else Errno.EXIST)
    if place.slash:
        raise Failure(Errno.NOENT)
    return name


def path_readlink(process: Process, guest: Guest, fd: int, path: int, path_len: int, buf: int,
                  buf_len: int, result: int) -> None:
    """The text of a link, cut off at the buffer's end, without NUL; `result`: its length."""
    directory = process.table.directory(fd, Right.PATH_READLINK)
    with lookup(process.table.host(directory), guest.path(path, path_len), False) as place:
        status_of(place)
        text = os.readlink(place.require_name(Errno.INVAL), dir_fd=place.dirfd)[:buf_len]
    guest.write(buf, text)
    guest.put_u32(result, len(text))


def path_rename(process: Process, guest: Guest, fd: int, old_path: int, old_path_len: int,
                new_fd: int, new_path: int, new_path_len: int) -> None:
    """Give a file or directory another name, replacing what had it."""
    table = process.table
    source = table.directory(fd, Right.PATH_RENAME_SOURCE)
    target = table.directory(new_fd, Right.PATH_RENAME_TARGET)
    with entry(table.host(source), guest.path(old_path, old_path_len)) as old, \
            entry(table.host(target), guest.path(new_path, new_path_len)) as new:
        old_name, new_name = old.require_name(Errno.BUSY), new.require_name(Errno.BUSY)
        same = _same_file(old, new)
        if (old.slash or new.slash) and not stat.S_ISDIR(old.stat().st_mode):
            raise Failure(Errno.NOTDIR)
        os.rename(old_name, new_name, src_dir_fd=old.dirfd, dst_dir_fd=new.dirfd)
    if not same:
        table.moved(source.handle.below(old.parts), target.handle.below(new.parts))


def _same_file(old: Place, new: Place) -> bool:
    """Whether both names are of one file already: then rename(2) does nothing."""
    return bool(new.kind()) and os.path.samestat(old.stat(), new.stat())
