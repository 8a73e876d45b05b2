"""What files were before calls changed them, so that a copy can be taken back to an earlier call.

Kept for as long as a recording is made: a branch that leaves it in its past has files of its own
(`worlds`), and these are to be as they were then. Main memory holds what was overwritten or
removed, up to a limit; what is appended costs nothing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from gabagool.errors import Trap
from gabagool.records import dataclass
from gabagool.wasi.descriptor import Directory, File, Location
from gabagool.wasi.errno import Failure
from gabagool.wasi.guest import Guest
from gabagool.wasi.paths import follows
from gabagool.wasi.roots import Roots
from gabagool.wasi.table import Table
from gabagool.wasi.types import Fdflags, Oflags
from gabagool.wasi.walk import Place, lookup

MOST = 256 << 20            # bytes that are kept of all files

Restore = Callable[[Roots], None]


@dataclass(frozen=True, slots=True)
class _Image:
    """What was found under a name: a file's content, a link's text, or b'' of a directory."""

    kind: int
    mode: int
    times: tuple[int, int]
    data: bytes


class Undo:
    """The changes that were made to the directories of a table, each with the number of its call
    in the journal. `since` is the first call of which they are known."""

    def __init__(self) -> None:
        self.since: int | None = None
        self._size = 0
        self._changes: list[tuple[int, list[Restore]]] = []

    def begin(self, call: int) -> None:
        """A call with this number is made. Those that were recorded before, and are not to happen
        after all, stay: they have happened to the files."""
        if self.since is None:
            self.since = call

    def add(self, call: int, restores: list[Restore], size: int) -> None:
        self._size += size
        self._changes.append((call, restores))
        if self._size > MOST:
            self._changes, self._size, self.since = [], 0, call + 1

    def has(self, call: int) -> bool:
        """Whether files have changed by that call or later ones, or may have."""
        return any(number >= call for number, _ in self._changes) or not self.knows(call)

    def knows(self, call: int) -> bool:
        return self.since is not None and call >= self.since

    def apply(self, roots: Roots, call: int) -> None:
        """Take copies of the directories back to before a call. Raises OSError or Failure."""
        for number, restores in reversed(self._changes):
            if number >= call:
                for restore in restores:
                    restore(roots)


def prepared(table: Table, name: str, args: Sequence[Any],
             guest: Guest) -> tuple[list[Restore], int]:
    """What takes a call back that is about to be made, in order, and its size in bytes; nothing of
    one that will fail."""
    try:
        restores = list(_restores(table, name, args, guest))
    except (Failure, OSError, Trap):
        return [], 0
    return [restore for restore, _ in restores], sum(size for _, size in restores)


def _restores(table: Table, name: str, args: Sequence[Any],
              guest: Guest) -> Iterator[tuple[Restore, int]]:
    if name.startswith("fd_"):
        yield from _of_file(table, name, args, guest)
    elif name == "path_rename":
        yield from _of_rename(table, args, guest)
    else:
        fd, path, size, follow = _named(name, args)
        with _entry(table, fd, _bytes(guest, path, size), follow) as (place, location):
            if location is None or (name == "path_open" and not _makes(place, args[4])):
                return
            times = name == "path_filestat_set_times"
            yield _timing(location, place.stat()) if times else _restoring(location, _image(place))


def _makes(place: Place, oflags: int) -> bool:
    """Whether opening makes a new file, or an old one empty."""
    return bool(oflags & (Oflags.TRUNC if place.kind() else Oflags.CREAT))


def _named(name: str, args: Sequence[Any]) -> tuple[int, int, int, bool]:
    """Descriptor, pointer and size of the path that a call changes; whether links are followed."""
    if name == "path_symlink":
        return args[2], args[3], args[4], False
    if name == "path_link":
        return args[4], args[5], args[6], False
    if name == "path_open":
        return args[0], args[2], args[3], follows(args[1]) and not args[4] & Oflags.EXCL
    if name == "path_filestat_set_times":
        return args[0], args[2], args[3], follows(args[1])
    return args[0], args[1], args[2], False


def _bytes(guest: Guest, at: int, size: int) -> bytes:
    """Of the guest's memory, without this being a read of the call."""
    memory: Any = guest.caller.memory
    return bytes(memory.region.view[at:at + size])


@contextmanager
def _entry(table: Table, fd: int, path: bytes,
           follow: bool = False) -> Iterator[tuple[Place, Location | None]]:
    directory = table.peek(fd)
    if not isinstance(directory, Directory):
        raise FileNotFoundError
    with lookup(table.host(directory), path, follow) as place:
        yield place, directory.handle.below(place.parts)


def _image(place: Place) -> _Image | None:
    if place.name is None:
        return None
    try:
        status = place.stat()
    except FileNotFoundError:
        return None
    kind, data = stat.S_IFMT(status.st_mode), b""
    if kind == stat.S_IFLNK:
        data = os.readlink(place.name, dir_fd=place.dirfd)
    elif kind == stat.S_IFREG:
        fd = os.open(place.name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=place.dirfd)
        with open(fd, "rb") as file:
            data = file.read(MOST + 1)
    return _Image(kind, stat.S_IMODE(status.st_mode), _times(status), data)


def _times(status: os.stat_result) -> tuple[int, int]:
    return status.st_atime_ns, status.st_mtime_ns


def _restoring(location: Location, image: _Image | None) -> tuple[Restore, int]:
    def restore(roots: Roots) -> None:
        with roots.at(location) as place:
            if place.name is not None:
                _put(place, place.name, image)

    return restore, len(image.data) if image else 0


def _timing(location: Location, status: os.stat_result) -> tuple[Restore, int]:
    def restore(roots: Roots) -> None:
        with roots.at(location) as place:
            os.utime(b"." if place.name is None else place.name, ns=_times(status),
                     dir_fd=place.dirfd, follow_symlinks=place.name is None)

    return restore, 0


def _put(place: Place, name: bytes, image: _Image | None) -> None:
    """Let there be under a name what there was."""
    kind = place.kind()
    if kind == stat.S_IFDIR and (image is None or image.kind != kind):
        os.rmdir(name, dir_fd=place.dirfd)
    elif kind and kind != stat.S_IFDIR:
        os.unlink(name, dir_fd=place.dirfd)
    if image is None:
        return
    if image.kind == stat.S_IFLNK:
        os.symlink(image.data, name, dir_fd=place.dirfd)
        return
    if image.kind == stat.S_IFDIR and kind != stat.S_IFDIR:
        os.mkdir(name, image.mode, dir_fd=place.dirfd)
    elif image.kind == stat.S_IFREG:
        fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, image.mode, dir_fd=place.dirfd)
        with open(fd, "wb") as file:
            file.write(image.data)
    os.utime(name, ns=image.times, dir_fd=place.dirfd, follow_symlinks=False)


def _of_rename(table: Table, args: Sequence[Any],
               guest: Guest) -> Iterator[tuple[Restore, int]]:
    fd, old, size, new_fd, new, new_size = args
    with _entry(table, fd, _bytes(guest, old, size)) as (_, source), \
            _entry(table, new_fd, _bytes(guest, new, new_size)) as (place, target):
        if source is None or target is None or source == target:
            return
        image, origin, moved = _image(place), source, target

        def back(roots: Roots) -> None:
            with roots.at(moved) as there, roots.at(origin) as here:
                if there.name is not None and here.name is not None:
                    os.rename(there.name, here.name, src_dir_fd=there.dirfd,
                              dst_dir_fd=here.dirfd)

        yield back, 0
        if image is not None:
            yield _restoring(target, image)


def _of_file(table: Table, name: str, args: Sequence[Any],
             guest: Guest) -> Iterator[tuple[Restore, int]]:
    """Of an open file: its size and times, and the bytes that may be overwritten or cut off."""
    descriptor = table.peek(args[0])
    if not isinstance(descriptor, File) or descriptor.handle.location is None:
        return
    location, status = descriptor.handle.location, os.fstat(table.host(descriptor))
    if not stat.S_ISREG(status.st_mode):
        return
    start, end = _range(name, args, guest, descriptor, status.st_size)
    data = b""
    if start < end:
        with table.roots.at(location) as place:
            data = _read(place, start, end)

    def restore(roots: Roots) -> None:
        with roots.at(location) as place:
            if place.name is None:
                return
            fd = os.open(place.name, os.O_WRONLY | os.O_NOFOLLOW, dir_fd=place.dirfd)
            try:
                os.truncate(fd, status.st_size)
                os.pwrite(fd, data, start)
                os.utime(fd, ns=_times(status))
            finally:
                os.close(fd)

    yield restore, len(data)


def _range(name: str, args: Sequence[Any], guest: Guest, descriptor: File,
           size: int) -> tuple[int, int]:
    """The bytes of a file of that size that a call may overwrite or cut off."""
    if name == "fd_filestat_set_size":
        return min(args[1], size), size
    if name not in ("fd_write", "fd_pwrite") or descriptor.flags & Fdflags.APPEND:
        return size, size
    start = args[3] if name == "fd_pwrite" else descriptor.offset
    vectors = _bytes(guest, args[1], 8 * args[2])
    length = sum(int.from_bytes(vectors[at + 4:at + 8], "little")
                 for at in range(0, len(vectors), 8))
    return min(start, size), min(start + length, size)


def _read(place: Place, start: int, end: int) -> bytes:
    if place.name is None:
        return b""
    fd = os.open(place.name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=place.dirfd)
    try:
        return os.pread(fd, min(end - start, MOST + 1), start)
    finally:
        os.close(fd)
