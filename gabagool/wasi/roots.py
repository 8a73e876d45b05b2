"""The preopened directories on the host, and opening files below them."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import AbstractContextManager

from gabagool.errors import SnapshotError
from gabagool.wasi.config import ConfigError
from gabagool.wasi.descriptor import Handle, Location
from gabagool.wasi.errno import Errno, Failure
from gabagool.wasi.walk import O_DIRECTORY, O_NOFOLLOW, Place, lookup

# Never block in open(2) (FIFOs), never become our controlling terminal, never follow a link.
_O_ALWAYS = (O_NOFOLLOW | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
             | getattr(os, "O_CLOEXEC", 0))


def access_mode(read: bool, write: bool) -> int:
    """The O_ACCMODE bits. What is open for nothing is open for reading: the rights forbid it."""
    if write:
        return os.O_RDWR if read else os.O_WRONLY
    return os.O_RDONLY


def open_at(place: Place, flags: int) -> int:
    """Open the file at `place`, creating it with the usual permissions if `flags` ask for it."""
    name = b"." if place.name is None else place.name
    return os.open(name, flags | _O_ALWAYS, 0o666, dir_fd=place.dirfd)


class Roots:
    """The host directories of the settings, held open from the start to the end of a run."""

    def __init__(self, dirs: Sequence[tuple[str, str]]) -> None:
        self.hosts = tuple(host for host, _ in dirs)
        self.names = tuple(guest.encode("utf-8", "surrogateescape") for _, guest in dirs)
        self._fds: list[int] = []
        if dirs and os.open not in os.supports_dir_fd:
            raise ConfigError("this system cannot confine a program to directories (no openat)")
        for host, _ in dirs:
            try:
                self._fds.append(os.open(host, os.O_RDONLY | O_DIRECTORY | os.O_CLOEXEC))
            except OSError as error:
                self.close()
                raise ConfigError(f"cannot open directory {host!r}: {error.strerror}") from None

    def twin(self) -> Roots:
        """The same directories, held open for themselves."""
        return _Twin(self)

    def close(self) -> None:
        for fd in self._fds:
            os.close(fd)
        self._fds.clear()

    def preopen(self, index: int) -> int:
        """A new host descriptor of a preopened directory."""
        return os.dup(self._fds[index])

    def show(self, location: Location) -> str:
        """A file's name as the guest would spell it, for messages."""
        root = self.names[location.root].rstrip(b"/")
        return b"/".join((root, *location.parts)).decode("utf-8", "replace") or "/"

    def reopen(self, handle: Handle, directory: bool) -> int:
        """Open a restored descriptor's file again; SnapshotError names one that is gone."""
        if handle.location is None:
            raise SnapshotError("the program had a file open that it had deleted: it is lost")
        name = self.show(handle.location)
        try:
            fd = self._open(handle.location, access_mode(handle.read, handle.write))
        except Failure as failure:
            raise SnapshotError(f"cannot reopen {name}: {failure.errno.name}") from None
        except OSError as error:
            raise SnapshotError(f"cannot reopen {name}: {error.strerror}") from None
        if stat.S_ISDIR(os.fstat(fd).st_mode) != directory:
            os.close(fd)
            raise SnapshotError(f"cannot reopen {name}: a {_kind(not directory)} is in the place "
                                f"of a {_kind(directory)}")
        return fd

    def open_to_read(self, handle: Handle) -> int:
        """The file of a handle once more, for reading. Raises OSError or Failure."""
        if handle.location is None:
            raise Failure(Errno.NOENT)
        return self._open(handle.location, access_mode(True, False))

    def _open(self, location: Location, mode: int) -> int:
        with self.at(location) as place:
            return open_at(place, mode)

    def at(self, location: Location) -> AbstractContextManager[Place]:
        """The place where a file is, or was."""
        path = b"/".join(location.parts) or b"."
        return lookup(self._fds[location.root], path, follow=False)


class _Twin(Roots):
    """Keeps what it is the twin of, which may be a copy that is gone with it."""

    def __init__(self, other: Roots) -> None:
        super().__init__(())
        self.hosts, self.names, self._other = other.hosts, other.names, other
        self._fds = list(map(os.dup, other._fds))


def _kind(directory: bool) -> str:
    return "directory" if directory else "file"
