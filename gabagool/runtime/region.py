"""Regions: flat buffers at fixed addresses that grow in place (DESIGN 4, memories).

Address space is reserved once and committed by the system as pages are touched, so growth never
moves bytes that native code holds the address of. Bytes beyond `size` are zero.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import struct
import sys

from gabagool.errors import LimitError

# Without it the system counts what is reserved as used, and may refuse to fork the process. Some
# versions of Python don't know the name.
_LINUX = sys.platform == "linux" and os.uname().machine in ("x86_64", "aarch64")
_NORESERVE = getattr(mmap, "MAP_NORESERVE", 0x4000 if _LINUX else 0)
_FLAGS = getattr(mmap, "MAP_PRIVATE", 0) | getattr(mmap, "MAP_ANONYMOUS", 0) | _NORESERVE
_U32, _U64 = struct.Struct("<I"), struct.Struct("<Q")


class Region:
    """`size` bytes in use of `capacity` reserved, at `address`."""

    __slots__ = ("_anchor", "_map", "address", "capacity", "size", "view", "words")

    def __init__(self, capacity: int, size: int = 0) -> None:
        self.capacity = max(mmap.PAGESIZE, -(-capacity // mmap.PAGESIZE) * mmap.PAGESIZE)
        try:
            self._map = (mmap.mmap(-1, self.capacity, flags=_FLAGS) if _FLAGS
                         else mmap.mmap(-1, self.capacity))
        except (OSError, OverflowError, ValueError) as error:
            raise LimitError(f"cannot reserve {self.capacity} bytes of address space: {error}; "
                             "declare a smaller maximum") from error
        # The exported buffer keeps the mapping alive as long as anyone may use the address.
        self._anchor = (ctypes.c_char * self.capacity).from_buffer(self._map)
        self.address = ctypes.addressof(self._anchor)
        self.view = memoryview(self._map)
        self.words = self.view.cast("Q")       # the same bytes as aligned 64-bit words
        self.size = size

    def read(self, offset: int, length: int) -> bytes:
        return bytes(self.view[offset:offset + length])

    def u32(self, offset: int) -> int:
        return int(_U32.unpack_from(self.view, offset)[0])

    def u64(self, offset: int) -> int:
        return int(_U64.unpack_from(self.view, offset)[0])

    def put_u32(self, offset: int, value: int) -> None:
        _U32.pack_into(self.view, offset, value)

    def put_u64(self, offset: int, value: int) -> None:
        _U64.pack_into(self.view, offset, value)

    def truncate(self, size: int) -> None:
        """Shrink to `size`, zeroing what is given up."""
        if size < self.size:
            ctypes.memset(self.address + size, 0, self.size - size)
        self.size = size

    def give_back(self, start: int, end: int) -> None:
        """Let the system have the memory of these bytes, which are zeros and stay so."""
        first = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE
        length = end // mmap.PAGESIZE * mmap.PAGESIZE - first
        if length > 0 and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED, first, length)
