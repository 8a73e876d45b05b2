"""Inodes and names: status, sizes, times, directories, links, renaming, opening."""

import os
import stat
from pathlib import Path

import pytest

from gabagool.wasi import WasiConfig
from gabagool.wasi.errno import Errno
from gabagool.wasi.types import (
    FDSTAT,
    PREVIEW1,
    UNSTABLE,
    Fdflags,
    Filetype,
    Fstflags,
    Oflags,
    Right,
)
from tests.wasi.program import BUFFER, PATH, READ_ONLY, READ_WRITE, RESULT, SIZE, Program

CREATE, DIRECTORY, EXCL, TRUNC = Oflags.CREAT, Oflags.DIRECTORY, Oflags.EXCL, Oflags.TRUNC
MAX = (1 << 64) - 1


@pytest.fixture
def tree(root: Path) -> Path:
    """file, dir/inner, empty/, and links: good → file, gone → nowhere, todir → dir, loop."""
    (root / "file").write_bytes(b"0123456789")
    (root / "dir").mkdir()
    (root / "dir" / "inner").write_bytes(b"inner")
    (root / "empty").mkdir()
    for name, text in (("good", "file"), ("gone", "nowhere"), ("todir", "dir"), ("loop", "loop")):
        (root / name).symlink_to(text)
    return root


def filestat(program: Program) -> tuple[int, ...]:
    return program.struct(program.abi.filestat)


# -- open files ---------------------------------------------------------------------------------

def test_fd_filestat_get(program: Program, tree: Path) -> None:
    os.utime(tree / "file", ns=(1_000_000_001, 2_000_000_002))
    real = os.stat(tree / "file")
    fd = program.opened("file")
    assert program.call("fd_filestat_get", fd, RESULT) == 0
    assert filestat(program) == (real.st_dev, real.st_ino, Filetype.REGULAR_FILE, 1, 10,
                                 1_000_000_001, 2_000_000_002, real.st_ctime_ns)
    assert program.call("fd_filestat_get", 3, RESULT) == 0
    assert filestat(program)[2] == Filetype.DIRECTORY
    assert program.call("fd_filestat_get", 1, RESULT) == 0
    assert filestat(program) == (0,) * 8
    assert program.call("fd_filestat_get", fd, SIZE - 63) == Errno.FAULT


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


def test_path_set_times(program: Program, tree: Path) -> None:
    def set_times(follow: int, path: str, flags: int = 5) -> int:
        return program.call("path_filestat_set_times", 3, follow, *program.put(path), 5, 7, flags)
    assert set_times(1, "good") == 0
    assert os.stat(tree / "file").st_mtime_ns == 7
    assert os.lstat(tree / "good").st_mtime_ns != 7
    assert set_times(0, "good") == 0
    assert os.lstat(tree / "good").st_mtime_ns == 7
    assert set_times(0, "dir/.") == 0
    assert os.stat(tree / "dir").st_mtime_ns == 7
    assert set_times(1, "gone") == Errno.NOENT
    assert set_times(1, "file/") == Errno.NOTDIR
    assert set_times(1, "file", 3) == Errno.INVAL
    assert set_times(2, "file") == Errno.INVAL


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


# -- names --------------------------------------------------------------------------------------

@pytest.mark.parametrize(("follow", "path", "expected"), [
    (0, "file", Filetype.REGULAR_FILE), (0, "dir", Filetype.DIRECTORY),
    (0, "dir/", Filetype.DIRECTORY), (0, ".", Filetype.DIRECTORY), (0, "./dir//..//.", 3),
    (0, "good", Filetype.SYMBOLIC_LINK), (1, "good", Filetype.REGULAR_FILE),
    (0, "gone", Filetype.SYMBOLIC_LINK), (0, "loop", Filetype.SYMBOLIC_LINK),
    (0, "todir", Filetype.SYMBOLIC_LINK), (0, "todir/", Filetype.DIRECTORY),
    (1, "todir", Filetype.DIRECTORY), (0, "todir/inner", Filetype.REGULAR_FILE),
    (0, "todir/../file", Filetype.REGULAR_FILE)])
def test_path_filestat_get(program: Program, tree: Path, follow: int, path: str,
                           expected: int) -> None:
    assert program.stat(path, follow) == 0
    assert filestat(program)[2] == expected


@pytest.mark.parametrize(("path", "errno"), [
    ("", Errno.NOENT), ("nothing", Errno.NOENT), ("nothing/x", Errno.NOENT),
    ("nothing/../file", Errno.NOENT), ("file/", Errno.NOTDIR), ("file/x", Errno.NOTDIR),
    ("file/.", Errno.NOTDIR), ("file/../file", Errno.NOTDIR), ("good/", Errno.NOTDIR),
    ("gone", Errno.NOENT), ("gone/", Errno.NOENT), ("loop", Errno.LOOP), ("loop/x", Errno.LOOP),
    ("x" * 256, Errno.NAMETOOLONG), ("./" * 2100, Errno.NAMETOOLONG), ("fi\0le", Errno.INVAL),
    (b"\xff\xfe", Errno.ILSEQ), (b"\xed\xa0\x80", Errno.ILSEQ)])
def test_bad_paths(program: Program, tree: Path, path: str | bytes, errno: int) -> None:
    assert program.stat(path) == errno
    assert program.open(path, 0, READ_ONLY) == errno


def test_path_pointers(program: Program, tree: Path) -> None:
    assert program.call("path_filestat_get", 3, 0, SIZE - 3, 4, RESULT) == Errno.FAULT
    assert program.call("path_filestat_get", 3, 0, PATH, 0xFFFFFFFF, RESULT) == Errno.FAULT
    assert program.call("path_filestat_get", 3, 0, *program.put("file"), SIZE - 63) == Errno.FAULT
    assert program.stat("file", follow=2) == Errno.INVAL


def test_a_path_needs_a_directory(program: Program, tree: Path) -> None:
    fd = program.opened("file")
    for bad, errno in ((fd, Errno.NOTDIR), (1, Errno.NOTDIR), (99, Errno.BADF)):
        assert program.open("x", fd=bad) == errno
        assert program.stat("x", fd=bad) == errno
        assert program.at("path_create_directory", "x", bad) == errno
        assert program.at("path_unlink_file", "x", bad) == errno
        assert program.at("path_remove_directory", "x", bad) == errno
        assert program.rename("file", "x", to=bad) == errno
        assert program.call("fd_readdir", bad, BUFFER, 10, 0, RESULT) == errno


# -- opening ------------------------------------------------------------------------------------

@pytest.mark.parametrize(("path", "oflags", "follow", "errno"), [
    ("new", 0, 1, Errno.NOENT), ("new", CREATE, 1, 0), ("new", CREATE | EXCL, 1, 0),
    ("new", EXCL, 1, Errno.NOENT), ("file", EXCL, 1, Errno.EXIST),
    ("file", CREATE | EXCL, 1, Errno.EXIST), ("file", CREATE, 1, 0), ("file", TRUNC, 1, 0),
    ("new/", CREATE, 1, Errno.ISDIR), ("nothing/new", CREATE, 1, Errno.NOENT),
    ("dir", 0, 1, Errno.ISDIR), ("dir", CREATE, 1, Errno.ISDIR), ("dir", TRUNC, 1, Errno.ISDIR),
    ("file", DIRECTORY, 1, Errno.NOTDIR), ("new", CREATE | DIRECTORY, 1, Errno.INVAL),
    ("dir", TRUNC | DIRECTORY, 1, Errno.INVAL), ("file", 16, 1, Errno.INVAL),
    ("file", 0, 2, Errno.INVAL),
    ("good", 0, 0, Errno.LOOP), ("good", 0, 1, 0), ("good", CREATE, 0, Errno.LOOP),
    ("good", CREATE | EXCL, 1, Errno.EXIST), ("gone", CREATE | EXCL, 1, Errno.EXIST),
    ("gone", CREATE, 1, 0), ("gone", CREATE, 0, Errno.LOOP), ("gone", 0, 1, Errno.NOENT),
    ("todir", DIRECTORY, 0, Errno.LOOP), ("loop", CREATE, 1, Errno.LOOP)])
def test_open_for_writing(program: Program, tree: Path, path: str, oflags: int, follow: int,
                          errno: int) -> None:
    assert program.open(path, oflags, follow=follow) == errno
    if errno == 0:
        assert program.write(program.u32(), b"x") == 0


def test_open_results(program: Program, tree: Path) -> None:
    assert (tree / "nowhere").exists() is False
    program.opened("gone", CREATE)
    assert (tree / "nowhere").is_file()  # the link was followed
    assert program.open("file", fdflags=Fdflags.ALL + 1) == Errno.INVAL
    program.opened("file", TRUNC)
    assert (tree / "file").stat().st_size == 0
    mask = os.umask(0o022)
    os.umask(mask)
    program.opened("mode", CREATE)
    assert stat.S_IMODE((tree / "mode").stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize(("path", "oflags"), [
    ("dir", 0), ("dir", DIRECTORY), ("dir/", 0), ("dir/", DIRECTORY), (".", DIRECTORY),
    ("todir", DIRECTORY), ("todir/", 0), ("dir/../dir/.", DIRECTORY)])
def test_open_directory(program: Program, tree: Path, path: str, oflags: int) -> None:
    fd = program.opened(path, oflags, READ_ONLY)
    assert program.call("fd_fdstat_get", fd, RESULT) == 0
    assert program.struct(FDSTAT) == (Filetype.DIRECTORY, 0, Right.DIRECTORY, Right.ALL)
    assert program.entries(fd)[0] == (1, b".", Filetype.DIRECTORY)


def test_rights_that_mean_nothing_for_a_directory_are_dropped(program: Program,
                                                              tree: Path) -> None:
    fd = program.opened("dir", DIRECTORY, Right.FD_ALLOCATE | Right.FD_SEEK | Right.FD_READDIR)
    assert program.call("fd_fdstat_get", fd, RESULT) == 0
    assert program.struct(FDSTAT)[2] == Right.FD_READDIR
    assert program.open("dir", DIRECTORY, Right.FD_WRITE) == Errno.ISDIR


def test_rights_are_inherited(program: Program, tree: Path) -> None:
    inheriting = Right.FD_READ | Right.PATH_OPEN
    base = Right.DIRECTORY & ~Right.PATH_CREATE_FILE & ~Right.PATH_FILESTAT_SET_SIZE
    fd = program.opened("dir", DIRECTORY, base, inheriting=inheriting)
    small = {"fd": fd, "inheriting": 0}
    assert program.open("inner", 0, Right.FD_READ, **small) == 0
    assert program.open("inner", 0, Right.FD_WRITE, **small) == Errno.NOTCAPABLE
    assert program.open("inner", 0, Right.FD_READ, fd=fd,
                        inheriting=Right.FD_WRITE) == Errno.NOTCAPABLE
    assert program.open("new", CREATE, Right.FD_READ, **small) == Errno.NOTCAPABLE
    assert program.open("inner", TRUNC, Right.FD_READ, **small) == Errno.NOTCAPABLE
    assert program.open("inner", 0, Right.FD_READ, **small,
                        fdflags=Fdflags.DSYNC) == Errno.NOTCAPABLE
    assert not (tree / "dir" / "new").exists()
    assert (tree / "dir" / "inner").read_bytes() == b"inner"


def test_every_path_function_needs_its_right(program: Program, tree: Path) -> None:
    assert program.call("fd_fdstat_set_rights", 3, 0, Right.ALL) == 0
    two = (*program.put("file"), 3, *program.put("new", PATH + 100))
    calls = {
        "path_open": (3, 0, *program.put("file"), 0, 0, 0, 0, RESULT),
        "path_filestat_get": (3, 0, *program.put("file"), RESULT),
        "path_filestat_set_times": (3, 0, *program.put("file"), 0, 0, 0),
        "path_create_directory": (3, *program.put("file")), "path_rename": (3, *two),
        "path_remove_directory": (3, *program.put("file")), "path_link": (3, 0, *two),
        "path_unlink_file": (3, *program.put("file")), "path_symlink": two,
        "path_readlink": (3, *program.put("file"), BUFFER, 9, RESULT),
        "fd_readdir": (3, BUFFER, 9, 0, RESULT), "fd_filestat_get": (3, RESULT),
        "fd_sync": (3,), "fd_datasync": (3,), "fd_filestat_set_times": (3, 0, 0, 0)}
    for name, args in calls.items():
        assert program.call(name, *args) == Errno.NOTCAPABLE, name


def test_nothing_is_opened_when_the_result_cannot_be_stored(program: Program, tree: Path) -> None:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    args = (3, 0, *program.put("new"), CREATE, READ_WRITE, 0, 0)
    assert program.call("path_open", *args, SIZE - 3) == Errno.FAULT
    assert not (tree / "new").exists()
    if before:
        assert len(os.listdir("/proc/self/fd")) == before


# -- directories --------------------------------------------------------------------------------

def test_readdir(program: Program, tree: Path) -> None:
    names = [name for _, name, _ in program.entries(3)]
    assert names == [b".", b"..", *sorted(os.fsencode(name) for name in os.listdir(tree))]
    kinds = {name: kind for _, name, kind in program.entries(3)}
    assert kinds[b"dir"] == Filetype.DIRECTORY
    assert kinds[b"file"] == Filetype.REGULAR_FILE
    assert kinds[b"good"] == Filetype.SYMBOLIC_LINK
    assert program.call("fd_readdir", 3, SIZE - 3, 4, 0, RESULT) == Errno.FAULT


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
        for cookie, name, _ in piece:
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


# -- links and renaming -------------------------------------------------------------------------

def test_symlink_and_readlink(program: Program, tree: Path) -> None:
    assert program.symlink("dir/../file", "new") == 0
    assert os.readlink(tree / "new") == "dir/../file"
    read = ("path_readlink", 3, *program.put("new"), BUFFER)
    assert program.call(*read, 100, RESULT) == 0
    assert program.memory.read(BUFFER, program.u32()) == b"dir/../file"
    assert program.call(*read, 3, RESULT) == 0
    assert program.u32() == 3
    for path, errno in (("file", Errno.INVAL), ("dir", Errno.INVAL), (".", Errno.INVAL),
                        ("todir/", Errno.INVAL), ("nothing", Errno.NOENT),
                        ("file/", Errno.NOTDIR)):
        assert program.call("path_readlink", 3, *program.put(path), BUFFER, 9, RESULT) == errno


@pytest.mark.parametrize(("text", "path", "errno"), [
    ("x", "file", Errno.EXIST), ("x", "dir", Errno.EXIST), ("x", "dir/", Errno.EXIST),
    ("x", "file/", Errno.NOTDIR), ("x", "new/", Errno.NOENT), ("x", ".", Errno.EXIST),
    ("", "new", Errno.NOENT), ("x", "", Errno.NOENT), ("/abs", "new", Errno.PERM),
    ("../up", "new", 0)])
def test_symlink_errors(program: Program, tree: Path, text: str, path: str, errno: int) -> None:
    assert program.symlink(text, path) == errno


@pytest.mark.parametrize(("old", "new", "follow", "errno"), [
    ("file", "new", 0, 0), ("good", "new", 1, 0), ("good", "new", 0, 0),
    ("gone", "new", 1, Errno.NOENT), ("file", "dir/new", 0, 0), ("file", "dir", 0, Errno.EXIST),
    ("file", "dir/", 0, Errno.EXIST), ("file", "new/", 0, Errno.NOENT),
    ("file/", "new", 0, Errno.NOTDIR), ("dir", "new", 0, Errno.PERM), (".", "new", 0, Errno.PERM),
    ("nothing", "new", 0, Errno.NOENT), ("file", "good", 0, Errno.EXIST),
    ("file", "new", 2, Errno.INVAL), ("file", "", 0, Errno.NOENT)])
def test_link(program: Program, tree: Path, old: str, new: str, follow: int, errno: int) -> None:
    assert program.link(old, new, follow) == errno
    if errno == 0:
        same = "file" if follow or old == "file" else "good"
        assert os.path.samestat(os.lstat(tree / new), os.lstat(tree / same))


@pytest.mark.parametrize(("old", "new", "errno"), [
    ("file", "new", 0), ("file", "dir/inner", 0), ("file", "good", 0), ("dir", "new", 0),
    ("dir", "new/", 0), ("dir/", "new", 0), ("dir", "empty", 0), ("dir", "empty/", 0),
    ("good", "new", 0), ("file", "file", 0),
    ("file", "new/", Errno.NOTDIR), ("file/", "new", Errno.NOTDIR), ("file", "dir", Errno.ISDIR),
    ("dir", "file", Errno.NOTDIR), ("empty", "dir", Errno.NOTEMPTY),
    ("dir", "dir/sub", Errno.INVAL), (".", "new", Errno.BUSY), ("dir", ".", Errno.BUSY),
    ("nothing", "new", Errno.NOENT), ("", "new", Errno.NOENT), ("file", "", Errno.NOENT),
    ("todir/", "new", Errno.NOTDIR)])
def test_rename(program: Program, tree: Path, old: str, new: str, errno: int) -> None:
    before = os.lstat(tree / old).st_ino if errno == 0 else 0
    assert program.rename(old, new) == errno
    if errno == 0:
        assert os.lstat(tree / new.rstrip("/")).st_ino == before
        assert old == new or not os.path.lexists(tree / old.rstrip("/"))


def test_rename_between_directories(program: Program, tree: Path) -> None:
    inner = program.opened("dir", DIRECTORY, READ_ONLY)
    assert program.rename("inner", "outer", fd=inner, to=3) == 0
    assert (tree / "outer").read_bytes() == b"inner"
