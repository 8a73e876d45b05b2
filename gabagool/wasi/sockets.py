"""Sockets: `sock_accept`, `sock_recv`, `sock_send`, `sock_shutdown` on TCP streams.

A program can only have the listening sockets it was given and the connections it accepted on
them. All of the host's sockets are non-blocking; waiting is the Waiter's, so it can be
interrupted. In a process that did not accept it, a restored connection is one that its peer has
reset: servers know how to go on from there.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from gabagool.errors import Interrupted
from gabagool.wasi.descriptor import Socket
from gabagool.wasi.errno import Errno, Failure
from gabagool.wasi.guest import Guest, total
from gabagool.wasi.listeners import borrowed
from gabagool.wasi.streams import await_ready, write_ready
from gabagool.wasi.types import Fdflags, Riflags, Right, Sdflags
from gabagool.wasi.wait import READ

if TYPE_CHECKING:
    from gabagool.wasi.process import Process


def sock_accept(process: Process, guest: Guest, fd: int, flags: int, result: int) -> None:
    """Accept a connection on a listening socket; `result`: its descriptor.

    `flags` are the fdflags of the connection; only `nonblock` means something for one.
    """
    if flags & ~Fdflags.NONBLOCK:
        raise Failure(Errno.INVAL)
    table = process.table
    listener = table.socket(fd, Right.SOCK_ACCEPT)
    guest.check(result, 4, 4)
    if listener.listener is None:
        raise Failure(Errno.INVAL)
    host = _accept(process, table.host(listener), not listener.flags & Fdflags.NONBLOCK)
    handle = table.new_handle(host, None, True, True)
    connection = Socket(listener.inheriting & Right.CONNECTION, 0, flags, handle, None)
    guest.put_u32(result, table.add(connection))


def _accept(process: Process, host: int, block: bool) -> int:
    with borrowed(host) as listening:
        while True:
            try:
                connection, _ = listening.accept()
            except BlockingIOError:
                await_ready(host, READ, block, process.waiter)
                continue
            connection.setblocking(False)
            return connection.detach()


def sock_recv(process: Process, guest: Guest, fd: int, iovs: int, iovs_len: int, flags: int,
              result: int, result_flags: int) -> None:
    """Receive; `result`: the bytes received, 0 at the end; `result_flags`: roflags, always 0 as
    a stream has no messages that could be cut off."""
    if flags & ~Riflags.ALL:
        raise Failure(Errno.INVAL)
    connection, host = _connection(process, fd, Right.FD_READ)
    vectors = guest.vectors(iovs, iovs_len)
    guest.check(result, 4, 4)
    guest.check(result_flags, 2, 2)
    data = _receive(process, connection, host, total(vectors), flags)
    guest.scatter(vectors, data)
    guest.put_u32(result, len(data))
    guest.write(result_flags, bytes(2), 2)


def _receive(process: Process, connection: Socket, host: int, size: int, flags: int) -> bytes:
    if not size:
        return b""
    block = not connection.flags & Fdflags.NONBLOCK
    peek = socket.MSG_PEEK if flags & Riflags.PEEK else 0
    data = b""
    with borrowed(host) as lent:
        while True:
            try:
                piece = lent.recv(size - len(data), peek)
            except BlockingIOError:
                try:
                    await_ready(host, READ, block, process.waiter)
                except (Failure, Interrupted):  # as a signal does it: what is there is given
                    if data:
                        return data
                    raise
                continue
            data += piece
            # Peeking sees the same bytes again, so it cannot wait for all.
            if not flags & Riflags.WAITALL or peek or not piece or len(data) == size:
                return data


def sock_send(process: Process, guest: Guest, fd: int, iovs: int, iovs_len: int, flags: int,
              result: int) -> None:
    """Send; `result`: the bytes sent, which may be a part. There are no siflags yet."""
    if flags:
        raise Failure(Errno.INVAL)
    connection, host = _connection(process, fd, Right.FD_WRITE)
    data = guest.gather(guest.vectors(iovs, iovs_len))
    guest.check(result, 4, 4)
    block = not connection.flags & Fdflags.NONBLOCK
    guest.put_u32(result, write_ready(host, data, block, process.waiter) if data else 0)


def sock_shutdown(process: Process, guest: Guest, fd: int, how: int) -> None:
    """Close one or both directions of a connection."""
    if not how or how & ~Sdflags.ALL:
        process.table.socket(fd)  # what is no socket is a worse mistake
        raise Failure(Errno.INVAL)
    _, host = _connection(process, fd, Right.SOCK_SHUTDOWN)
    with borrowed(host) as lent:
        lent.shutdown({Sdflags.RD: socket.SHUT_RD, Sdflags.WR: socket.SHUT_WR}.get(
            how, socket.SHUT_RDWR))


def _connection(process: Process, fd: int, rights: int) -> tuple[Socket, int]:
    """A connection and its host descriptor: `notconn` for a listening socket."""
    descriptor = process.table.socket(fd)
    if descriptor.listener is not None:
        raise Failure(Errno.NOTCONN)
    descriptor = process.table.socket(fd, rights)
    return descriptor, process.table.host(descriptor)

