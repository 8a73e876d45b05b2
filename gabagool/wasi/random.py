"""`random_get`, from the host's generator or from a seed."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any

from gabagool.wasi.guest import Guest
from gabagool.wasi.restore import fields

if TYPE_CHECKING:
    from gabagool.wasi.process import Process

_CHUNK = 1 << 16


class Random:
    """A source of random bytes; with a seed the same ones in every run.

    The state is how many chunks a seeded source has given, 0 for the host's.
    """

    def __init__(self, seed: int | None) -> None:
        self.version = 0
        self._seed = None if seed is None else b"%d" % seed
        self._given = 0

    def chunk(self, size: int) -> bytes:
        """`size` bytes."""
        if self._seed is None:
            return os.urandom(size)
        self._given += 1
        self.version += 1
        return hashlib.shake_256(b"%d/%s" % (self._given, self._seed)).digest(size)

    def state(self) -> int:
        return self._given

    def restore(self, obj: Any) -> None:
        (self._given,) = fields((obj,), "random source", int)
        self.version += 1


def random_get(process: Process, guest: Guest, buf: int, buf_len: int) -> None:
    """Fill a buffer with random bytes."""
    guest.check(buf, buf_len)
    for start in range(0, buf_len, _CHUNK):
        guest.write(buf + start, process.random.chunk(min(_CHUNK, buf_len - start)))
