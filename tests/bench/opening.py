"""From the command `gaba-debug` to its first picture, and to the program's first step on screen."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import median

from tests.bench.kernels import PROGRAMS
from tests.bench.report import Effort, Row, Table, at_most, number
from tests.packaged import ENVIRONMENT, cpython

PICTURE, STOP = 0.7, 3.0        # s, the goals
_PATIENCE = 60.0
_SIZE = struct.pack("HHHH", 40, 120, 0, 0)


@dataclass(frozen=True)
class Case:
    """A program, the words behind its name, and the seconds in which its first step is to show,
    if that is a goal."""

    program: str
    words: tuple[str, ...] = ()
    goal: float | None = None


CASES = (
    Case(str(PROGRAMS / "corruption.wasm")),
    *(Case(str(path), ("--", "-c", "print(1)"), STOP) for path in [cpython()] if path is not None),
)


def measure(effort: Effort, cases: Sequence[Case] = CASES) -> Iterator[Table]:
    """A row for each program; the first run, which fills caches, doesn't count."""
    rows: list[Row] = []
    goals = []
    for case in cases:
        times = [_open(case) for _ in range(effort.rounds + 1)][1:]
        pictures, steps = zip(*times, strict=True)
        name = os.path.basename(case.program)
        rows.append((name, str(len(times)), number(median(pictures)), number(median(steps))))
        goals.append(at_most(f"{name}, first picture", median(pictures), PICTURE, " s"))
        if case.goal is not None:
            goals.append(at_most(f"{name}, first step", median(steps), case.goal, " s"))
    yield Table("Opening a program", ("program", "times", "first picture s", "first step s"), rows,
                tuple(goals))


def _open(case: Case) -> tuple[float, float]:
    """Seconds to the program's name on a terminal, and to its first step."""
    name = os.path.basename(case.program).encode()
    start = time.perf_counter()
    pid, terminal = pty.fork()
    if not pid:
        words = [sys.executable, "-m", "debugger.main", case.program, *case.words]
        os.execve(sys.executable, words, {**os.environ, **ENVIRONMENT, "TERM": "xterm-256color"})
    try:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, _SIZE)
        seen, picture = b"", 0.0
        while b"step 0" not in seen:
            seen += _read(terminal, start)
            now = time.perf_counter() - start
            if not picture and name in seen:
                picture = now
        return picture, now
    finally:
        _end(pid, terminal)


def _read(terminal: int, start: float) -> bytes:
    left = start + _PATIENCE - time.perf_counter()
    if left <= 0 or not select.select([terminal], [], [], left)[0]:
        raise TimeoutError("the debugger shows nothing")
    return os.read(terminal, 1 << 16)


def _end(pid: int, terminal: int) -> None:
    """As a user leaves; what it still writes must be read, or it waits for that."""
    with suppress(OSError):
        os.write(terminal, b"q")
        while os.read(terminal, 1 << 16):
            pass
    os.waitpid(pid, 0)
    os.close(terminal)
