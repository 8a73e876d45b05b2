"""Values as text and back: how numbers and references look on screen and in arguments."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

from gabagool.code.operands import float_text
from gabagool.errors import GabagoolError
from gabagool.types import F32, F64, I32, I64, V128, FuncType, ValType, is_ref, valtype_name

RefText = Callable[[ValType, int], str]
_HEX_FROM = 1024        # smaller integers are as readable in decimal alone
# Bits of a lane by the shapes that a v128 can be seen in.
SHAPES = {"i8x16": 8, "i16x8": 16, "i32x4": 32, "i64x2": 64, "f32x4": 32, "f64x2": 64}
# How a v128 can be shown: as lanes of a shape, or as one number.
VECTOR_VIEWS = (*SHAPES, "hex")
_INTEGER = re.compile(r"[+-]?(0x[0-9a-f][0-9a-f_]*|0b[01][01_]*|\d[\d_]*)", re.I)


class ArgumentError(GabagoolError):
    """A text that is not a value of the type wanted; says what would be."""


def signed(bits: int, width: int) -> int:
    bits &= (1 << width) - 1
    return bits - (1 << width) if bits >> width - 1 else bits


def float_of(type_: ValType, bits: int) -> float:
    """The number that the bits of an f32 or f64 stand for."""
    if type_ == F32:
        return float(struct.unpack("<f", struct.pack("<I", bits & 0xFFFFFFFF))[0])
    return float(struct.unpack("<d", struct.pack("<Q", bits & (1 << 64) - 1))[0])


def format_value(type_: ValType, bits: int, ref: RefText | None = None,
                 view: str = "i32x4") -> str:
    """A value's text by its type. `ref` names references; without it they show as numbers.
    `view` is one of VECTOR_VIEWS."""
    if type_ in (I32, I64):
        return format_integer(signed(bits, 32 if type_ == I32 else 64),
                              32 if type_ == I32 else 64)
    if type_ in (F32, F64):
        return format_float(type_, bits)
    if type_ == V128:
        return format_vector(view, bits)
    if bits == 0:
        return "null"
    return ref(type_, bits) if ref else f"ref {bits:#x}"


def plain_value(type_: ValType, bits: int) -> str:
    """A value's text for other programs to read: numbers in one notation only."""
    if type_ in (I32, I64):
        return str(signed(bits, 32 if type_ == I32 else 64))
    if type_ == V128:
        return f"0x{bits:032x}"
    return format_value(type_, bits)


def format_integer(value: int, width: int) -> str:
    """Decimal, and hexadecimal too where the number may be an address or a pattern of bits."""
    if -_HEX_FROM < value < _HEX_FROM:
        return str(value)
    return f"{value} {value & (1 << width) - 1:#x}"


def format_float(type_: ValType, bits: int) -> str:
    """The shortest decimal that reads back as the same bits; NaNs with their payload."""
    return float_text(bits, 32 if type_ == F32 else 64)


def format_vector(view: str, bits: int) -> str:
    """A v128 in one of VECTOR_VIEWS; as a number it has all its digits."""
    return f"0x{bits:032x}" if view == "hex" else format_lanes(view, bits)


def format_lanes(shape: str, bits: int) -> str:
    """A v128 as lanes of a shape (see SHAPES), the lowest first, e.g. `i32x4 1 2 -3 4`."""
    width = SHAPES[shape]
    lanes = (bits >> at & (1 << width) - 1 for at in range(0, 128, width))
    if shape[0] == "f":
        return " ".join((shape, *(float_text(lane, width) for lane in lanes)))
    return " ".join((shape, *(str(signed(lane, width)) for lane in lanes)))


def parse_value(type_: ValType, text: str) -> int:
    """The bits of an argument written as `text`; ArgumentError says what would be right."""
    if type_ in (I32, I64):
        return _parse_integer(type_, text)
    if type_ in (F32, F64):
        return _parse_float(type_, text)
    if type_ == V128:
        return _parse_vector(text)
    if is_ref(type_) and text.strip().lower() in ("null", "0"):
        return 0
    raise ArgumentError(f"'{text}' is not a {valtype_name(type_)}: null (no other reference can "
                        "be written)")


def _parse_vector(text: str) -> int:
    """A shape and its lanes, or one number of 128 bits."""
    shape, *lanes = text.replace(",", " ").split() or [""]
    if shape not in SHAPES:
        return _whole_number("v128", 128, text, "i32x4 1 2 3 4 (or another shape and its lanes)")
    width = SHAPES[shape]
    if len(lanes) != 128 // width:
        raise ArgumentError(f"'{text}' has {len(lanes)} lanes, {shape} has {128 // width}")
    if shape[0] == "f":
        bits = [_parse_float(F32 if width == 32 else F64, lane) for lane in lanes]
    else:
        bits = [_whole_number(f"lane of {shape}", width, lane) for lane in lanes]
    return sum(lane << i * width for i, lane in enumerate(bits))


def _parse_integer(type_: ValType, text: str) -> int:
    return _whole_number(valtype_name(type_), 32 if type_ == I32 else 64, text)


def _whole_number(name: str, width: int, text: str,
                  example: str = "a whole number such as 20, -1") -> int:
    word = text.strip().lower()
    if not _INTEGER.fullmatch(word):
        article = "an" if name[0] == "i" else "a"
        raise ArgumentError(f"'{text}' is not {article} {name}: write {example} or 0xff")
    base = 16 if "0x" in word else 2 if "0b" in word else 10
    if len(word) > 200:
        raise ArgumentError(f"'{text[:20]}…' is out of range for {name}")
    value = int(word, base)
    if not -(1 << width - 1) <= value < 1 << width:
        raise ArgumentError(f"{text} is out of range for {name}: "
                           f"{-(1 << width - 1)} to {(1 << width) - 1}")
    return value & (1 << width) - 1


def _parse_float(type_: ValType, text: str) -> int:
    word = text.strip().lower()
    try:
        value = float.fromhex(word) if "0x" in word else float(word)
    except (ValueError, OverflowError):
        raise ArgumentError(f"'{text}' is not an {valtype_name(type_)}: write a number such as "
                           "1.5, 1e-3, inf or nan") from None
    if type_ == F64:
        return int(struct.unpack("<Q", struct.pack("<d", value))[0])
    try:
        return int(struct.unpack("<I", struct.pack("<f", value))[0])
    except OverflowError:       # beyond f32's range rounds to infinity, as wasm's demotion does
        return 0x7F800000 if value > 0 else 0xFF800000


def parse_args(name: str, functype: FuncType, texts: list[str] | tuple[str, ...]) -> list[int]:
    """The bits of a function's arguments; ArgumentError names the argument that is wrong."""
    wanted = functype.params
    if len(texts) != len(wanted):
        types = " ".join(map(valtype_name, wanted)) or "none"
        raise ArgumentError(f"'{name}' takes {len(wanted)} argument{'s' * (len(wanted) != 1)} "
                           f"({types}), not {len(texts)}")
    bits = []
    for i, (type_, text) in enumerate(zip(wanted, texts, strict=True), 1):
        try:
            bits.append(parse_value(type_, text))
        except ArgumentError as error:
            raise ArgumentError(f"argument {i} of '{name}': {error}") from None
    return bits
