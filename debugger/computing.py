"""The values of typed expressions, as the engine's native code computes them.

Integers are computed signed, in the type of the node, wrapping as wasm does; if either side is a
float, both are doubles.
"""

from __future__ import annotations

import operator
import struct
from collections.abc import Callable

from debugger.values import float_of, signed
from gabagool.native.nodes import Binary, Const, Depth, Node, Place, Read, Unary
from gabagool.types import F32, F64, I32, V128, ValType

FLOATS = (F32, F64)
COMPARE = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
           ">": operator.gt, ">=": operator.ge}
MASK = (1 << 64) - 1

MemoryReader = Callable[[int, int, int], bytes]     # memory, address, size


class Absent(Exception):
    """It can't be computed: memory out of bounds, or a division by zero."""


def no_memory(_memory: int, _address: int, _size: int) -> bytes:
    raise Absent("there is no memory here")


def compute(node: Node, read: MemoryReader) -> int:
    """The bits of an expression without places, as native code computes them; else Absent."""
    if isinstance(node, Const):
        return node.bits
    if isinstance(node, Read):
        address, size = compute(node.address, read), struct.calcsize(node.layout)
        (value,) = struct.unpack(node.layout, read(node.memory or 0, address, size))
        return int.from_bytes(value, "little") if node.type == V128 else value & _mask(node.type)
    if isinstance(node, Unary):
        return _unary(node, read)
    if isinstance(node, Place | Depth):
        raise TypeError("a place has no value without a machine")
    if node.sign in ("&&", "||"):
        left = _truth(node.left, read)
        decided = left == (node.sign == "||")
        return int(left if decided else _truth(node.right, read))
    a, b = (_value(part, read) for part in (node.left, node.right))
    if node.sign in COMPARE:
        return int(COMPARE[node.sign](a, b))
    if isinstance(a, float) or isinstance(b, float):
        return _float_bits(node.type, _floats(node.sign, float(a), float(b)))
    return _integers(node, a, b) & _mask(node.type)


def _mask(type_: ValType) -> int:
    return 0xFFFFFFFF if type_ in (I32, F32) else MASK


def _value(node: Node, read: MemoryReader) -> int | float:
    bits = compute(node, read)
    if node.type in FLOATS:
        return float_of(node.type, bits)
    return signed(bits, 32 if node.type == I32 else 64)


def _truth(node: Node, read: MemoryReader) -> bool:
    return bool(_value(node, read))


def _unary(node: Unary, read: MemoryReader) -> int:
    if node.sign == "!":
        return int(not _truth(node.operand, read))
    bits = compute(node.operand, read)
    if node.type in FLOATS:
        return bits ^ (_mask(node.type) + 1 >> 1)
    return (~bits if node.sign == "~" else -bits) & _mask(node.type)


def _integers(node: Binary, a: int, b: int) -> int:
    if node.sign in ("/", "%"):
        if b == 0:
            raise Absent("division by zero")
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return quotient if node.sign == "/" else a - quotient * b
    if node.sign in ("<<", ">>"):
        count = b & (31 if node.type == I32 else 63)
        return a << count if node.sign == "<<" else a >> count
    return int({"+": operator.add, "-": operator.sub, "*": operator.mul, "&": operator.and_,
                "|": operator.or_, "^": operator.xor}[node.sign](a, b))


def _floats(sign: str, a: float, b: float) -> float:
    if sign == "/":
        if b == 0:
            raise Absent("division by zero")
        return a / b
    return float({"+": operator.add, "-": operator.sub, "*": operator.mul}[sign](a, b))


def _float_bits(type_: ValType, value: float) -> int:
    if type_ == F64:
        return int(struct.unpack("<Q", struct.pack("<d", value))[0])
    try:
        return int(struct.unpack("<I", struct.pack("<f", value))[0])
    except OverflowError:
        return 0x7F800000 if value > 0 else 0xFF800000
