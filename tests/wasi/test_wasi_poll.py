"""poll_oneoff."""

import os
import threading
import time
from pathlib import Path
from struct import pack

import pytest

from gabagool.wasi import Interrupted, WasiConfig
from gabagool.wasi.errno import Errno
from gabagool.wasi.types import EVENTRW_HANGUP, PREVIEW1, UNSTABLE, Oflags, Right
from tests.wasi.program import BUFFER, PATH, RESULT, SIZE, Program

CLOCK, READ, WRITE = 0, 1, 2
REALTIME, MONOTONIC = 0, 1
MS = 1_000_000


def clock(timeout: int, clockid: int = MONOTONIC, flags: int = 0, userdata: int = 1) -> bytes:
    return pack("<QB7xI4xQQH6x", userdata, CLOCK, clockid, timeout, 0, flags)


def ready(fd: int, kind: int, userdata: int = 2) -> bytes:
    return pack("<QB7xI28x", userdata, kind, fd)


def now(program: Program, clockid: int) -> int:
    assert program.call("clock_time_get", clockid, 0, RESULT) == 0
    return program.u64()


def test_sleeping(program: Program) -> None:
    for clockid in (REALTIME, MONOTONIC):
        start = time.monotonic_ns()
        assert program.poll(clock(20 * MS, clockid)) == [(1, 0, CLOCK, 0, 0)]
        assert 20 * MS <= time.monotonic_ns() - start < 500 * MS
        deadline = now(program, clockid) + 10 * MS
        assert program.poll(clock(deadline, clockid, flags=1)) == [(1, 0, CLOCK, 0, 0)]
        assert now(program, clockid) >= deadline


def test_deadlines_that_have_passed(program: Program) -> None:
    assert program.poll(clock(0), clock(5, flags=1, userdata=9), clock(10**15, userdata=8)) == [
        (1, 0, CLOCK, 0, 0), (9, 0, CLOCK, 0, 0)]


def test_the_first_deadline_ends_the_wait(program: Program) -> None:
    assert program.poll(clock(10**15), clock(5 * MS, userdata=7)) == [(7, 0, CLOCK, 0, 0)]


def test_virtual_time_passes_at_once() -> None:
    program = Program(WasiConfig(stdin=None, realtime=0))
    hour = 3600 * 10**9
    start = time.monotonic()
    assert program.poll(clock(hour)) == [(1, 0, CLOCK, 0, 0)]
    assert time.monotonic() - start < 5
    assert now(program, MONOTONIC) >= hour
    assert program.poll(clock((1 << 64) - 1, REALTIME)) == [(1, 0, CLOCK, 0, 0)]


def test_regular_files_are_always_ready(program: Program, root: Path) -> None:
    (root / "file").write_bytes(b"0123456789")
    fd = program.opened("file")
    assert program.seek(fd, 4) == 0
    events = program.poll(ready(fd, READ), ready(fd, WRITE, 3), clock(10**15))
    assert events == [(2, 0, READ, 6, 0), (3, 0, WRITE, 1, 0)]
    assert program.seek(fd, 40) == 0
    assert program.poll(ready(fd, READ)) == [(2, 0, READ, 0, 0)]


def test_pipes() -> None:
    read, write = os.pipe()
    program = Program(WasiConfig(stdin=read, stdout=write, stderr=None))
    events = program.poll(ready(0, READ), ready(1, WRITE, 3), ready(2, WRITE, 4))
    assert events == [(3, 0, WRITE, 1, 0), (4, 0, WRITE, 1, 0)]
    assert program.poll(ready(0, READ), clock(5 * MS)) == [(1, 0, CLOCK, 0, 0)]
    timer = threading.Timer(0.03, os.write, (write, b"abc"))
    timer.start()
    assert program.poll(ready(0, READ), clock(10**15)) == [(2, 0, READ, 3, 0)]
    timer.join()
    os.close(write)
    ((userdata, error, kind, _, flags),) = program.poll(ready(0, READ))
    assert (userdata, error, kind, flags) == (2, 0, READ, EVENTRW_HANGUP)
    os.close(read)


def test_errors_belong_to_their_subscriptions(program: Program, root: Path) -> None:
    fd = program.opened("file", Oflags.CREAT, Right.FD_READ)
    events = program.poll(
        ready(99, READ, 1), ready(1, READ, 2), ready(0, WRITE, 3), ready(3, READ, 4),
        ready(fd, READ, 5), clock(1, 9, userdata=6), clock(1, 2, userdata=7),
        clock(10**15, userdata=8))
    assert [(event[0], event[1]) for event in events] == [
        (1, Errno.BADF), (2, Errno.BADF), (3, Errno.BADF), (4, Errno.BADF),
        (5, Errno.NOTCAPABLE), (6, Errno.INVAL), (7, Errno.INVAL)]


def test_errors_of_the_call(program: Program) -> None:
    assert program.call("poll_oneoff", PATH, BUFFER, 0, RESULT) == Errno.INVAL
    address = program.put(pack("<QB39x", 1, 3))[0]
    assert program.call("poll_oneoff", address, BUFFER, 1, RESULT) == Errno.INVAL
    address = program.put(clock(0))[0]
    assert program.traps("poll_oneoff", SIZE - 47, BUFFER, 1, RESULT)
    assert program.traps("poll_oneoff", address, SIZE - 31, 1, RESULT)
    assert program.traps("poll_oneoff", address, BUFFER, 1, SIZE - 3)
    assert program.traps("poll_oneoff", address, BUFFER, 0xFFFFFFFF, RESULT)


@pytest.mark.parametrize("with_pipe", [False, True])
def test_interrupting(with_pipe: bool) -> None:
    read, write = os.pipe()
    wake = threading.Event()
    program = Program(WasiConfig(stdin=read, wake=wake))
    subscriptions = [clock(10**15)] + [ready(0, READ)] * with_pipe
    timer = threading.Timer(0.05, wake.set)
    timer.start()
    start = time.monotonic()
    with pytest.raises(Interrupted):
        program.poll(*subscriptions)
    assert time.monotonic() - start < 5
    timer.join()
    wake.clear()
    assert program.poll(clock(MS)) == [(1, 0, CLOCK, 0, 0)]
    os.close(read)
    os.close(write)


def test_subscriptions_of_wasi_unstable() -> None:
    assert (PREVIEW1.subscription_size, UNSTABLE.subscription_size) == (48, 56)
    program = Program(WasiConfig(stdin=None), UNSTABLE)
    two = b"".join(pack("<QB7xQI4xQQH6x", userdata, CLOCK, 77, MONOTONIC, MS, 0, 0)
                   for userdata in (1, 2))
    assert program.call("poll_oneoff", program.put(two)[0], BUFFER, 2, RESULT) == 0
    assert program.u32() >= 1
