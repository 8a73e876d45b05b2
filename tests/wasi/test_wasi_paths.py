"""Names of files: looking up, opening, links, renaming."""

import os
import stat
from pathlib import Path

import pytest

from gabagool.wasi.errno import Errno
from gabagool.wasi.types import FDSTAT, Fdflags, Filetype, Oflags, Right
from tests.wasi.program import BUFFER, PATH, READ_ONLY, READ_WRITE, RESULT, SIZE, Program

CREATE, DIRECTORY, EXCL, TRUNC = Oflags.CREAT, Oflags.DIRECTORY, Oflags.EXCL, Oflags.TRUNC


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
    assert program.filestat()[2] == expected


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
    assert program.traps("path_filestat_get", 3, 0, SIZE - 3, 4, RESULT)
    assert program.traps("path_filestat_get", 3, 0, PATH, 0xFFFFFFFF, RESULT)
    assert program.traps("path_filestat_get", 3, 0, *program.put("file"), SIZE - 63)
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
    assert program.traps("path_open", *args, SIZE - 3)
    assert not (tree / "new").exists()
    if before:
        assert len(os.listdir("/proc/self/fd")) == before


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
