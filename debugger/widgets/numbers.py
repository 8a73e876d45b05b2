"""Bytes of memory as numbers or texts: the kinds there are, their sizes and texts."""

from __future__ import annotations

import struct

# What is shown: bytes, numbers of these types, or texts that end with a zero byte.
BYTES, TEXTS = "bytes", "text"
SIZES = {"i8": 1, "u8": 1, "i16": 2, "u16": 2, "i32": 4, "u32": 4, "i64": 8, "u64": 8,
         "f32": 4, "f64": 8}
KINDS = (BYTES, *SIZES, TEXTS)
# Cells of the longest number of a kind.
DIGITS = {"i8": 4, "u8": 3, "i16": 6, "u16": 5, "i32": 11, "u32": 10, "i64": 20, "u64": 20,
          "f32": 13, "f64": 22}


def as_number(kind: str, data: bytes) -> str:
    """Bytes as a number of one of KINDS."""
    if kind[0] != "f":
        return str(int.from_bytes(data, "little", signed=kind[0] == "i"))
    value = struct.unpack("<f" if kind == "f32" else "<d", data)[0]
    return f"{value:.7g}" if kind == "f32" else f"{value:.15g}"


def numbers_width(kind: str, count: int) -> int:
    """Cells of `count` bytes as numbers, with a blank or bracket around each."""
    return (DIGITS[kind] + 1) * (count // SIZES[kind]) + 1
