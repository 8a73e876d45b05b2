"""`clock_res_get`, `clock_time_get`, and the clocks behind them (nanoseconds throughout)."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from gabagool.errors import SnapshotError
from gabagool.wasi.errno import Errno, Failure
from gabagool.wasi.guest import Guest
from gabagool.wasi.restore import fields, sequence
from gabagool.wasi.types import Clockid
from gabagool.wasi.wait import Waiter

if TYPE_CHECKING:
    from gabagool.wasi.process import Process

_U64 = (1 << 64) - 1
# Virtual time passes by this much with every reading, so that a guest that waits for a
# deadline by reading the clock in a loop comes to an end.
TICK_NS = 1_000


class Clocks(ABC):
    """The guest's clocks by `Clockid`; `version` changes with the state."""

    virtual: bool  # whether sleeping takes no real time

    def __init__(self) -> None:
        self.version = 0

    @abstractmethod
    def read(self, clock: int) -> int:
        """The time of a clock; `inval` for an unknown one."""

    @abstractmethod
    def resolution(self, clock: int) -> int:
        """The smallest step of a clock, at least 1; `inval` for an unknown one."""

    @abstractmethod
    def sleep(self, ns: int) -> None:
        """Let `ns` nanoseconds pass."""

    @abstractmethod
    def state(self) -> tuple[int, ...]: ...

    @abstractmethod
    def restore(self, obj: Any) -> None: ...


class HostClocks(Clocks):
    """The host's clocks. All but realtime start at 0 with the program.

    The state holds the last reading of each of those: after a restore they go on from there, so
    that the time for which a snapshot lay in a file does not pass for the guest.
    """

    virtual = False

    # Monotonic, process CPU, thread CPU. A guest has one thread, but the engine may run it on
    # several of the host's in turn: its CPU time is the process's, or it would jump backwards.
    _SOURCES = (
        (time.monotonic_ns, time.get_clock_info("monotonic")),
        (time.process_time_ns, time.get_clock_info("process_time")),
        (time.process_time_ns, time.get_clock_info("process_time")),
    )

    def __init__(self, waiter: Waiter) -> None:
        super().__init__()
        self._waiter = waiter
        self._start_at((0, 0, 0))

    def _start_at(self, readings: tuple[int, ...]) -> None:
        self._last = readings
        self._origins = tuple(source() - last for (source, _), last
                              in zip(self._SOURCES, readings, strict=True))

    def read(self, clock: int) -> int:
        if _known(clock) == Clockid.REALTIME:
            return time.time_ns()
        index = clock - Clockid.MONOTONIC
        now = self._SOURCES[index][0]() - self._origins[index]
        self._last = (*self._last[:index], now, *self._last[index + 1:])
        self.version += 1
        return now

    def resolution(self, clock: int) -> int:
        if _known(clock) == Clockid.REALTIME:
            info = time.get_clock_info("time")
        else:
            info = self._SOURCES[clock - Clockid.MONOTONIC][1]
        return max(round(info.resolution * 1e9), 1)

    def sleep(self, ns: int) -> None:
        self._waiter.sleep(ns)

    def state(self) -> tuple[int, ...]:
        return self._last

    def restore(self, obj: Any) -> None:
        if len(sequence(obj, "clocks")) == 1:
            raise SnapshotError("the program had a fixed clock; give it one again (--clock)")
        self._start_at(fields(obj, "clocks", int, int, int))
        self.version += 1


class VirtualClocks(Clocks):
    """Clocks that are the same in every run: only readings and sleeps move them on."""

    virtual = True

    def __init__(self, realtime: int) -> None:
        super().__init__()
        self._realtime = realtime
        self._passed = 0

    def read(self, clock: int) -> int:
        start = self._realtime if _known(clock) == Clockid.REALTIME else 0
        self.sleep(TICK_NS)
        return min(start + self._passed, _U64)

    def resolution(self, clock: int) -> int:
        _known(clock)
        return TICK_NS

    def sleep(self, ns: int) -> None:
        self._passed = min(self._passed + ns, _U64)
        self.version += 1

    def state(self) -> tuple[int, ...]:
        return (self._passed,)

    def restore(self, obj: Any) -> None:
        if len(sequence(obj, "clocks")) == 3:
            raise SnapshotError("the program had the system's clocks; give it no fixed one "
                                "(--clock)")
        (self._passed,) = fields(obj, "virtual clock", int)
        self.version += 1


def _known(clock: int) -> int:
    if clock > Clockid.THREAD_CPUTIME:
        raise Failure(Errno.INVAL)
    return clock


def clock_res_get(process: Process, guest: Guest, clock: int, result: int) -> None:
    """The resolution of a clock."""
    guest.put_u64(result, process.clocks.resolution(clock))


def clock_time_get(process: Process, guest: Guest, clock: int, precision: int,
                   result: int) -> None:
    """The time of a clock. Any `precision` (allowed lag) is met: the reading is always exact."""
    guest.check(result, 8, 8)
    guest.put_u64(result, process.clocks.read(clock))
