"""Standard streams and pipes."""

import os
import threading
from pathlib import Path

import pytest

from gabagool.wasi import Interrupted, WasiConfig
from gabagool.wasi.errno import Errno
from gabagool.wasi.types import FDSTAT, Fdflags, Filetype, Right
from tests.wasi.program import RESULT, Program


def test_output_goes_to_the_sink_and_is_recorded() -> None:
    out: list[bytes] = []
    program = Program(WasiConfig(stdin=None, stdout=out.append, stderr=lambda data: 2))
    assert program.write(1, b"hello") == 0
    assert program.u32() == 5
    assert program.write(2, b"abc") == 0
    assert program.u32() == 2
    assert out == [b"hello"]
    assert program.caller.written == [(1, b"hello"), (2, b"ab")]


def test_input_from_a_callable() -> None:
    chunks = [b"abc", b"too much for the guest"]
    program = Program(WasiConfig(stdin=lambda size: chunks.pop(0) if chunks else b""))
    assert [program.read(0, 5) for _ in range(3)] == [b"abc", b"too m", b""]


def test_inherited_descriptors() -> None:
    read, write = os.pipe()
    program = Program(WasiConfig(stdin=read, stdout=write, stderr=None))
    assert program.write(1, b"through the pipe") == 0
    assert program.read(0, 7) == b"through"
    assert program.read(0) == b" the pipe"
    assert program.call("fd_fdstat_set_flags", 0, Fdflags.NONBLOCK) == 0
    assert program.call("fd_read", 0, *program.vectors(5), RESULT) == Errno.AGAIN
    assert program.call("fd_read", 0, *program.vectors(), RESULT) == 0
    assert program.call("fd_fdstat_get", 0, RESULT) == 0
    assert program.struct(FDSTAT)[:2] == (Filetype.UNKNOWN, Fdflags.NONBLOCK)
    os.close(read)
    assert program.write(1, b"nobody listens") == Errno.PIPE
    os.close(write)


def test_a_full_pipe_does_not_block_a_nonblocking_descriptor() -> None:
    read, write = os.pipe()
    program = Program(WasiConfig(stdin=None, stdout=write))
    os.set_blocking(write, False)
    assert program.call("fd_fdstat_set_flags", 1, Fdflags.NONBLOCK) == 0
    while (errno := program.write(1, bytes(30000))) == 0:
        pass
    assert errno == Errno.AGAIN
    os.close(read)
    os.close(write)


def test_terminal() -> None:
    master, slave = os.openpty()
    program = Program(WasiConfig(stdin=slave, stdout=slave, stderr=None))
    assert program.call("fd_fdstat_get", 1, RESULT) == 0
    kind, _, rights, _ = program.struct(FDSTAT)
    assert kind == Filetype.CHARACTER_DEVICE
    assert not rights & (Right.FD_SEEK | Right.FD_TELL)  # with them it is no terminal to wasi-libc
    os.write(master, b"line\n")
    assert program.read(0) == b"line\n"
    os.close(master)
    os.close(slave)


def test_waiting_for_input_can_be_interrupted() -> None:
    read, write = os.pipe()
    wake = threading.Event()
    program = Program(WasiConfig(stdin=read, wake=wake))
    timer = threading.Timer(0.05, wake.set)
    timer.start()
    with pytest.raises(Interrupted):
        program.read(0)
    timer.join()
    wake.clear()
    os.write(write, b"later")
    assert program.read(0) == b"later"
    os.close(read)
    os.close(write)


@pytest.mark.parametrize("interruptible", [False, True])
def test_a_blocking_write_takes_everything(interruptible: bool) -> None:
    read, write = os.pipe()
    program = Program(WasiConfig(stdin=None, stdout=write,
                                 wake=threading.Event() if interruptible else None))
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(os.fdopen(read, "rb").read()))
    reader.start()
    data = bytes(range(256)) * 120
    for _ in range(20):  # far more than a pipe holds
        assert program.write(1, data) == 0
        assert program.u32() == len(data)
    os.close(write)
    reader.join()
    assert found == [data * 20]


def test_a_blocked_write_can_be_interrupted() -> None:
    read, write = os.pipe()
    wake = threading.Event()
    program = Program(WasiConfig(stdin=None, stdout=write, wake=wake))
    timer = threading.Timer(0.05, wake.set)
    timer.start()
    total = 0
    with pytest.raises(Interrupted):  # first a call that wrote a part, then one that could not
        while program.write(1, bytes(30_000)) == 0:
            total += program.u32()
    timer.join()
    os.close(write)
    with os.fdopen(read, "rb") as file:
        assert len(file.read()) == total


def test_streams_have_a_direction_and_no_offset(program: Program) -> None:
    vectors = program.vectors(1)
    assert program.call("fd_read", 1, *vectors, RESULT) == Errno.BADF
    assert program.call("fd_write", 0, *vectors, RESULT) == Errno.BADF
    assert program.call("fd_pread", 0, *vectors, 0, RESULT) == Errno.SPIPE
    assert program.call("fd_pwrite", 1, *vectors, 0, RESULT) == Errno.SPIPE
    assert program.seek(1, 0) == Errno.SPIPE
    assert program.call("fd_tell", 0, RESULT) == Errno.SPIPE


def test_fifo(program: Program, root: Path) -> None:
    os.mkfifo(root / "fifo")
    fd = program.opened("fifo")
    assert program.write(fd, b"through") == 0
    assert program.read(fd) == b"through"
    assert program.seek(fd, 0) == Errno.SPIPE
    assert program.call("fd_filestat_set_size", fd, 0) == Errno.NOTCAPABLE
    assert program.call("fd_fdstat_set_flags", fd, Fdflags.NONBLOCK) == 0
    assert program.call("fd_read", fd, *program.vectors(1), RESULT) == Errno.AGAIN
