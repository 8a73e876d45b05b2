"""LEB128, names and types, against the text of the spec and random values."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gabagool.binary.reader import Reader
from gabagool.errors import MalformedError
from gabagool.types import EXTERNREF, F32, FUNCREF, I32, I64, FuncType, GlobalType, Limits, SubType


def leb_unsigned(value: int, pad: int = 0) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        if not value and len(out) + 1 >= pad:
            return bytes([*out, low])
        out.append(low | 0x80)


def leb_signed(value: int, pad: int = 0) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        if value == (-1 if low & 0x40 else 0) and len(out) + 1 >= pad:
            return bytes([*out, low])
        out.append(low | 0x80)


def check(read: Callable[[Reader], int], encoded: bytes, value: int) -> None:
    r = Reader(encoded + b"\xff")
    assert read(r) == value
    assert r.pos == len(encoded)


@given(st.integers(0, 2**32 - 1), st.integers(0, 5))
def test_u32(value: int, pad: int) -> None:
    check(Reader.u32, leb_unsigned(value, pad), value)


@given(st.integers(0, 2**64 - 1), st.integers(0, 10))
def test_u64(value: int, pad: int) -> None:
    check(Reader.u64, leb_unsigned(value, pad), value)


@given(st.integers(-2**31, 2**31 - 1), st.integers(0, 5))
def test_s32(value: int, pad: int) -> None:
    check(Reader.s32, leb_signed(value, pad), value)


@given(st.integers(-2**32, 2**32 - 1), st.integers(0, 5))
def test_s33(value: int, pad: int) -> None:
    check(Reader.s33, leb_signed(value, pad), value)


@given(st.integers(-2**63, 2**63 - 1), st.integers(0, 10))
def test_s64(value: int, pad: int) -> None:
    check(Reader.s64, leb_signed(value, pad), value)


TOO_LONG = "integer representation too long"
TOO_LARGE = "integer too large"
END = "unexpected end of section or function"


@pytest.mark.parametrize(("read", "encoded", "message"), [
    (Reader.u32, "80 80 80 80 80 00", TOO_LONG),
    (Reader.u32, "80 80 80 80 10", TOO_LARGE),
    (Reader.u32, "80 80 80 80", END),
    (Reader.u32, "", END),
    (Reader.u64, "80 80 80 80 80 80 80 80 80 80 00", TOO_LONG),
    (Reader.u64, "80 80 80 80 80 80 80 80 80 02", TOO_LARGE),
    (Reader.s32, "ff ff ff ff ff 7f", TOO_LONG),
    (Reader.s32, "80 80 80 80 70", TOO_LARGE),
    (Reader.s32, "ff ff ff ff 0f", TOO_LARGE),
    (Reader.s32, "ff", END),
    (Reader.s33, "80 80 80 80 20", TOO_LARGE),
    (Reader.s64, "80 80 80 80 80 80 80 80 80 7e", TOO_LARGE),
    (Reader.s64, "ff ff ff ff ff ff ff ff ff ff 7f", TOO_LONG),
    (Reader.f32, "00 00 00", END),
    (Reader.length, "05 61 62", "length out of bounds"),
    (Reader.span, "05 61 62", END),
    (Reader.reftype, "7f", "malformed reference type"),
    (Reader.heaptype, "40", "malformed reference type"),
    (Reader.rectype, "5d", "malformed definition type"),
    (Reader.rectype, "e0 7f", TOO_LONG),
    (Reader.blocktype, "79", "malformed block type"),
    (Reader.limits, "08 00", "malformed limits flags"),
    (Reader.limits, "81 00 00", "malformed limits flags"),
    (Reader.globaltype, "7f 02", "malformed mutability"),
])
def test_malformed(read: Callable[[Reader], object], encoded: str, message: str) -> None:
    with pytest.raises(MalformedError) as caught:
        read(Reader(bytes.fromhex(encoded)))
    assert caught.value.message.startswith(message)
    assert caught.value.offset is not None


@given(st.text())
def test_name(text: str) -> None:
    encoded = text.encode()
    r = Reader(leb_unsigned(len(encoded)) + encoded)
    assert r.name() == text
    assert r.pos == r.end


@pytest.mark.parametrize("bad", ["80", "c0 80", "ed a0 80", "f4 90 80 80", "e2 82", "ff"])
def test_malformed_utf8(bad: str) -> None:
    content = b"ok" + bytes.fromhex(bad)
    with pytest.raises(MalformedError, match="malformed UTF-8 encoding") as caught:
        Reader(leb_unsigned(len(content)) + content).name()
    assert caught.value.offset == 3


def test_types() -> None:
    r = Reader(bytes.fromhex("60 02 7f 70 01 6f  40  7d  05  01 01 80 80 04  7e 01"))
    assert r.rectype() == (SubType(FuncType((I32, FUNCREF), (EXTERNREF,))),)
    assert r.blocktype() == FuncType()
    assert r.blocktype() == FuncType((), (F32,))
    assert r.blocktype() == 5
    assert r.limits() == (Limits(1, 65536), False)
    assert r.globaltype() == GlobalType(I64, True)
