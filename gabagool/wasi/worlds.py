"""Worlds: what the outside is to the branches of a recording.

What has really happened, main, has the host's files. A branch is another future, and may not do to
them what has not happened: before the first call that would change one, or see one that has changed
since the branch has gone its own way, it gets copies of the directories, as they were then.
"""

from __future__ import annotations

import os
import shutil
import stat
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gabagool.errors import GabagoolError
from gabagool.runtime.hoststate import World
from gabagool.wasi.descriptor import Directory, File
from gabagool.wasi.errno import Failure
from gabagool.wasi.guest import Guest
from gabagool.wasi.roots import Roots
from gabagool.wasi.table import Table
from gabagool.wasi.types import Oflags, Right
from gabagool.wasi.undo import Undo, prepared

if TYPE_CHECKING:
    from gabagool.wasi.process import Process

MOST_BYTES = 1 << 30        # of directories that a branch gets copies of …
MOST_FILES = 50_000         # … and files in them
_ALWAYS = frozenset((
    "fd_allocate", "fd_filestat_set_size", "fd_filestat_set_times", "path_create_directory",
    "path_filestat_set_times", "path_link", "path_remove_directory", "path_rename",
    "path_symlink", "path_unlink_file"))
_WRITES = frozenset(("fd_write", "fd_pwrite"))
_OPEN = "path_open"
_OPENS = Right.FD_WRITE | Right.FD_ALLOCATE | Right.FD_FILESTAT_SET_SIZE
_OFLAGS, _BASE = 4, 5                   # of the arguments of path_open
_FICLONE = 0x40049409                   # ioctl(2) of Linux: share blocks until one is written


def may_change(name: str, args: Sequence[Any]) -> bool:
    """Whether a call, by the name of its function, is of a kind that changes files."""
    if name in _WRITES:
        return int(args[0]) > 2
    if name == _OPEN:
        return bool(args[_OFLAGS] & (Oflags.CREAT | Oflags.TRUNC) or args[_BASE] & _OPENS)
    return name in _ALWAYS


class Worlds:
    """The tables of a process: its own for main, and one for each branch that made a call."""

    def __init__(self, main: Table) -> None:
        self._main = main
        self._tables: weakref.WeakKeyDictionary[World, Table] = weakref.WeakKeyDictionary()
        self._undone: weakref.WeakKeyDictionary[Table, Undo] = weakref.WeakKeyDictionary()

    def table(self, world: World | None) -> Table:
        if world is None:
            return self._main
        found = self._tables.get(world)
        if found is None:
            found = self._tables[world] = Table(self.table(world.parent).roots.twin(),
                                                self._main.listeners)
        return found

    def undo(self, world: World | None) -> Undo:
        """The changes to a world's files."""
        return self._undone.setdefault(self.table(world), Undo())

    def origin(self, world: World) -> tuple[Undo, int]:
        """The changes to the files that a branch without its own has, and the number of the first
        call of those that is no more its own past."""
        calls, at = [world.since], world.parent
        while at is not None and not at.own_files:
            calls.append(at.since)
            at = at.parent
        return self.undo(at), min(call for call in calls if call is not None)

    def close(self) -> None:
        for table in self._tables.values():
            table.close_files()
        self._tables = weakref.WeakKeyDictionary()


def noted(process: Process, name: str, args: Sequence[Any],
          guest: Guest) -> Callable[[], None] | None:
    """Before a call of a recording: a branch gets its own files if it needs them, and what the call
    changes is kept. What is returned is to be called when it has succeeded."""
    world, call = process.world, process.call
    changes = may_change(name, args)
    if world is not None and not world.own_files and process.table.roots.hosts:
        _part(process, world, changes, name, args)
    if call is None or not process.keeps_undo:
        return None
    undo = process.worlds.undo(world)
    undo.begin(call)
    if not changes or not process.table.roots.hosts:
        return None
    restores, size = prepared(process.table, name, args, guest)
    return lambda: undo.add(call, restores, size) if restores else None


def _part(process: Process, world: World, changes: bool, name: str, args: Sequence[Any]) -> None:
    """Its own files for a branch that is about to change one, or to see one that has changed since
    they were the same."""
    table = process.table
    descriptor = table.peek(args[0]) if args and name.startswith("fd_") else None
    if not (name.startswith("path_") or isinstance(descriptor, File | Directory)):
        return
    undo, call = process.worlds.origin(world)
    if not changes and not undo.has(call):
        return
    copy = _copied(table.roots)
    world.exact = undo.knows(call)
    try:
        undo.apply(copy, call)
    except (OSError, Failure):
        world.exact = False         # others have changed them, too
    table.move(copy)
    world.own_files = True


def _copied(roots: Roots) -> Roots:
    """Copies of directories, which are gone with what is returned. A directory that lies in
    another one lies in its copy. GabagoolError if that is too much."""
    import tempfile  # only branches need it

    _measure(roots.hosts)
    folder = Path(tempfile.mkdtemp(prefix="gabagool-branch-"))
    try:
        real = [Path(os.path.realpath(host)) for host in roots.hosts]
        copies: dict[Path, Path] = {}
        copier = _Copier()
        for i, path in sorted(enumerate(real), key=lambda each: len(each[1].parts)):
            outer = next((p for p in copies if path.is_relative_to(p)), None)
            if outer is None:
                copies[path] = folder / str(i)
                shutil.copytree(path, copies[path], symlinks=True, ignore=_special,
                                copy_function=copier)
        dirs = []
        for path, name in zip(real, roots.names, strict=True):
            outer = next(p for p in copies if path.is_relative_to(p))
            dirs.append((str(copies[outer] / path.relative_to(outer)),
                         name.decode("utf-8", "surrogateescape")))
        made = Roots(dirs)
    except (OSError, shutil.Error) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise GabagoolError(f"a branch would change files, and gets a copy of the directories "
                            f"first, but that can't be made: {error}") from error
    weakref.finalize(made, shutil.rmtree, folder, True)
    return made


def _measure(hosts: Sequence[str]) -> None:
    size = count = 0
    for host in hosts:
        for status in _statuses(host):
            size, count = size + status.st_size, count + 1
            if size > MOST_BYTES or count > MOST_FILES:
                raise GabagoolError(
                    f"this branch would change files in {host}. It gets a copy of its own for "
                    f"that, but there are more than {MOST_BYTES >> 20:,} MiB or {MOST_FILES:,} "
                    "files in it: grant the program a smaller directory (--dir)")


def _statuses(host: str) -> Iterator[os.stat_result]:
    for folder, _, files in os.walk(host):
        for name in files:
            try:
                yield os.lstat(os.path.join(folder, name))
            except OSError:
                continue


def _special(folder: str, names: list[str]) -> list[str]:
    """What is neither file, directory nor link isn't copied: it can't be, or would wait."""
    kinds = (stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK)
    return [name for name in names
            if stat.S_IFMT(os.lstat(os.path.join(folder, name)).st_mode) not in kinds]


class _Copier:
    """Copies files, each once: other names of it are names of the copy."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], str] = {}

    def __call__(self, source: str, target: str) -> str:
        status = os.lstat(source)
        key = status.st_dev, status.st_ino
        if status.st_nlink > 1 and key in self._known:
            os.link(self._known[key], target, follow_symlinks=False)
            return target
        self._known[key] = target
        return _copy(source, target)


def _copy(source: str, target: str) -> str:
    """A file's copy, which shares its blocks where the file system can do that."""
    try:
        import fcntl
        with open(source, "rb") as one, open(target, "wb") as other:
            fcntl.ioctl(other.fileno(), _FICLONE, one.fileno())
        shutil.copystat(source, target)
        return target
    except (ImportError, OSError):
        return str(shutil.copy2(source, target))
