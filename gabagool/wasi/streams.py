"""The standard streams: host descriptors, callables or nothing (config.py), as one interface."""

from __future__ import annotations

import os
import select
import stat

from gabagool.errors import Interrupted
from gabagool.wasi.config import Sink, Source
from gabagool.wasi.errno import Errno, Failure
from gabagool.wasi.wait import READ, WRITE, Waiter

_OFFSET_MAX = (1 << 63) - 1
_PIPE_BUF = getattr(select, "PIPE_BUF", 512)  # what a ready pipe takes without blocking


class Stream:
    """A standard stream; `host` is the host descriptor behind it, if there is one."""

    def __init__(self, host: int | None, waiter: Waiter) -> None:
        self.host = host
        self._waiter = waiter

    @property
    def is_terminal(self) -> bool:
        return self.host is not None and os.isatty(self.host)


class Input(Stream):
    """Standard input. `consumed`: how many bytes of it the program has read.

    That is the state of the stream, and `version` changes with it. Of a regular file the program
    gets what comes after these bytes, so it finds its place again when the state is restored.
    """

    def __init__(self, source: Source, waiter: Waiter) -> None:
        super().__init__(source if isinstance(source, int) else None, waiter)
        self._source = source
        self._start = None if self.host is None else _file_offset(self.host)
        self.consumed = 0
        self.version = 0

    def read(self, size: int, block: bool) -> bytes:
        """At most `size` bytes, none at the end of the input."""
        data = self._read(size, block)
        if data:
            self.consumed += len(data)
            self.version += 1
        return data

    def _read(self, size: int, block: bool) -> bytes:
        if self._source is None:
            return b""
        if not isinstance(self._source, int):
            return self._source(size)[:size]
        if self._start is not None:
            # The file's own offset is moved too: whoever shares it goes on behind us.
            os.lseek(self._source, min(self._start + self.consumed, _OFFSET_MAX), os.SEEK_SET)
        return read_ready(self._source, size, block, self._waiter)


def _file_offset(host: int) -> int | None:
    """Where a regular file stands; None for everything that has no place to go back to."""
    return os.lseek(host, 0, os.SEEK_CUR) if _is_file(host) else None


def _is_file(host: int) -> bool:
    try:
        return stat.S_ISREG(os.fstat(host).st_mode)
    except OSError:  # closed: reading or writing will say so
        return False


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
            await_ready(fd, READ, block, waiter)
        try:
            return os.read(fd, size)
        except BlockingIOError:  # the host's descriptor is non-blocking, the guest's is not
            await_ready(fd, READ, block, waiter)


def write_ready(fd: int, data: bytes, block: bool, waiter: Waiter) -> int:
    """write(2), as `read_ready`: how many bytes were taken.

    All of them if it may block, for programs that do not look; only an interruption makes it
    fewer. Where it can be interrupted no more is written at once than a ready pipe surely takes.
    """
    piece = _PIPE_BUF if block and waiter.interruptible and not _is_file(fd) else len(data)
    done = 0
    while done < len(data):
        try:
            done += _write(fd, data[done:done + piece], block, waiter)
        except (Interrupted, OSError):  # an error shows itself in the next call
            if not done:
                raise
            break
        if not block:
            break
    return done


def _write(fd: int, data: bytes, block: bool, waiter: Waiter) -> int:
    while True:
        if not block or waiter.interruptible:
            await_ready(fd, WRITE, block, waiter)
        try:
            return os.write(fd, data)
        except BlockingIOError:
            await_ready(fd, WRITE, block, waiter)


def await_ready(fd: int, event: int, block: bool, waiter: Waiter) -> None:
    """Wait until `fd` is ready for READ or WRITE; `again` if it is not and `block` is false."""
    if not waiter.poll({fd: event}, None if block else 0):
        raise Failure(Errno.AGAIN)
