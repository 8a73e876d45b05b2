"""Vectors as text: arguments, results and instructions."""

from __future__ import annotations

import pytest

from gabagool.text import SHAPES, ArgumentError, format_lanes, parse_value, plain_value
from gabagool.types import V128
from tests.code.test_disasm import texts

VECTOR = 0x0F0E0D0C_0B0A0908_07060504_03020100


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("bits", [0, VECTOR, VECTOR << 1])
def test_lanes_read_back(shape: str, bits: int) -> None:
    assert parse_value(V128, format_lanes(shape, bits)) == bits


def test_lanes() -> None:
    assert format_lanes("i16x8", (1 << 128) - 2) == "i16x8 -2 -1 -1 -1 -1 -1 -1 -1"
    assert format_lanes("f32x4", 0x3F800000) == "f32x4 1.0 0.0 0.0 0.0"
    assert plain_value(V128, VECTOR) == "0x0f0e0d0c0b0a09080706050403020100"
    assert parse_value(V128, "0xff") == 255
    assert parse_value(V128, "i64x2 1,-1") == 0xFFFFFFFFFFFFFFFF0000000000000001


@pytest.mark.parametrize(("text", "error"), [
    ("i32x4 1 2 3", "3 lanes, i32x4 has 4"),
    ("i8x16 " + "256 " * 16, "out of range for lane of i8x16"),
    ("many", "'many' is not a v128: write i32x4 1 2 3 4"),
    (str(1 << 128), "out of range"),
])
def test_wrong(text: str, error: str) -> None:
    with pytest.raises(ArgumentError, match=error):
        parse_value(V128, text)


def test_instructions() -> None:
    assert texts("""(v128.const i32x4 1 0xffffffff 0x80000000 4) (v128.const i64x2 0 0)
                    i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31
                    i16x8.extract_lane_s 7 drop""") == [
        "v128.const i32x4 0x00000001 0xffffffff 0x80000000 0x00000004",
        "v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000",
        "i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31",
        "i16x8.extract_lane_s 7", "drop"]
    assert texts("(drop (v128.load8_lane offset=4 3 (i32.const 0) (v128.const i64x2 0 0)))")[2] == (
        "v128.load8_lane offset=4 3")
