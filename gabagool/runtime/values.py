"""Values between Python and slots (spec §4.2.1): ints and floats outside, 8-byte bits inside."""

from __future__ import annotations

import struct
from typing import Any

from gabagool.native.layout import REF_HOST, REF_SHIFT
from gabagool.records import dataclass
from gabagool.text import float_of, signed
from gabagool.types import F32, F64, I32, I64, V128, ValType, valtype_name

_RANGE = {I32: 32, I64: 64}


class HostRefs:
    """Python objects that guests hold as externref; a reference is an index, never an address."""

    def __init__(self) -> None:
        self._objects: list[Any] = []

    def ref(self, value: Any) -> int:
        """The reference bits of an object; the same object gets the same reference."""
        if value is None:
            return 0
        for i, known in enumerate(self._objects):
            if known is value or (type(known) is type(value) and known == value):
                return i << REF_SHIFT | REF_HOST
        self._objects.append(value)
        return (len(self._objects) - 1) << REF_SHIFT | REF_HOST

    def value(self, bits: int) -> Any:
        if bits == 0:
            return None
        return self._objects[bits >> REF_SHIFT]

    def __len__(self) -> int:
        return len(self._objects)


@dataclass(frozen=True, slots=True)
class ExnRef:
    """A reference to an exception, by its bits, for a host function to pass."""

    bits: int


@dataclass(frozen=True, slots=True)
class HeapRef:
    """A reference to a structure or an array, or an i31, by its bits."""

    bits: int


def to_bits(t: ValType, value: Any) -> int:
    """Slot bits of a number; TypeError or OverflowError says what does not fit."""
    if t in _RANGE:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{valtype_name(t)} wants an int, not {type(value).__name__}")
        width = _RANGE[t]
        if not -(1 << (width - 1)) <= value < 1 << width:
            raise OverflowError(f"{value} does not fit {valtype_name(t)}")
        return value & ((1 << width) - 1)
    if t == V128:
        return _vector_bits(value)
    if t in (F32, F64):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{valtype_name(t)} wants a float, not {type(value).__name__}")
        return float_bits(t, float(value))
    raise TypeError(f"a {valtype_name(t)} is not a number")


def _vector_bits(value: Any) -> int:
    """A v128 is an int of 128 bits, or its 16 bytes as they lie in memory."""
    if isinstance(value, bytes | bytearray):
        if len(value) != 16:
            raise OverflowError(f"a v128 has 16 bytes, not {len(value)}")
        return int.from_bytes(value, "little")
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"v128 wants an int or 16 bytes, not {type(value).__name__}")
    if not 0 <= value < 1 << 128:
        raise OverflowError(f"{value} does not fit v128")
    return value


def float_bits(t: ValType, value: float) -> int:
    if t == F64:
        return int.from_bytes(struct.pack("<d", value), "little")
    try:
        return int.from_bytes(struct.pack("<f", value), "little")
    except OverflowError:
        return 0xFF800000 if value < 0 else 0x7F800000


def from_bits(t: ValType, bits: int) -> int | float:
    """A number as Python value: ints signed, floats as float, a v128 as int of 128 bits."""
    if t in _RANGE:
        return signed(bits, _RANGE[t])
    if t in (F32, F64):
        return float_of(t, bits)
    return bits


