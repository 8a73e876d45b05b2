"""Damaged modules: whatever the bytes, only our own errors come out, quickly."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from wasmtime import wat2wasm

from gabagool.binary.names import decode_names
from gabagool.binary.sections import decode
from gabagool.code.objdump import objdump_text
from gabagool.errors import MalformedError, ValidationError
from gabagool.valid.module import declared_funcs, validate_module

_PROGRAMS = Path(__file__).parents[2] / "programs"
_SMALL = 3000
_MIXED = """(module $names
  (import "a" "f" (func $f (param i32 i64) (result f32)))
  (import "a" "g" (global $g i32)) (import "a" "m" (memory 1)) (import "a" "t" (table 1 funcref))
  (table 3 4 externref) (table 1 funcref (ref.null func)) (global (mut f64) (f64.const nan:0x7))
  (global i64 (i64.add (i64.const 1) (i64.const 2))) (global funcref (ref.func $h))
  (func $h (export "h") (param $p i32) (local $l i64) (local f32 f32)
    (block (loop (br_table 0 1 2 (local.get $p))))
    (memory.init 1 (i32.const 0) (i32.const 0) (i32.const 0)) (call $f (i32.const 1) (i64.const 2))
    (drop) (f64.const 1e300) (drop) (table.init 1 0 (i32.const 0) (i32.const 0) (i32.const 0)))
  (rec (type $shape (sub (struct (field $x (mut i8)) (field (ref null $a)))))
    (type $a (array (ref $shape))))
  (type $t (sub final $shape (struct (field (mut i8)) (field (ref $a)) (field i16 v128))))
  (global (ref null $shape) (struct.new $t (i32.const 1) (array.new_fixed $a 0) (i32.const 2)
    (v128.const i64x2 1 2))) (global (ref i31) (ref.i31 (i32.const 4)))
  (func (param anyref) (result (ref $shape))
    (struct.get_s $shape $x (ref.cast (ref $shape) (local.get 0)))
    (drop) (br_on_cast_fail 0 anyref (ref $t) (local.get 0)) (unreachable))
  (func $s) (start $s) (elem (table 2) (i32.const 0) func $h) (elem declare funcref (ref.func $h))
  (data (global.get $g) "active") (data "passive"))"""


@cache
def _corpus() -> list[bytes]:
    programs = [path.read_bytes() for path in sorted(_PROGRAMS.glob("*.wasm"))]
    return [bytes(wat2wasm(_MIXED)), *(p for p in programs if len(p) < _SMALL)]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A module with a few bytes changed, cut out or put in, perhaps truncated."""
    source = bytearray(draw(st.sampled_from(_corpus())))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(source) - 1))
        match draw(st.sampled_from(["flip", "set", "cut", "put"])):
            case "flip":
                source[at] ^= 1 << draw(st.integers(0, 7))
            case "set":
                source[at] = draw(st.sampled_from([0, 0x7F, 0x80, 0xFF, 0x0B, 0x40, 0xFC]))
            case "cut" if len(source) > 9:
                del source[at]
            case _:
                source[at:at] = draw(st.binary(max_size=5))
    if draw(st.booleans()):
        del source[draw(st.integers(0, len(source))):]
    return bytes(source)


def _examine(source: bytes) -> None:
    try:
        module = decode(source)
    except MalformedError as error:
        assert error.offset is not None
        assert 0 <= error.offset <= len(source)
        assert error.where
        return
    decode_names(module)
    assert all(line.isprintable() for line in objdump_text(module))
    declared_funcs(module)
    try:
        validate_module(module)
    except ValidationError as error:
        assert error.offset is not None
        assert error.where


@settings(max_examples=400, deadline=None)
@given(damaged())
def test_damaged_modules(source: bytes) -> None:
    _examine(source)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_arbitrary_bytes(content: bytes) -> None:
    _examine(b"\0asm\1\0\0\0" + content)


def test_every_truncation() -> None:
    source = _corpus()[0]
    for length in range(len(source)):
        _examine(source[:length])


def test_every_bit() -> None:
    source = _corpus()[0]
    for at in range(8, len(source)):
        for bit in range(8):
            _examine(source[:at] + bytes([source[at] ^ 1 << bit]) + source[at + 1:])
