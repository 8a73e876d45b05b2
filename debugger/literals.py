"""What users write where bytes or values are wanted: numbers, "text", and expressions."""

from __future__ import annotations

import ast
import re
import struct

from debugger.computing import MemoryReader
from debugger.exchange import CommandError
from debugger.expression import READS, evaluate
from debugger.parsing import Number, parse
from debugger.values import parse_value
from debugger.views import StateView
from gabagool.types import F32, F64, V128, ValType

# C's names of types, as gdb takes them, beside wasm's.
_C_TYPES = {"char": "i8", "signed char": "i8", "unsigned char": "u8", "short": "i16",
            "unsigned short": "u16", "int": "i32", "unsigned": "u32", "unsigned int": "u32",
            "long": "i32", "unsigned long": "u32", "long long": "i64",
            "unsigned long long": "u64", "float": "f32", "double": "f64", "void *": "u32",
            "char *": "u32"}
SIZES = {name: int(name[1:]) // 8 for name in READS}
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


def type_name(text: str) -> str:
    """`i32`, `u8`, … for it or for C's name; CommandError for others."""
    name = re.sub(r"\s*\*", " *", " ".join(text.split()))
    name = _C_TYPES.get(name, name)
    if name not in READS:
        raise CommandError(f"'{text}' is no type: {', '.join(READS)}, or C's int, char, double …")
    return name


def is_quoted(text: str) -> bool:
    return _QUOTED.fullmatch(text) is not None


def quoted(text: str) -> bytes:
    """The bytes of `"text\\n"`: UTF-8, with C's escapes."""
    plain = "".join(c if c < "\x80" else "".join(f"\\x{b:02x}" for b in c.encode())
                    for c in text)
    try:
        found = ast.literal_eval("b" + plain)
    except (SyntaxError, ValueError) as error:
        raise CommandError(f"{text} is not a text such as \"ok\\n\": {error}") from None
    return bytes(found)


def value_bits(type_: ValType, text: str, state: StateView, read: MemoryReader) -> int:
    """A value of a number type: an expression, or however arguments may be written."""
    if type_ == V128:
        return parse_value(type_, text)
    try:
        tree = parse(text)
        found = None if isinstance(tree, Number) else evaluate(text, state, read)
    except CommandError:
        return parse_value(type_, text)         # nan:0x4, inf, -0.0 …
    if found is None:
        return parse_value(type_, text)
    if type_ in (F32, F64):
        if found.type == type_:
            return found.bits
        code = "f" if type_ == F32 else "d"
        try:
            return int.from_bytes(struct.pack(f"<{code}", found.number), "little")
        except OverflowError:
            raise CommandError(f"{found.number} is no f32") from None
    if isinstance(found.number, float):
        raise CommandError(f"'{text}' is a float where an integer is wanted")
    return parse_value(type_, str(found.number))


def value_bytes(kind: str, text: str, state: StateView, read: MemoryReader) -> bytes:
    """A value as it lies in memory; `kind` is one of READS."""
    size, type_ = SIZES[kind], READS[kind][1]
    if kind in ("i8", "u8", "i16", "u16", "u32"):
        value = int.from_bytes(value_bits(READS["i64"][1], text, state, read).to_bytes(8, "little"),
                               "little", signed=True)
        if not -(1 << 8 * size - 1) <= value < 1 << 8 * size:
            raise CommandError(f"{value} doesn't fit into {kind}")
        return (value & (1 << 8 * size) - 1).to_bytes(size, "little")
    return value_bits(type_, text, state, read).to_bytes(size, "little")
