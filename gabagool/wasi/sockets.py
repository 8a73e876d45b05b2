"""Sockets. No descriptor is one so far: nothing can be listened on, so every call fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gabagool.wasi.errno import Errno, Failure
from gabagool.wasi.guest import Guest

if TYPE_CHECKING:
    from gabagool.wasi.process import Process


def _socket(process: Process, fd: int) -> None:
    """The socket of a descriptor: `badf` if it is closed, `notsock` as it is something else."""
    process.table.get(fd)
    raise Failure(Errno.NOTSOCK)


def sock_accept(process: Process, guest: Guest, fd: int, flags: int, result: int) -> None:
    """Accept a connection of a listening socket; `result`: its descriptor."""
    _socket(process, fd)


def sock_recv(process: Process, guest: Guest, fd: int, iovs: int, iovs_len: int, flags: int,
              result: int, result_flags: int) -> None:
    """Receive a message; `result`: its bytes, `result_flags`: its roflags."""
    _socket(process, fd)


def sock_send(process: Process, guest: Guest, fd: int, iovs: int, iovs_len: int, flags: int,
              result: int) -> None:
    """Send a message; `result`: the bytes sent."""
    _socket(process, fd)


def sock_shutdown(process: Process, guest: Guest, fd: int, how: int) -> None:
    """Close one or both directions of a socket."""
    _socket(process, fd)
