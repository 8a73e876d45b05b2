"""The form in which lowered code is kept: rows, one a function, that native code reads, too.

Code lies as it will lie when it is threaded, so that all of it is threaded in one go. Functions
whose words need units beside the main one come last: those are threaded when they are called.
"""

from __future__ import annotations

import ctypes
import struct
from array import array
from collections.abc import Iterator, Sequence

from gabagool.isa import UNITS
from gabagool.native.descriptors import CODE_ALIGN, KeptRow
from gabagool.syntax import Module
from gabagool.valid.lowered import Lowered

# Number of rows, of those without units, bytes of code, of the code of those, where tables begin.
_HEAD = struct.Struct("<5Q")
_HEAD_SIZE = -(-_HEAD.size // CODE_ALIGN) * CODE_ALIGN
_WIDTH = KeptRow.BYTES // 4
_UNIT_SETS = [frozenset(name for bit, name in enumerate(UNITS) if mask >> bit & 1)
              for mask in range(1 << len(UNITS))]


class KeptCode:
    """The functions in a payload that `packed` made; it is trusted."""

    def __init__(self, payload: bytes, module: Module) -> None:
        self._module = module
        self._payload = payload
        count, self.plain, size, self.size, tables = _HEAD.unpack_from(payload)
        view = memoryview(payload)
        rows_end = _HEAD_SIZE + count * KeptRow.BYTES
        self._rows = view[_HEAD_SIZE:rows_end].cast("I")
        self._code = view[rows_end:rows_end + size]
        self._rest = view[rows_end + size:tables]
        self.funcidxs = self._column(KeptRow.FUNCIDX)
        self._numbers = {funcidx: i for i, funcidx in enumerate(self.funcidxs)}
        start = ctypes.cast(ctypes.c_char_p(payload), ctypes.c_void_p).value or 0
        self.rows_address, self.code_address = start + _HEAD_SIZE, start + rows_end

    def _column(self, field: KeptRow) -> list[int]:
        return self._rows[field >> 2::_WIDTH].tolist()

    @property
    def starts(self) -> list[int]:
        """Where the code of each function lies in the code of all."""
        return self._column(KeptRow.AT)

    def __len__(self) -> int:
        return len(self.funcidxs)

    def __iter__(self) -> Iterator[Lowered]:
        return (self._read(i) for i in range(len(self)))

    def get(self, funcidx: int) -> Lowered | None:
        """The lowered body of a function, if it is there."""
        found = self._numbers.get(funcidx)
        return None if found is None else self._read(found)

    def _read(self, number: int) -> Lowered:
        (funcidx, at, length, size, header, zero, frame, units, words, variables, first,
         first_type) = self._rows[number * _WIDTH:(number + 1) * _WIDTH]
        functype = self._module.functype(funcidx)
        return Lowered(funcidx, functype.params, functype.results,
                       tuple(self._array("Q", first_type, variables)), zero,
                       header, frame, bytes(self._code[at:at + size]), length,
                       self._array("I", first, words), _UNIT_SETS[units])


    def _array(self, kind: str, start: int, count: int) -> array[int]:
        found: array[int] = array(kind)
        found.frombytes(self._rest[start:start + count * found.itemsize])
        return found


def without_handlers(functions: Sequence[Lowered]) -> list[Lowered]:
    """Those that may be kept: functions that catch exceptions are few, and stay out."""
    return [f for f in functions if not f.handlers]


def tables_of(payload: bytes) -> memoryview:
    """What lies behind the code."""
    return memoryview(payload)[_HEAD.unpack_from(payload)[-1]:]


def packed(functions: Sequence[Lowered], tables: bytes = b"") -> bytes:
    """Functions without exception handlers, as `KeptCode` wants them, and anything else."""
    order = sorted(functions, key=lambda f: (bool(f.units), f.funcidx))
    rows = array("I")
    code: list[bytes] = []
    rest: list[bytes] = []
    at = behind = plain = plain_size = 0
    for f in order:
        types = array("Q", f.locals).tobytes()
        offsets = f.offsets.tobytes()
        rows.extend((f.funcidx, at, f.length, len(f.code), f.header, f.param_size, f.frame,
                     _UNIT_SETS.index(f.units), len(f.offsets), len(f.locals),
                     behind + len(types), behind))
        gap = -len(f.code) % CODE_ALIGN
        code += (f.code, bytes(gap))
        rest += (types, offsets)
        at += len(f.code) + gap
        behind += len(types) + len(offsets)
        if not f.units:
            plain, plain_size = plain + 1, at
    end = _HEAD_SIZE + len(order) * KeptRow.BYTES + at + behind
    head = _HEAD.pack(len(order), plain, at, plain_size, end).ljust(_HEAD_SIZE, b"\0")
    return b"".join((head, rows.tobytes(), *code, *rest, tables))
