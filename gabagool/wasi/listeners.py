"""The listening sockets that a program is given, and what is done with sockets of the host."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gabagool.wasi.config import ConfigError

_BACKLOG = 128


class Listeners:
    """The TCP sockets of the settings, listening from the start to the end of a run."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self.names = tuple(address.encode() for address in addresses)
        self._sockets: list[socket.socket] = []
        try:
            for address in addresses:
                self._sockets.append(_listen(address))
        except ConfigError:
            self.close()
            raise

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """(host, port) of each: the port that the system chose where the settings say 0."""
        return tuple(each.getsockname()[:2] for each in self._sockets)

    def open(self, index: int) -> int:
        """A new host descriptor of a listening socket."""
        return os.dup(self._sockets[index].fileno())

    def close(self) -> None:
        for each in self._sockets:
            each.close()
        self._sockets.clear()


def _listen(address: str) -> socket.socket:
    host, colon, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isascii() and port.isdecimal() and int(port) < 1 << 16):
        raise ConfigError(f"a socket to listen on is given as ADDRESS:PORT, such as "
                          f"127.0.0.1:8080 or [::1]:8080, not '{address}'")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, int(port)), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise ConfigError(f"cannot listen on {address}: {error.strerror or error}") from None
    listening.setblocking(False)
    return listening


@contextmanager
def borrowed(host: int) -> Iterator[socket.socket]:
    """A Python socket over a host descriptor, which stays ours."""
    lent = socket.socket(fileno=host)
    try:
        yield lent
    finally:
        lent.detach()
