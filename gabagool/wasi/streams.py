"""The standard streams: host descriptors, callables or nothing (config.py), as one interface."""

from __future__ import annotations

import os

from gabagool.wasi.config import Sink, Source
from gabagool.wasi.errno import Errno, Failure
from gabagool.wasi.wait import READ, WRITE, Waiter


class Stream:
    """A standard stream; `host` is the host descriptor behind it, if there is one."""

    def __init__(self, host: int | None, waiter: Waiter) -> None:
        self.host = host
        self._waiter = waiter

    @property
    def is_terminal(self) -> bool:
        return self.host is not None and os.isatty(self.host)


class Input(Stream):
    """Standard input."""

    def __init__(self, source: Source, waiter: Waiter) -> None:
        super().__init__(source if isinstance(source, int) else None, waiter)
        self._source = source

    def read(self, size: int, block: bool) -> bytes:
        """At most `size` bytes, none at the end of the input."""
        if self._source is None:
            return b""
        if isinstance(self._source, int):
            return read_ready(self._source, size, block, self._waiter)
        return self._source(size)[:size]


class Output(Stream):
    """Standard output or error."""

    def __init__(self, sink: Sink, waiter: Waiter) -> None:
        super().__init__(sink if isinstance(sink, int) else None, waiter)
        self._sink = sink

    def write(self, data: bytes, block: bool) -> int:
        """How many bytes of `data` were taken."""
        if self._sink is None:
            return len(data)
        if isinstance(self._sink, int):
            return write_ready(self._sink, data, block, self._waiter)
        taken = self._sink(data)
        return len(data) if taken is None else taken


def read_ready(fd: int, size: int, block: bool, waiter: Waiter) -> bytes:
    """read(2) from a pipe, terminal or the like; `again` if that would block and must not."""
    while True:
        if not block or waiter.interruptible:
            _await(fd, READ, block, waiter)
        try:
            return os.read(fd, size)
        except BlockingIOError:  # the host's descriptor is non-blocking, the guest's is not
            _await(fd, READ, block, waiter)


def write_ready(fd: int, data: bytes, block: bool, waiter: Waiter) -> int:
    """write(2), as `read_ready`; may take only a part of `data`."""
    while True:
        if not block:
            _await(fd, WRITE, block, waiter)
        try:
            return os.write(fd, data)
        except BlockingIOError:
            _await(fd, WRITE, block, waiter)


def _await(fd: int, event: int, block: bool, waiter: Waiter) -> None:
    if not waiter.poll({fd: event}, None if block else 0):
        raise Failure(Errno.AGAIN)
