"""The function table, and the small areas: args, environ, clocks, random, proc, sockets."""

import threading
import time
from pathlib import Path
from struct import unpack

import pytest

from gabagool.errors import Exit, Trap
from gabagool.types import I32, I64
from gabagool.wasi import ConfigError, Interrupted, Wasi, WasiConfig
from gabagool.wasi.clocks import TICK_NS
from gabagool.wasi.errno import Errno, from_host
from gabagool.wasi.functions import FUNCTIONS
from gabagool.wasi.types import PREVIEW1, UNSTABLE, Clockid
from tests.wasi.program import BUFFER, RESULT, SIZE, VECTORS, Program

QUIET = WasiConfig(stdin=None, stdout=None, stderr=None)


def test_all_46_functions_are_defined(program: Program) -> None:
    assert len(FUNCTIONS) == 46 == len({f.name for f in FUNCTIONS})
    names = {name for module, name in program.functions if module == PREVIEW1.module}
    assert names == {f.name for f in FUNCTIONS}
    old = {name for module, name in program.functions if module == UNSTABLE.module}
    assert names - old == {"sock_accept"}


def test_types_follow_the_witx(program: Program) -> None:
    types = {name: program.types[PREVIEW1.module, name]
             for module, name in program.types if module == PREVIEW1.module}
    assert types["path_open"].params == (I32, I32, I32, I32, I32, I64, I64, I32, I32)
    assert types["fd_seek"].params == (I32, I64, I32, I32)
    assert types["fd_readdir"].params == (I32, I32, I32, I64, I32)
    assert types["proc_exit"].results == ()
    assert all(t.results == (I32,) for name, t in types.items() if name != "proc_exit")


def test_errno_numbers() -> None:
    assert list(Errno) == list(range(77))
    assert (Errno.BADF, Errno.NOENT, Errno.NOSYS, Errno.PERM, Errno.NOTCAPABLE) == (
        8, 44, 52, 63, 76)
    assert from_host(FileNotFoundError(2, "")) == Errno.NOENT
    assert from_host(OSError(7, "")) == Errno.TOOBIG
    assert from_host(OSError(99999, "")) == Errno.IO


def test_args(program: Program) -> None:
    assert program.call("args_sizes_get", RESULT, RESULT + 4) == 0
    assert (program.u32(), program.u32(RESULT + 4)) == (2, 8)
    assert program.call("args_get", RESULT, BUFFER) == 0
    assert unpack("<2I", program.memory.read(RESULT, 8)) == (BUFFER, BUFFER + 5)
    assert program.memory.read(BUFFER, 8) == "prog\0ä\0".encode()
    assert program.traps("args_get", SIZE - 4, BUFFER)
    assert program.traps("args_get", RESULT, SIZE - 7)
    assert program.traps("args_sizes_get", RESULT, SIZE - 3)


def test_environ(program: Program) -> None:
    assert program.call("environ_sizes_get", RESULT, RESULT + 4) == 0
    assert (program.u32(), program.u32(RESULT + 4)) == (2, 11)
    assert program.call("environ_get", RESULT, BUFFER) == 0
    assert program.memory.read(BUFFER, 11) == b"A=1\0EMPTY=\0"
    assert program.u32(RESULT + 4) == BUFFER + 4


@pytest.mark.parametrize("config", [
    WasiConfig(args=("a\0b",)), WasiConfig(env={"": "x"}), WasiConfig(env={"A=B": "x"}),
    WasiConfig(dirs=(("/no/such/directory", "/"),))])
def test_bad_settings(config: WasiConfig) -> None:
    with pytest.raises(ConfigError):
        Wasi(config)


@pytest.mark.parametrize("clock", range(4))
def test_clocks(program: Program, clock: int) -> None:
    assert program.call("clock_res_get", clock, RESULT) == 0
    assert 0 < program.u64() < 10**9
    readings = []
    for _ in range(3):
        assert program.call("clock_time_get", clock, 0, RESULT) == 0
        readings.append(program.u64())
    assert readings == sorted(readings)
    if clock == Clockid.REALTIME:
        assert abs(readings[0] - time.time_ns()) < 10**10
    assert program.traps("clock_time_get", clock, 0, SIZE - 7)


def test_unknown_clock(program: Program) -> None:
    assert program.call("clock_time_get", 4, 0, RESULT) == Errno.INVAL
    assert program.call("clock_res_get", 0xFFFFFFFF, RESULT) == Errno.INVAL


def test_virtual_clock_is_the_same_in_every_run() -> None:
    runs = []
    for _ in range(2):
        program = Program(WasiConfig(stdin=None, realtime=10**18))
        readings = []
        for clock in (0, 1, 1, 2, 0):
            assert program.call("clock_time_get", clock, 0, RESULT) == 0
            readings.append(program.u64())
        assert program.call("clock_time_get", 9, 0, RESULT) == Errno.INVAL
        assert program.call("clock_res_get", 9, RESULT) == Errno.INVAL
        assert program.call("clock_res_get", 1, RESULT) == 0
        assert program.u64() == TICK_NS
        runs.append(readings)
    assert runs[0] == runs[1] == [10**18 + TICK_NS, 2 * TICK_NS, 3 * TICK_NS, 4 * TICK_NS,
                                  10**18 + 5 * TICK_NS]


def test_random(program: Program) -> None:
    assert program.call("random_get", BUFFER, 1000) == 0
    first = program.memory.read(BUFFER, 1000)
    assert program.call("random_get", BUFFER, 1000) == 0
    assert first != program.memory.read(BUFFER, 1000)
    assert len(set(first)) > 50
    assert program.call("random_get", SIZE, 0) == 0
    assert program.traps("random_get", SIZE - 10, 11)


def test_seeded_random() -> None:
    def bytes_of(seed: int) -> list[bytes]:
        program = Program(WasiConfig(seed=seed))
        found = []
        for size in (3, 70, 3):
            assert program.call("random_get", BUFFER, size) == 0
            found.append(program.memory.read(BUFFER, size))
        return found
    assert bytes_of(1) == bytes_of(1)
    assert bytes_of(1) != bytes_of(2)
    assert bytes_of(1)[0] != bytes_of(1)[2]


def test_proc_exit(program: Program) -> None:
    with pytest.raises(Exit) as exit:
        program.call("proc_exit", 0xFFFFFFFF)
    assert exit.value.code == 0xFFFFFFFF


@pytest.mark.parametrize(("signal", "errno"), [
    (0, 0), (13, 0), (16, 0), (17, 0), (18, Errno.NOTSUP), (31, Errno.INVAL), (99, Errno.INVAL)])
def test_proc_raise(program: Program, signal: int, errno: int) -> None:
    assert program.call("proc_raise", signal) == errno


def test_proc_raise_ends_the_program(program: Program) -> None:
    with pytest.raises(Exit) as exit:
        program.call("proc_raise", 6)
    assert exit.value.code == 134


def test_sched_yield_needs_no_memory(program: Program) -> None:
    program.memory.data.clear()
    assert program.call("sched_yield") == 0


@pytest.mark.parametrize(("name", "args", "align"), [
    ("args_get", (RESULT, BUFFER), (4, 1)), ("environ_sizes_get", (RESULT, RESULT), (4, 4)),
    ("clock_time_get", (0, 0, RESULT), (0, 0, 8)), ("fd_fdstat_get", (3, RESULT), (0, 8)),
    ("fd_prestat_get", (3, RESULT), (0, 4)), ("fd_filestat_get", (3, RESULT), (0, 8)),
    ("fd_write", (1, VECTORS, 1, RESULT), (0, 4, 0, 4)),
    ("fd_readdir", (3, BUFFER, 100, 0, RESULT), (0, 1, 0, 0, 4)),
    ("random_get", (BUFFER, 8), (1, 0)),
    ("poll_oneoff", (BUFFER, BUFFER, 1, RESULT), (8, 8, 0, 4))])
def test_misaligned_pointers_trap(program: Program, name: str, args: tuple[int, ...],
                                  align: tuple[int, ...]) -> None:
    """witx-docs: "If a misaligned pointer is passed to a function, the function shall trap." """
    for index, size in enumerate(align):
        for off in range(1, max(size, 2)) if size else ():
            moved = (*args[:index], args[index] + off, *args[index + 1:])
            assert (program.call(name, *moved) == 0) if size == 1 else program.traps(name, *moved)


def test_pointers_to_nothing_are_not_looked_at(program: Program) -> None:
    assert program.call("fd_write", 1, SIZE + 3, 0, RESULT) == 0
    assert program.call("random_get", 0xFFFFFFFF, 0) == 0
    assert program.call("fd_readdir", 3, 0xFFFFFFFF, 0, 0, RESULT) == 0


def test_nothing_is_a_socket(program: Program) -> None:
    for fd, errno in ((1, Errno.NOTSOCK), (3, Errno.NOTSOCK), (99, Errno.BADF)):
        assert program.call("sock_accept", fd, 0, RESULT) == errno
        assert program.call("sock_recv", fd, 0, 0, 0, RESULT, RESULT) == errno
        assert program.call("sock_send", fd, 0, 0, 0, RESULT) == errno
        assert program.call("sock_shutdown", fd, 1) == errno


def test_every_function_survives_wild_arguments(root: Path) -> None:
    """No arguments make a function raise anything but the documented exceptions."""
    wild = (0, 1, 3, 0x100, SIZE - 1, 0x7FFFFFFF, 0xFFFFFFFF, (1 << 63) - 1, (1 << 64) - 1)
    wake = threading.Event()
    wake.set()
    for function in FUNCTIONS:
        for value in wild:
            program = Program(WasiConfig(dirs=((str(root), "/"),), stdin=None, stdout=None,
                                         stderr=None, wake=wake))
            mask = {I32: (1 << 32) - 1, I64: (1 << 64) - 1}
            with program.wasi:
                try:
                    errno = program.call(function.name, *[value & mask[t]
                                                          for t in function.params])
                    assert errno in list(Errno)
                except (Exit, Interrupted, Trap):
                    pass
