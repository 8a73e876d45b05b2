"""Disassembly: our own expectations, and wasm-tools' opinion of the same programs."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wasmtime import wat2wasm

from gabagool.binary.names import decode_names
from gabagool.binary.sections import decode
from gabagool.code.disasm import Line, disassemble
from gabagool.code.operands import float_text, identifier
from gabagool.syntax import Func, Module, Names

PROGRAMS = sorted((Path(__file__).parents[2] / "programs").glob("*.wasm"))
WASM_TOOLS = shutil.which("wasm-tools", path=str(Path(sys.executable).parent)) or shutil.which(
    "wasm-tools")


def lines(text: str, funcidx: int = 0) -> tuple[Line, ...]:
    m = decode(bytes(wat2wasm(f"(module {text})")))
    return disassemble(m, funcidx, decode_names(m))


def texts(body: str) -> list[str]:
    """The lines of a function of this body, without its final `end`."""
    return [line.text for line in lines(f"(func {body})")][:-1]


def test_nesting_and_targets() -> None:
    found = lines("""(func $f (param $n i32) (result i32)
        (block (result i32)
          (loop (br_if 0 (local.get $n)) (br_table 0 1 2 (i32.const 1) (local.get $n)))
          (if (result i32) (local.get $n) (then (call $f (i32.const 1)))
            (else (return (i32.const 2))))))""")
    base = found[0].offset
    assert [(line.offset - base, line.depth, line.text) for line in found] == [
        (0, 0, "block (result i32)"),
        (2, 1, "loop"),
        (4, 2, "local.get $n"),
        (6, 2, f"br_if 0 (;@0x{base + 2:x};)"),
        (8, 2, "i32.const 1"),
        (10, 2, "local.get $n"),
        (12, 2, f"br_table 0 1 2 (;@0x{base + 2:x} @0x{base + 31:x} @0x{base + 32:x};)"),
        (17, 1, "end"),
        (18, 1, "local.get $n"),
        (20, 1, "if (result i32)"),
        (22, 2, "i32.const 1"),
        (24, 2, "call $f"),
        (26, 1, "else"),
        (27, 2, "i32.const 2"),
        (29, 2, "return"),
        (30, 1, "end"),
        (31, 0, "end"),
        (32, 0, "end"),
    ]
    assert (found[3].mnemonic, found[3].operands) == ("br_if", ("0",))


@pytest.mark.parametrize(("body", "expected"), [
    ("i32.const 0 i32.load offset=4 align=1 drop", "i32.load offset=4 align=1"),
    ("i32.const 0 i32.load align=4 drop", "i32.load"),
    ("i32.const 0 i64.load8_u offset=4294967295 drop", "i64.load8_u offset=4294967295"),
    ("i64.const -9223372036854775808 drop", "i64.const -9223372036854775808"),
    ("f32.const 0.1 drop", "f32.const 0.1"),
    ("f32.const -nan drop", "f32.const -nan"),
    ("f64.const nan:0x1 drop", "f64.const nan:0x1"),
    ("ref.null extern drop", "ref.null extern"),
    ("i32.const 0 call_indirect (param i32)", "call_indirect (type 1)"),
    ("i32.const 0 call_indirect 1 (param i32)", "call_indirect 1 (type 1)"),
    ("memory.copy", "memory.copy"),
    ("memory.copy 0 1", "memory.copy 0 1"),
    ("memory.size", "memory.size"),
    ("memory.size 1", "memory.size 1"),
    ("table.init 1 2", "table.init 1 2"),
    ("table.init 2", "table.init 2"),
    ("data.drop 3", "data.drop 3"),
    ("select (result i64)", "select (result i64)"),
    ("block (param i32) (result i64) end", "block (param i32) (result i64)"),
    ("call 7", "call 7"),
    ("call_ref 0", "call_ref 0"),
    ("ref.null none drop", "ref.null none"),
    ("ref.test (ref i31)", "ref.test (ref i31)"),
    ("ref.test (ref null any)", "ref.test anyref"),
    ("ref.cast (ref null none)", "ref.cast nullref"),
    ("ref.cast (ref 3)", "ref.cast (ref 3)"),
    ("br_on_cast 0 anyref (ref null 1)", "br_on_cast 0 anyref (ref null 1) (;@0xHERE;)"),
    ("br_on_cast_fail 0 (ref eq) (ref i31)",
     "br_on_cast_fail 0 (ref eq) (ref i31) (;@0xHERE;)"),
    ("struct.get_u 1 2", "struct.get_u 1 2"),
    ("array.new_fixed 4 3", "array.new_fixed 4 3"),
    ("array.copy 4 5", "array.copy 4 5"),
    ("array.init_elem 4 0", "array.init_elem 4 0"),
    ("ref.i31 extern.convert_any", "extern.convert_any"),
    ("br 3", "br 3 (;?;)"),
])
def test_operands(body: str, expected: str) -> None:
    found = lines(f"(func {body})")
    end = f"0x{found[-1].offset:x}"
    assert expected.replace("0xHERE", end) in [line.text for line in found]


def test_names_of_types_and_fields() -> None:
    found = [line.text for line in lines("""
      (type $point (struct (field $x (mut i32)) (field i32)))
      (func (param (ref null $point)) (result (ref $point))
        (struct.set $point $x (local.get 0) (struct.get $point 1 (local.get 0)))
        (drop (block (result (ref null $point)) (ref.null $point)))
        (ref.cast (ref $point) (local.get 0)))""")]
    assert found[2:6] == ["struct.get $point 1", "struct.set $point $x",
                          "block (result (ref null $point))", "ref.null $point"]
    assert "ref.cast (ref $point)" in found


def test_names_that_need_quotes() -> None:
    assert identifier("a.b<c>") == "$a.b<c>"
    assert identifier("a b") == '$"a b"'
    assert identifier('x"\\\x1b') == '$"x\\"\\\\\\u{1b}"'
    assert identifier("") == '$""'


@given(st.integers(0, 2**32 - 1))
def test_f32_round_trips(bits: int) -> None:
    text = float_text(bits, 32)
    if "n" not in text:
        assert struct.pack("<f", float(text)) == bits.to_bytes(4, "little")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_f64_round_trips(value: float) -> None:
    bits = int.from_bytes(struct.pack("<d", value), "little")
    assert struct.pack("<d", float(float_text(bits, 64))) == struct.pack("<d", value)


def test_imported_function_has_no_lines() -> None:
    assert lines('(import "m" "f" (func))') == ()


@pytest.mark.parametrize("funcidx", [-1, 1])
def test_unknown_function(funcidx: int) -> None:
    with pytest.raises(IndexError):
        lines("(func)", funcidx)


@pytest.mark.parametrize(("entry", "expected"), [
    ("00 01 ff 0b", ["nop", ";; malformed: illegal opcode ff"]),
    ("00 02 40 0b", ["block", "end", ";; malformed: unexpected end of section or function"]),
    ("00 0b 01", ["end", ";; malformed: section size mismatch"]),
    ("00 41 80", [";; malformed: unexpected end of section or function"]),
    ("01 05 0b", [";; malformed: malformed value type 0x0b"]),
    ("", [";; malformed: unexpected end of section or function"]),
    ("00 05 0b", ["else", "end"]),
    ("00 10 85 01 20 07 0b", ["call 133", "local.get 7", "end"]),
])
def test_invalid_bodies(entry: str, expected: list[str]) -> None:
    source = bytes.fromhex(entry)
    m = Module(source, funcs=(Func(0, 0, len(source)),))
    assert [line.text for line in disassemble(m, 0, Names())][:len(expected)] == expected


# Instructions whose text must be the same in wasm-tools' listing; elsewhere, tastes differ.
_SAME_TEXT = re.compile(r"(i32|i64)\.(const|load|store)|local\.|[if]\d\d\.\w+$|drop|return")
_PRINTED = re.compile(r"\(;@([0-9a-f]+)\s*;\)\s+(([a-z][\w.]*)[^;]*|\)$)")


@pytest.mark.skipif(WASM_TOOLS is None, reason="wasm-tools is not installed")
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_agrees_with_wasm_tools(path: Path) -> None:
    printed = subprocess.run([str(WASM_TOOLS), "print", "--print-offsets", str(path)],
                             check=True, capture_output=True, text=True).stdout
    theirs = {int(match[1], 16): (match[3] or "end", match[2].strip())
              for match in map(_PRINTED.match, printed.splitlines()) if match}
    m = decode(path.read_bytes())
    names = decode_names(m)
    first = len(m.imported_funcs)
    ours = {line.offset: (line.mnemonic, line.text)
            for funcidx in range(first, first + len(m.funcs))
            for line in disassemble(m, funcidx, names)}
    code = {offset: word for offset, (word, _) in theirs.items() if offset >= min(ours)}
    assert {offset: word for offset, (word, _) in ours.items()} == code
    for offset, (_, text) in ours.items():
        if _SAME_TEXT.match(text):
            assert text == theirs[offset][1]


def test_exceptions() -> None:
    found = lines("""(tag $e (param i32)) (func $f
      (block (result i32 exnref)
        (try_table (catch_ref $e 0) (catch_all 1) (throw $e (i32.const 1)))
        (return))
      (throw_ref) (drop))""")
    base, end = found[0].offset, found[-1].offset
    assert [(line.depth, line.text) for line in found] == [
        (0, "block (type 1)" if "type" in found[0].text else "block (result i32 exnref)"),
        (1, f"try_table (catch_ref $e 0) (catch_all 1) (;@0x{base + 16:x} @0x{end:x};)"),
        (2, "i32.const 1"),
        (2, "throw $e"),
        (1, "end"),
        (1, "return"),
        (0, "end"),
        (0, "throw_ref"),
        (0, "drop"),
        (0, "end"),
    ]


def test_legacy_exceptions() -> None:
    found = lines("""(tag $e) (func $f
      try
        try
          throw $e
        delegate 0
      catch $e
        rethrow 0
      catch_all
        br 0
      end)""")
    assert [(line.depth, line.text) for line in found] == [
        (0, "try"), (1, "try"), (2, "throw $e"), (1, "delegate 0"), (0, "catch $e"),
        (1, "rethrow 0"), (0, "catch_all"), (1, f"br 0 (;@0x{found[-2].offset:x};)"),
        (0, "end"), (0, "end")]
