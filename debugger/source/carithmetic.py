"""What C makes of numbers: types of literals and results, and the arithmetic itself."""

from __future__ import annotations

import struct
from collections.abc import Callable

from debugger.exchange import CommandError
from debugger.source import kinds
from debugger.source.held import Held
from debugger.source.kinds import BOOL, CHAR, DOUBLE, INT, LONG_LONG, UNSIGNED, VOID, Type

_ESCAPES = {"n": 10, "t": 9, "r": 13, "0": 0, "\\": 92, "'": 39, '"': 34, "a": 7, "b": 8}
_BASIC = {"int", "char", "long", "short", "unsigned", "signed", "float", "double", "bool", "void"}


def _quotient(a: int, b: int) -> int:
    """As C has it: towards zero."""
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


COMPUTE: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
    "/": _quotient, "%": lambda a, b: a - b * _quotient(a, b),
    "&": lambda a, b: a & b, "|": lambda a, b: a | b, "^": lambda a, b: a ^ b,
    "<<": lambda a, b: a << b, ">>": lambda a, b: a >> b,
}
COMPARE: dict[str, Callable[[int | float, int | float], bool]] = {
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b,
    ">": lambda a, b: a > b, "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
}


def constant(type_: Type, value: int) -> Held:
    """An integer or pointer that lies nowhere in memory."""
    size = kinds.bare(type_).size or 4
    return Held(type_, None, (value & (1 << 8 * size) - 1).to_bytes(size, "little"))


def double(value: float) -> Held:
    return Held(DOUBLE, None, struct.pack("<d", value))


def packed(value: float, size: int) -> bytes:
    try:
        return struct.pack("<f" if size == 4 else "<d", value)
    except OverflowError:
        return struct.pack("<f", float("inf") if value > 0 else float("-inf"))


def float_result(sign: str, a: float, b: float) -> Held:
    if sign == "/" and not b:
        raise CommandError("division by zero")
    if sign not in "+-*/":
        raise CommandError(f"'{sign}' is not for floats")
    return double({"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else 0.0}[sign])


def literal(token: str) -> Held:
    """A number or character as C reads it."""
    if token[0] == "'":
        code = _ESCAPES.get(token[2], ord(token[2])) if token[1] == "\\" else ord(token[1])
        return constant(CHAR, code)
    digits = token.lower()
    if not digits.startswith("0x") and ("." in digits or "e" in digits):
        return double(float(digits.rstrip("f")))
    suffix = digits[len(digits.rstrip("ul")):]
    body = digits[:len(digits) - len(suffix)]
    value = int(body, 16) if body.startswith("0x") else int(body)
    if "u" in suffix or (body.startswith("0x") and value >> 31):
        return constant(kinds.UNSIGNED_LONG_LONG if value >> 32 else UNSIGNED, value)
    return constant(LONG_LONG if value >> 31 or suffix.count("l") > 1 else INT, value)


def promoted(type_: Type) -> Type:
    """What an operand of a type is computed as."""
    if type_.kind in ("pointer", "array", "function"):
        return UNSIGNED
    return type_ if type_.kind == "base" and type_.size >= 4 and type_.encoding in ("int", "uint") \
        else INT


def wrapped(type_: Type, value: int) -> int:
    """The integer that a value becomes in a type."""
    value &= (1 << 8 * type_.size) - 1
    negative = type_.encoding == "int" and value >> 8 * type_.size - 1
    return value - (1 << 8 * type_.size) if negative else value


def common(left: Type, right: Type) -> Type:
    """What two integers of such types are computed as."""
    a, b = promoted(left), promoted(right)
    if a.size != b.size:
        return a if a.size > b.size else b
    return b if b.encoding == "uint" else a


def plain_type(words: list[str]) -> Type | None:
    """A basic type by the words that C spells it with, in any order."""
    if not words or not set(words) <= _BASIC:
        return None
    if words == ["void"]:
        return VOID
    if "bool" in words:
        return BOOL
    if "double" in words or "float" in words:
        return DOUBLE if "double" in words else Type("base", "float", 4, "float")
    size = 1 if "char" in words else 2 if "short" in words else \
        8 if words.count("long") > 1 else 4
    unsigned = "unsigned" in words
    kind = "char" if size == 1 else "int"
    return Type("base", " ".join(words), size, ("uchar" if kind == "char" else "uint")
                if unsigned else kind)
