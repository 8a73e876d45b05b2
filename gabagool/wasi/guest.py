"""The guest's side of one call: its memory, its ABI, and where its output is recorded."""

from __future__ import annotations

from typing import Protocol

from gabagool.errors import Trap
from gabagool.wasi.errno import Errno, Failure
from gabagool.wasi.types import IOVEC, U32, U64, Abi

# The longest path accepted, as PATH_MAX of Linux: longer ones are an attack on the walker.
PATH_MAX = 4096
# The most bytes that one call moves (Linux has such a limit too: 0x7ffff000). Overlapping
# iovecs would otherwise let a small guest make the host gather gigabytes.
TRANSFER_MAX = 1 << 30


class Memory(Protocol):
    """The runtime's handle of a linear memory; out-of-bounds accesses raise Trap."""

    @property
    def size(self) -> int: ...
    def read(self, addr: int, n: int, /) -> bytes: ...
    def write(self, addr: int, data: bytes, /) -> None: ...


class Caller(Protocol):
    """What the runtime hands to a host function."""

    @property
    def memory(self) -> Memory: ...
    def output(self, fd: int, data: bytes, /) -> None: ...


Vectors = list[tuple[int, int]]


class Guest:
    """Typed access to the calling instance's memory; addresses are guest addresses (u32).

    A pointer that is out of bounds or misaligned traps, as witx-docs demands ("shall trap") and
    wasmtime does. One to nothing (length 0) is not looked at.
    """

    __slots__ = ("abi", "caller")

    def __init__(self, caller: Caller, abi: Abi) -> None:
        self.caller = caller
        self.abi = abi

    def check(self, addr: int, size: int, align: int = 1) -> None:
        """Trap unless the range is in memory and starts at a multiple of `align`.

        Called for result pointers before a function has effects: who goes back to the call in
        a debugger finds the pipe unread and the file not made.
        """
        if not size:
            return
        if addr % align:
            raise Trap(f"misaligned pointer to a WASI function: 0x{addr:x} is no multiple "
                       f"of {align}")
        if addr + size > self.caller.memory.size:
            raise Trap(f"out of bounds pointer to a WASI function: {size} bytes at 0x{addr:x}")

    def read(self, addr: int, size: int, align: int = 1) -> bytes:
        self.check(addr, size, align)
        return self.caller.memory.read(addr, size) if size else b""

    def write(self, addr: int, data: bytes, align: int = 1) -> None:
        self.check(addr, len(data), align)
        if data:
            self.caller.memory.write(addr, data)

    def put_u32(self, addr: int, value: int) -> None:
        self.write(addr, U32.pack(value), 4)

    def put_u64(self, addr: int, value: int) -> None:
        self.write(addr, U64.pack(value), 8)

    def path(self, addr: int, size: int) -> bytes:
        """A path argument: UTF-8 (`ilseq`), no NUL (`inval`), not too long (`nametoolong`)."""
        self.check(addr, size)
        if size > PATH_MAX:
            raise Failure(Errno.NAMETOOLONG)
        path = self.read(addr, size)
        try:
            path.decode("utf-8")
        except UnicodeDecodeError:
            raise Failure(Errno.ILSEQ) from None
        if b"\0" in path:
            raise Failure(Errno.INVAL)
        return path

    def vectors(self, addr: int, count: int) -> Vectors:
        """The (address, length) pairs of an iovec array, all in memory, at most TRANSFER_MAX."""
        vectors: Vectors = []
        room = TRANSFER_MAX
        for start, size in IOVEC.iter_unpack(self.read(addr, count * IOVEC.size, 4)):
            self.check(start, size)
            if size and room:
                vectors.append((start, min(size, room)))
                room -= vectors[-1][1]
        return vectors

    def gather(self, vectors: Vectors) -> bytes:
        """The bytes that the vectors hold, in order."""
        return b"".join([self.read(addr, size) for addr, size in vectors])

    def scatter(self, vectors: Vectors, data: bytes) -> None:
        """Store `data` (no longer than the vectors together) in the vectors, in order."""
        start = 0
        for addr, size in vectors:
            if start >= len(data):
                return
            self.write(addr, data[start:start + size])
            start += size


def total(vectors: Vectors) -> int:
    """How many bytes the vectors hold."""
    return sum(size for _, size in vectors)
