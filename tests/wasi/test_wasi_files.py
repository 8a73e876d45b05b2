"""Open inodes and directories: status, sizes, times, listing, creating, removing."""

import os
from pathlib import Path

import pytest

from gabagool.wasi import WasiConfig
from gabagool.wasi.errno import Errno
from gabagool.wasi.types import PREVIEW1, UNSTABLE, Filetype, Fstflags
from tests.wasi.program import BUFFER, RESULT, SIZE, Program

MAX = (1 << 64) - 1


def test_fd_filestat_get(program: Program, tree: Path) -> None:
    os.utime(tree / "file", ns=(1_000_000_001, 2_000_000_002))
    real = os.stat(tree / "file")
    fd = program.opened("file")
    assert program.call("fd_filestat_get", fd, RESULT) == 0
    assert program.filestat() == (real.st_dev, real.st_ino, Filetype.REGULAR_FILE, 1, 10,
                                 1_000_000_001, 2_000_000_002, real.st_ctime_ns)
    assert program.call("fd_filestat_get", 3, RESULT) == 0
    assert program.filestat()[2] == Filetype.DIRECTORY
    assert program.call("fd_filestat_get", 1, RESULT) == 0
    assert program.filestat() == (0,) * 8
    assert program.traps("fd_filestat_get", fd, SIZE - 63)


def test_filestat_layouts(tree: Path) -> None:
    assert (PREVIEW1.filestat.size, UNSTABLE.filestat.size) == (64, 56)
    old = Program(WasiConfig(dirs=((str(tree), "/"),), stdin=None), UNSTABLE)
    assert old.stat("file") == 0
    assert int.from_bytes(old.memory.read(RESULT + 20, 4), "little") == 1
    assert old.u64(RESULT + 24) == 10


def test_set_size(program: Program, tree: Path) -> None:
    fd = program.opened("file")
    for size in (3, 6):
        assert program.call("fd_filestat_set_size", fd, size) == 0
    assert (tree / "file").read_bytes() == b"012\0\0\0"
    assert program.call("fd_filestat_set_size", fd, MAX) == Errno.INVAL
    assert program.call("fd_filestat_set_size", 3, 0) == Errno.BADF
    assert program.call("fd_filestat_set_size", 1, 0) == Errno.BADF


def test_set_times(program: Program, tree: Path) -> None:
    fd = program.opened("file")
    both = Fstflags.ATIM | Fstflags.MTIM
    assert program.call("fd_filestat_set_times", fd, 5, 7, both) == 0
    assert program.call("fd_filestat_set_times", fd, 9, 9, Fstflags.ATIM) == 0
    status = os.stat(tree / "file")
    assert (status.st_atime_ns, status.st_mtime_ns) == (9, 7)
    assert program.call("fd_filestat_set_times", fd, 0, 0, Fstflags.MTIM_NOW) == 0
    status = os.stat(tree / "file")
    assert status.st_atime_ns == 9
    assert status.st_mtime_ns > 10**18
    assert program.call("fd_filestat_set_times", 3, 5, 7, both) == 0
    assert os.stat(tree).st_mtime_ns == 7
    for flags in (3, 12, 16):
        assert program.call("fd_filestat_set_times", fd, 0, 0, flags) == Errno.INVAL
    assert program.call("fd_filestat_set_times", 1, 0, 0, 0) == Errno.BADF


def test_advise(program: Program, tree: Path) -> None:
    fd = program.opened("file")
    for advice in range(6):
        assert program.call("fd_advise", fd, 0, 10, advice) == 0
    assert program.call("fd_advise", fd, 0, 0, 6) == Errno.INVAL
    assert program.call("fd_advise", fd, MAX, 0, 0) == Errno.INVAL
    assert program.call("fd_advise", 3, 0, 0, 0) == Errno.BADF
    assert program.call("fd_advise", 1, 0, 0, 0) == Errno.BADF


def test_allocate(program: Program, tree: Path) -> None:
    fd = program.opened("file")
    assert program.call("fd_allocate", fd, 2, 3) == 0
    assert (tree / "file").stat().st_size == 10
    assert program.call("fd_allocate", fd, 8, 12) == 0
    assert (tree / "file").read_bytes() == b"0123456789" + bytes(10)
    assert program.call("fd_allocate", fd, 0, 0) == Errno.INVAL
    assert program.call("fd_allocate", fd, MAX, 1) == Errno.INVAL
    assert program.call("fd_allocate", fd, (1 << 63) - 1, 1) == Errno.INVAL
    assert program.call("fd_allocate", 3, 0, 1) == Errno.BADF


def test_sync(program: Program, tree: Path) -> None:
    fd = program.opened("file")
    for name in ("fd_sync", "fd_datasync"):
        assert program.call(name, fd) == 0
        assert program.call(name, 3) == 0
        assert program.call(name, 1) == Errno.BADF


def test_readdir(program: Program, tree: Path) -> None:
    names = [name for _, name, _ in program.entries(3)]
    assert names == [b".", b"..", *sorted(os.fsencode(name) for name in os.listdir(tree))]
    kinds = {name: kind for _, name, kind in program.entries(3)}
    assert kinds[b"dir"] == Filetype.DIRECTORY
    assert kinds[b"file"] == Filetype.REGULAR_FILE
    assert kinds[b"good"] == Filetype.SYMBOLIC_LINK
    assert program.traps("fd_readdir", 3, SIZE - 3, 4, 0, RESULT)


def test_readdir_in_pieces(program: Program, tree: Path) -> None:
    whole = program.entries(3)
    found, cookie = [], 0
    while piece := program.entries(3, cookie, 60):
        found += piece
        cookie = piece[-1][0]
    assert found == whole
    assert program.call("fd_readdir", 3, BUFFER, 10, 0, RESULT) == 0
    assert program.u32() == 10  # a header cut short says: the buffer is too small
    for cookie in (len(whole), 1000, MAX):
        assert program.entries(3, cookie) == []


def test_removing_while_listing_misses_nothing(program: Program, root: Path) -> None:
    for number in range(50):
        (root / f"{number:02}").touch()
    cookie, removed = 2, 0
    while piece := program.entries(3, cookie, 100):
        for following, name, _ in piece:
            cookie = following
            assert program.at("path_unlink_file", name) == 0
            removed += 1
    assert removed == 50
    assert [name for _, name, _ in program.entries(3)] == [b".", b".."]


@pytest.mark.parametrize(("path", "errno"), [
    ("new", 0), ("new/", 0), ("new//", 0), ("dir", Errno.EXIST), ("file", Errno.EXIST),
    ("gone", Errno.EXIST), ("dir/.", Errno.EXIST), ("dir/..", Errno.EXIST), (".", Errno.EXIST),
    ("nothing/new", Errno.NOENT), ("file/new", Errno.NOTDIR), ("", Errno.NOENT),
    ("todir/new", 0)])
def test_create_directory(program: Program, tree: Path, path: str, errno: int) -> None:
    assert program.at("path_create_directory", path) == errno
    if errno == 0:
        assert (tree / path).is_dir()


@pytest.mark.parametrize(("path", "errno"), [
    ("empty", 0), ("empty/", 0), ("dir", Errno.NOTEMPTY), ("file", Errno.NOTDIR),
    ("file/", Errno.NOTDIR), ("todir", Errno.NOTDIR), ("todir/", Errno.NOTDIR),
    ("nothing", Errno.NOENT), (".", Errno.INVAL), ("empty/.", Errno.INVAL), ("", Errno.NOENT)])
def test_remove_directory(program: Program, tree: Path, path: str, errno: int) -> None:
    assert program.at("path_remove_directory", path) == errno
    assert (tree / "empty").exists() == (errno != 0)
    assert (tree / "dir").exists()


@pytest.mark.parametrize(("path", "errno"), [
    ("file", 0), ("good", 0), ("gone", 0), ("todir", 0), ("dir", Errno.ISDIR),
    ("dir/", Errno.ISDIR), (".", Errno.ISDIR), ("file/", Errno.NOTDIR), ("good/", Errno.NOTDIR),
    ("nothing", Errno.NOENT), ("nothing/", Errno.NOENT), ("", Errno.NOENT)])
def test_unlink(program: Program, tree: Path, path: str, errno: int) -> None:
    assert program.at("path_unlink_file", path) == errno
    assert os.path.lexists(tree / path.rstrip("/")) == (errno not in (0, Errno.NOENT)) or not path
    assert (tree / "file").exists() or path == "file"
