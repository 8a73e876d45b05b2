"""Descriptors: reading and writing, offsets, flags, rights, renumbering, preopens."""

from pathlib import Path

import pytest

from gabagool.wasi import WasiConfig
from gabagool.wasi.errno import Errno
from gabagool.wasi.types import FDSTAT, PRESTAT, UNSTABLE, Fdflags, Filetype, Oflags, Right
from tests.wasi.program import BUFFER, READ_ONLY, RESULT, SIZE, VECTORS, Program

CREATE = Oflags.CREAT
MAX = (1 << 64) - 1


@pytest.fixture
def fd(program: Program) -> int:
    """A file with the content 0123456789, at offset 0."""
    number = program.opened("file", CREATE)
    assert program.write(number, b"0123456789") == 0
    assert program.seek(number, 0) == 0
    return number


def test_vectors_are_gathered_and_scattered(program: Program, fd: int) -> None:
    assert program.call("fd_read", fd, *program.vectors(3, 0, 4), RESULT) == 0
    assert program.u32() == 7
    assert program.memory.read(BUFFER, 7) == b"0123456"
    program.memory.write(BUFFER, b"abcdef")
    assert program.call("fd_write", fd, *program.vectors(2, 3), RESULT) == 0
    assert program.seek(fd, 0) == 0
    assert program.read(fd) == b"0123456abcde"
    assert program.read(fd) == b""


def test_file_operations_on_directories(program: Program) -> None:
    vectors = program.vectors(1)
    assert program.call("fd_read", 3, *vectors, RESULT) == Errno.BADF
    assert program.call("fd_write", 3, *vectors, RESULT) == Errno.BADF
    assert program.call("fd_pread", 3, *vectors, 0, RESULT) == Errno.BADF
    assert program.call("fd_pwrite", 3, *vectors, 0, RESULT) == Errno.BADF
    assert program.seek(3, 0) == Errno.BADF
    assert program.call("fd_tell", 3, RESULT) == Errno.BADF


@pytest.mark.parametrize(("name", "args"), [
    ("fd_read", (VECTORS, 0, RESULT)), ("fd_write", (VECTORS, 0, RESULT)), ("fd_close", ()),
    ("fd_pread", (VECTORS, 0, 0, RESULT)), ("fd_pwrite", (VECTORS, 0, 0, RESULT)),
    ("fd_seek", (0, 0, RESULT)), ("fd_tell", (RESULT,)), ("fd_fdstat_get", (RESULT,)),
    ("fd_fdstat_set_flags", (0,)), ("fd_fdstat_set_rights", (0, 0)), ("fd_renumber", (3,)),
    ("fd_prestat_get", (RESULT,)), ("fd_prestat_dir_name", (BUFFER, 9)), ("fd_sync", ()),
    ("fd_datasync", ()), ("fd_advise", (0, 0, 0)), ("fd_allocate", (0, 1)),
    ("fd_filestat_get", (RESULT,)), ("fd_filestat_set_size", (0,)),
    ("fd_filestat_set_times", (0, 0, 0)), ("fd_readdir", (BUFFER, 9, 0, RESULT))])
def test_closed_descriptor(program: Program, name: str, args: tuple[int, ...]) -> None:
    assert program.call(name, 99, *args) == Errno.BADF


def test_pointers_outside_memory(program: Program, fd: int) -> None:
    good = program.vectors(1)
    for name in ("fd_read", "fd_write"):
        assert program.traps(name, fd, SIZE - 7, 1, RESULT)
        assert program.traps(name, fd, VECTORS, 0xFFFFFFFF, RESULT)
        assert program.traps(name, fd, *good, SIZE - 3)
        assert program.traps(name, fd, *program.vectors(SIZE), RESULT)
        good = program.vectors(1)
    assert program.tell(fd) == 0
    assert program.traps("fd_pread", fd, *good, 0, SIZE - 3)
    assert program.traps("fd_seek", fd, 1, 0, SIZE - 7)
    assert program.tell(fd) == 0


def test_pread_and_pwrite_leave_the_offset(program: Program, fd: int) -> None:
    assert program.call("fd_pread", fd, *program.vectors(4), 3, RESULT) == 0
    assert program.memory.read(BUFFER, program.u32()) == b"3456"
    assert program.call("fd_pread", fd, *program.vectors(4), 100, RESULT) == 0
    assert program.u32() == 0
    program.memory.write(BUFFER, b"xy")
    assert program.call("fd_pwrite", fd, *program.vectors(2), 12, RESULT) == 0
    assert program.tell(fd) == 0
    assert program.read(fd) == b"0123456789\0\0xy"
    assert program.call("fd_pread", fd, *program.vectors(4), MAX, RESULT) == Errno.INVAL
    assert program.call("fd_pwrite", fd, *program.vectors(2), MAX, RESULT) == Errno.INVAL


def test_seek(program: Program, fd: int) -> None:
    for offset, whence, expected in ((4, 0, 4), (2, 1, 6), (-3, 1, 3), (-1, 2, 9), (5, 2, 15)):
        assert program.seek(fd, offset, whence) == 0
        assert program.u64() == program.tell(fd) == expected
    for offset, whence in ((-1, 0), (-16, 1), (-11, 2), (0, 3)):
        assert program.seek(fd, offset, whence) == Errno.INVAL
    assert program.tell(fd) == 15
    assert program.seek(fd, (1 << 63) - 1) == 0
    assert program.seek(fd, 1, 1) == Errno.INVAL
    assert program.seek(fd, 20) == 0
    assert program.write(fd, b"end") == 0
    assert program.seek(fd, 0) == 0
    assert program.read(fd) == b"0123456789" + bytes(10) + b"end"


def test_append(program: Program, root: Path) -> None:
    (root / "log").write_bytes(b"one ")
    fd = program.opened("log", fdflags=Fdflags.APPEND)
    assert program.tell(fd) == 0
    assert program.write(fd, b"two ") == 0
    assert program.tell(fd) == 8
    assert program.seek(fd, 0) == 0
    program.memory.write(BUFFER, b"three ")
    assert program.call("fd_pwrite", fd, *program.vectors(6), 0, RESULT) == 0
    assert (root / "log").read_bytes() == b"one two three "
    assert program.call("fd_fdstat_set_flags", fd, 0) == 0
    assert program.write(fd, b"ONE") == 0
    assert (root / "log").read_bytes() == b"ONE two three "


@pytest.mark.parametrize("flag", [Fdflags.DSYNC, Fdflags.SYNC, Fdflags.RSYNC,
                                  Fdflags.SYNC | Fdflags.APPEND])
def test_synchronous_writing(program: Program, root: Path, flag: int) -> None:
    fd = program.opened("file", CREATE, fdflags=flag)
    assert program.write(fd, b"safe") == 0
    assert (root / "file").read_bytes() == b"safe"
    assert program.call("fd_fdstat_get", fd, RESULT) == 0
    assert program.struct(FDSTAT)[:2] == (Filetype.REGULAR_FILE, flag)


def test_fdstat(program: Program, fd: int) -> None:
    assert program.call("fd_fdstat_get", 3, RESULT) == 0
    assert program.struct(FDSTAT) == (Filetype.DIRECTORY, 0, Right.DIRECTORY, Right.ALL)
    assert program.call("fd_fdstat_get", fd, RESULT) == 0
    assert program.struct(FDSTAT) == (Filetype.REGULAR_FILE, 0, Right.FILE, 0)
    assert program.traps("fd_fdstat_get", fd, SIZE - 23)
    assert program.call("fd_fdstat_set_flags", fd, Fdflags.ALL + 1) == Errno.INVAL


def test_rights_can_only_be_removed(program: Program, fd: int) -> None:
    rights = Right.FD_READ | Right.FD_SEEK
    assert program.call("fd_fdstat_set_rights", fd, rights, 0) == 0
    assert program.call("fd_fdstat_set_rights", fd, rights | Right.FD_WRITE, 0) == Errno.NOTCAPABLE
    assert program.call("fd_fdstat_set_rights", fd, rights, 1) == Errno.NOTCAPABLE
    assert program.read(fd, 2) == b"01"
    assert program.write(fd, b"no") == Errno.NOTCAPABLE
    assert program.call("fd_fdstat_set_flags", fd, 0) == Errno.NOTCAPABLE
    assert program.call("fd_sync", fd) == Errno.NOTCAPABLE
    assert program.tell(fd) == 2  # fd_seek includes fd_tell
    assert program.call("fd_fdstat_set_rights", fd, Right.FD_READ, 0) == 0
    assert program.call("fd_tell", fd, RESULT) == Errno.NOTCAPABLE
    assert program.seek(fd, 0, 1) == Errno.NOTCAPABLE
    assert program.call("fd_pread", fd, *program.vectors(1), 0, RESULT) == Errno.NOTCAPABLE


def test_tell_right_allows_only_seeks_that_stay(program: Program) -> None:
    fd = program.opened("file", CREATE, Right.FD_READ | Right.FD_TELL)
    assert program.seek(fd, 0, 1) == 0
    assert program.seek(fd, 0, 0) == Errno.NOTCAPABLE
    assert program.seek(fd, 1, 1) == Errno.NOTCAPABLE


def test_access_mode(program: Program, fd: int) -> None:
    reader = program.opened("file", 0, READ_ONLY)
    assert program.write(reader, b"x") == Errno.BADF
    assert program.call("fd_filestat_set_size", reader, 0) == Errno.NOTCAPABLE
    writer = program.opened("file", 0, Right.FD_WRITE)
    assert program.call("fd_read", writer, *program.vectors(1), RESULT) == Errno.BADF
    assert program.write(writer, b"x") == 0
    neither = program.opened("file", 0, 0)
    assert program.call("fd_read", neither, *program.vectors(1), RESULT) == Errno.BADF


def test_close_and_reuse(program: Program, fd: int) -> None:
    assert fd == 4
    assert program.call("fd_close", fd) == 0
    assert program.call("fd_close", fd) == Errno.BADF
    assert program.call("fd_close", 0) == 0
    assert program.opened("file") == 0
    assert program.opened("file") == 4
    assert program.call("fd_close", 3) == 0
    assert program.open("file") == Errno.BADF


def test_renumber(program: Program, fd: int) -> None:
    other = program.opened("other", CREATE)
    assert program.seek(fd, 7) == 0
    assert program.call("fd_renumber", fd, other) == 0
    assert program.tell(other) == 7
    assert program.call("fd_tell", fd, RESULT) == Errno.BADF
    assert program.call("fd_renumber", other, 99) == Errno.BADF
    assert program.call("fd_renumber", other, other) == 0
    assert program.call("fd_renumber", other, 3) == 0
    assert program.tell(3) == 7
    assert program.call("fd_prestat_get", 3, RESULT) == Errno.BADF


def test_renumbered_output_keeps_its_stream(program: Program, fd: int) -> None:
    assert program.call("fd_renumber", 1, fd) == 0
    assert program.write(fd, b"moved") == 0
    assert program.caller.written == [(1, b"moved")]


def test_preopens(tmp_path: Path) -> None:
    for host in ("a", "b"):
        (tmp_path / host).mkdir()
    dirs = ((str(tmp_path / "a"), "."), (str(tmp_path / "b"), "/långt"))
    program = Program(WasiConfig(dirs=dirs))
    for fd, name in ((3, b"."), (4, "/långt".encode())):
        assert program.call("fd_prestat_get", fd, RESULT) == 0
        assert program.struct(PRESTAT) == (0, len(name))
        assert program.call("fd_prestat_dir_name", fd, BUFFER, len(name)) == 0
        assert program.memory.read(BUFFER, len(name)) == name
        assert program.call("fd_prestat_dir_name", fd, BUFFER, len(name) - 1) == Errno.NAMETOOLONG
    assert program.traps("fd_prestat_dir_name", 3, SIZE, 1)
    for fd in (0, 5):
        assert program.call("fd_prestat_get", fd, RESULT) == Errno.BADF
    opened = program.opened(".", Oflags.DIRECTORY, READ_ONLY)
    assert program.call("fd_prestat_get", opened, RESULT) == Errno.BADF
    assert program.call("fd_prestat_dir_name", opened, BUFFER, 10) == Errno.NOTDIR


def test_whence_of_wasi_unstable(root: Path) -> None:
    program = Program(WasiConfig(dirs=((str(root), "/"),), stdin=None), UNSTABLE)
    fd = program.opened("file", CREATE)
    assert program.write(fd, b"0123456789") == 0
    for offset, whence, expected in ((4, 2, 4), (2, 0, 6), (-1, 1, 9)):
        assert program.seek(fd, offset, whence) == 0
        assert program.u64() == expected
