"""The sandbox: how a guest's path becomes an entry of a directory that the guest may reach.

A path is walked component by component from a directory descriptor. Every step opens one name
relative to the directory before it (`openat`) with O_NOFOLLOW, so the kernel never follows a
symbolic link for us, nor a magic link of /proc; links are read and their text is walked by the
same rules. `..` goes back to a directory already held open and never above the start. What is
checked is what is used: whoever renames files meanwhile can make a walk fail, not escape.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from gabagool.records import dataclass
from gabagool.wasi.errno import Errno, Failure

# Both wasmtime and POSIX's loop limit on Linux.
LINKS_MAX = 40
# Paths that lead outside: `perm`, as wasmtime answers. (witx has no word on it.)
ESCAPE = Errno.PERM

# Missing names are 0 on hosts without them; such a host cannot preopen directories (roots.py).
O_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
O_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_O_PASS = getattr(os, "O_PATH", os.O_RDONLY) | O_DIRECTORY | O_NOFOLLOW


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads: `name` in the open directory `dirfd`, which may not exist yet.

    `name` is None when the path is the directory itself ("." or ".." last). `slash`: the path
    ended in one, so only a directory will do. `parts`: the names from the start of the walk,
    all links resolved; the last is `name`.
    """

    dirfd: int
    name: bytes | None
    slash: bool
    parts: tuple[bytes, ...]

    def stat(self) -> os.stat_result:
        """The entry's own status; a link is not followed."""
        if self.name is None:
            return os.fstat(self.dirfd)
        return os.stat(self.name, dir_fd=self.dirfd, follow_symlinks=False)

    def kind(self) -> int:
        """The S_IFMT bits of the entry, 0 if there is none."""
        try:
            return stat.S_IFMT(self.stat().st_mode)
        except FileNotFoundError:
            return 0

    def require_name(self, errno: Errno) -> bytes:
        """The name, or failure where "." and ".." cannot stand for an entry."""
        if self.name is None:
            raise Failure(errno)
        return self.name


@contextmanager
def lookup(root: int, path: bytes, follow: bool) -> Iterator[Place]:
    """The file a path names: a link as last component is followed if asked or before a slash."""
    walk = _Walk(root)
    try:
        yield walk.run(path, follow or path.endswith(b"/"))
    finally:
        walk.close()


@contextmanager
def entry(root: int, path: bytes) -> Iterator[Place]:
    """The directory entry a path names, for creating, replacing and removing it."""
    walk = _Walk(root)
    try:
        yield walk.run(path, follow=False)
    finally:
        walk.close()


class _Walk:
    """One resolution; owns the directories it opened."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._opened: list[int] = []
        self._parts: list[bytes] = []
        self._todo: list[bytes] = []  # components still to walk, the next one last
        self._slash = False
        self._links = 0

    def close(self) -> None:
        for fd in self._opened:
            os.close(fd)
        self._opened.clear()

    def run(self, path: bytes, follow: bool) -> Place:
        self._push(path)
        while self._todo:
            part = self._todo.pop()
            if part == b".":
                continue
            if part == b"..":
                self._up()
            elif self._todo:
                self._enter(part)
            elif not (follow and self._expand(part)):
                return Place(self._top(), part, self._slash, (*self._parts, part))
        return Place(self._top(), None, self._slash, tuple(self._parts))

    def _top(self) -> int:
        return self._opened[-1] if self._opened else self._root

    def _push(self, path: bytes) -> None:
        if not path:
            raise Failure(Errno.NOENT)
        if path.startswith(b"/"):
            raise Failure(ESCAPE)
        if not self._todo:  # the path, or the link at its end, decides about the end
            self._slash = self._slash or path.endswith(b"/")
        self._todo.extend(part for part in reversed(path.split(b"/")) if part)

    def _up(self) -> None:
        if not self._opened:
            raise Failure(ESCAPE)
        os.close(self._opened.pop())
        self._parts.pop()

    def _enter(self, part: bytes) -> None:
        """Go into directory `part`, or walk the text of the link of that name."""
        try:
            fd = os.open(part, _O_PASS | os.O_CLOEXEC, dir_fd=self._top())
        except OSError:
            # A link fails with ENOTDIR or ELOOP, by host; only reading it tells it from a file.
            if not self._expand(part):
                raise
            return
        self._opened.append(fd)
        self._parts.append(part)

    def _expand(self, part: bytes) -> bool:
        """If `part` is a symbolic link, put its text in its place."""
        try:
            target = os.readlink(part, dir_fd=self._top())
        except OSError:
            return False
        self._links += 1
        if self._links > LINKS_MAX:
            raise Failure(Errno.LOOP)
        self._push(target)
        return True
