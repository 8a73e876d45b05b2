"""Long vectors of a module, scanned natively (see `binary.scanner`)."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Callable

from gabagool.binary.instrs import END
from gabagool.binary.scanner import Scanner
from gabagool.native import bulk

_SOURCE = 1 << 32        # offsets are u32


class NativeScanner:
    """A `Scanner` that is fast."""

    def numbers(self, source: bytes, at: int, end: int, count: int, out: array[int],
                offsets: array[int]) -> int:
        return _scan(bulk.functions().scan_numbers, source, at, end, count, (), (out, offsets), 1)

    def bodies(self, source: bytes, at: int, end: int, count: int, starts: array[int],
               ends: array[int]) -> int:
        return _scan(bulk.functions().scan_bodies, source, at, end, count, (END,),
                     (starts, ends), 1)

    def datas(self, source: bytes, at: int, end: int, count: int, opcode: int,
              addresses: array[int], starts: array[int], ends: array[int],
              offsets: array[int]) -> int:
        return _scan(bulk.functions().scan_datas, source, at, end, count, (opcode, END),
                     (addresses, starts, ends, offsets), 5)


def _scan(function: Callable[..., int], source: bytes, at: int, end: int, count: int,
          extra: tuple[int, ...], outs: tuple[array[int], ...], least: int) -> int:
    """Have the (empty) arrays filled; an entry has `least` bytes at least."""
    end = min(end, len(source))
    if len(source) >= _SOURCE or at >= end:
        return at
    count = min(count, (end - at) // least)
    for out in outs:
        out.frombytes(bytes(4 * count))
    reached = ctypes.c_uint64(at)
    found = function(source, at, end, count, *extra, *(out.buffer_info()[0] for out in outs),
                     ctypes.addressof(reached))
    for out in outs:
        del out[found:]
    return reached.value


def scanner(size: int) -> Scanner | None:
    """One for a module of so many bytes, unless that would cost more than it saves."""
    return NativeScanner() if size >= _WORTH and bulk.is_compiled() else None


_WORTH = 1 << 18
