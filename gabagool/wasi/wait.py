"""Blocking that can be interrupted: sleeping, and waiting for host descriptors."""

from __future__ import annotations

import select
import sys
import threading
import time
from collections.abc import Mapping
from types import ModuleType

from gabagool.errors import Interrupted

fcntl: ModuleType | None
try:
    import fcntl
    import termios
except ImportError:  # Windows
    fcntl = None

READ, WRITE, HANGUP = 0x1, 0x4, 0x10  # of poll(2); Python names them only where it exists
# A threading.Event cannot be waited for together with descriptors, so it is looked at this often.
SLICE_NS = 20_000_000


class Waiter:
    """Waits for descriptors and time, until `wake` is set."""

    def __init__(self, wake: threading.Event | None) -> None:
        self._wake = wake

    @property
    def interruptible(self) -> bool:
        return self._wake is not None

    def sleep(self, ns: int) -> None:
        """Sleep for `ns` nanoseconds."""
        seconds = min(ns / 1e9, threading.TIMEOUT_MAX)
        if self._wake is None:
            time.sleep(seconds)
        elif self._wake.wait(seconds):
            raise Interrupted

    def poll(self, interest: Mapping[int, int], timeout_ns: int | None) -> dict[int, int]:
        """Ready descriptors and their events; `interest` maps host descriptors to READ | WRITE.

        Returns nothing after `timeout_ns` (None: waits without limit).
        """
        poller = select.poll()
        for fd, events in interest.items():
            poller.register(fd, events)
        deadline = None if timeout_ns is None else time.monotonic_ns() + timeout_ns
        while True:
            left = None if deadline is None else max(deadline - time.monotonic_ns(), 0)
            ready = poller.poll(self._slice_ms(left))
            if ready or left == 0:
                return dict(ready)
            if self._wake is not None and self._wake.is_set():
                raise Interrupted

    def _slice_ms(self, left_ns: int | None) -> int | None:
        """How long one poll may last, in ms; rounded up, as waking too early is an error."""
        bound = SLICE_NS if self._wake is not None else None
        waits = [ns for ns in (left_ns, bound) if ns is not None]
        # One poll lasts at most a day: its timeout is a C int of milliseconds.
        return min(-(-min(waits) // 1_000_000), 86_400_000) if waits else None


def pending_bytes(fd: int) -> int:
    """How many bytes can be read from a ready stream; 1 where the host cannot tell."""
    if fcntl is None:
        return 1
    try:
        answer = fcntl.ioctl(fd, termios.FIONREAD, bytes(4))
    except OSError:
        return 1
    return int.from_bytes(answer, sys.byteorder)
