"""Whole modules: what decoding gives, and the messages for what isn't a module."""

from __future__ import annotations

from pathlib import Path

import pytest
from wasmtime import wat2wasm

from gabagool.binary.sections import decode
from gabagool.errors import MalformedError
from gabagool.isa import BY_NAME
from gabagool.syntax import Module
from gabagool.types import (
    EXTERNREF,
    F64,
    FUNCREF,
    I32,
    I64,
    FuncType,
    Limits,
    MemType,
    TableType,
    non_null,
)

PROGRAMS = sorted((Path(__file__).parents[2] / "programs").glob("*.wasm"))
HEADER = b"\0asm\1\0\0\0"


def module(text: str) -> Module:
    return decode(bytes(wat2wasm(text)))


def test_empty_module() -> None:
    assert decode(HEADER) == Module(HEADER)


def test_index_spaces_count_imports_first() -> None:
    m = module("""(module
        (type (func (param i32) (result i64)))
        (import "m" "f" (func (type 0)))
        (import "m" "t" (table 1 2 funcref))
        (import "m" "g" (global (mut f64)))
        (import "m" "mem" (memory 3))
        (func (result i32) i32.const 7)
        (table 5 externref)
        (global i32 (i32.const 9)))""")
    assert m.functype(0) == FuncType((I32,), (I64,))
    assert m.functype(1) == FuncType((), (I32,))
    assert m.table_types == (TableType(FUNCREF, Limits(1, 2)), TableType(EXTERNREF, Limits(5)))
    assert m.mem_types == (MemType(Limits(3)),)
    assert [(g.valtype, g.mutable) for g in m.global_types] == [(F64, True), (I32, False)]
    assert [(i.module, i.name, i.typeidx) for i in m.imports][:2] == [
        ("m", "f", 0), ("m", "t", None)]


def test_bodies_are_delimited() -> None:
    m = module("(module (func (local i32) nop) (func))")
    assert [m.source[f.start:f.end].hex(" ") for f in m.funcs] == ["01 01 7f 01 0b", "00 0b"]


def test_exports_and_start() -> None:
    m = module("""(module (func) (table 0 funcref) (memory 0) (global i32 (i32.const 0))
        (export "f" (func 0)) (export "t" (table 0)) (export "m" (memory 0))
        (export "é" (global 0)) (start 0))""")
    assert [(e.name, e.kind, e.index) for e in m.exports] == [
        ("f", "func", 0), ("t", "table", 0), ("m", "memory", 0), ("é", "global", 0)]
    assert m.start == 0


def test_constant_expressions_keep_float_bits() -> None:
    m = module("""(module (global f32 (f32.const nan:0x200001)) (global f64 (f64.const -0))
        (global funcref (ref.null func)) (global i64 (i64.const -5)))""")
    def opcode(name: str) -> int:
        return BY_NAME[name].opcode
    assert [g.init.instrs for g in m.globals] == [
        ((opcode("f32.const"), 0x7FA00001),), ((opcode("f64.const"), 1 << 63),),
        ((opcode("ref.null"), 0x70),), ((opcode("i64.const"), -5),)]


_FUNCTIONS = non_null(FUNCREF)       # plain function indices are never null


@pytest.mark.parametrize(("text", "mode", "element", "table"), [
    ("(elem (i32.const 0) $f)", "active", _FUNCTIONS, 0),
    ("(elem func $f)", "passive", _FUNCTIONS, 0),
    ("(elem (table 1) (i32.const 0) func $f)", "active", _FUNCTIONS, 1),
    ("(elem declare func $f)", "declarative", _FUNCTIONS, 0),
    ("(elem (i32.const 0) funcref (ref.func $f))", "active", FUNCREF, 0),
    ("(elem externref (ref.null extern))", "passive", EXTERNREF, 0),
    ("(elem (table 1) (i32.const 0) funcref (ref.func $f))", "active", FUNCREF, 1),
    ("(elem declare funcref (ref.func $f))", "declarative", FUNCREF, 0),
])
def test_element_segments(text: str, mode: str, element: int, table: int) -> None:
    m = module(f"(module (func $f) (table 1 funcref) (table 1 funcref) {text})")
    elem, = m.elems
    assert (elem.mode, elem.type, elem.table, len(elem.init)) == (mode, element, table, 1)
    assert (elem.where is not None) == (mode == "active")


def test_bare_function_indices_are_references() -> None:
    m = module("(module (func) (func) (elem func 1 0))")
    opcode = BY_NAME["ref.func"].opcode
    assert [e.instrs for e in m.elems[0].init] == [((opcode, 1),), ((opcode, 0),)]
    assert [m.source[e.offset] for e in m.elems[0].init] == [1, 0]


def test_data_segments() -> None:
    m = module("""(module (memory 1) (memory 1) (data (i32.const 4) "ab") (data "cd")
        (data (memory 1) (i32.const 0) "e") (func data.drop 1))""")
    assert [(d.mode, d.memory, m.source[d.start:d.end]) for d in m.datas] == [
        ("active", 0, b"ab"), ("passive", 0, b"cd"), ("active", 1, b"e")]
    assert m.data_count == 3


def test_table_with_initial_value() -> None:
    m = module("(module (table 2 funcref (ref.null func)))")
    assert m.tables[0].init is not None
    assert m.tables[0].type == TableType(FUNCREF, Limits(2))


def test_custom_sections_anywhere() -> None:
    custom = bytes.fromhex("00 04 02 68 69 21")
    source = HEADER + custom + bytes.fromhex("01 01 00") + custom
    m = decode(source)
    assert [(c.name, source[c.start:c.end], c.offset) for c in m.customs] == [
        ("hi", b"!", 8), ("hi", b"!", 17)]
    assert [(s.id, s.name, s.start, s.end, s.count) for s in m.sections] == [
        (0, "hi", 10, 14, None), (1, "type", 16, 17, 0), (0, "hi", 19, 23, None)]


def test_padded_sizes_are_accepted() -> None:
    assert decode(HEADER + bytes.fromhex("01 86 80 80 80 00  81 80 00 60 00 00")).types == (
        FuncType(),)


MALFORMED = [
    ("", "unexpected end", "module header"),
    ("00 61 73", "unexpected end", "module header"),
    ("00 61 73 6e 01 00 00 00", "magic header not detected", "module header"),
    ("00 61 73 6d 01 00 00", "unexpected end", "module header"),
    ("00 61 73 6d 02 00 00 00", "unknown binary version", "module header"),
    ("00 61 73 6d 0d 00 01 00", "unknown binary version", "module header"),
]
MALFORMED_SECTIONS = [
    ("0e 01 00", "malformed section id", "section header"),
    ("80 00", "malformed section id", "section header"),
    ("01 01 00 01 01 00", "unexpected content after last section", "type section"),
    ("03 01 00 01 01 00", "unexpected content after last section", "type section"),
    ("0a 01 00 0c 01 00", "unexpected content after last section", "data count section"),
    ("01 05 00", "length out of bounds", "type section"),
    ("01 02 00 00", "section size mismatch", "type section"),
    ("01 04 02 60 00 00 60 00 00", "section size mismatch", "type section"),
    ("01 01 01", "unexpected end", "type section"),
    ("01 05 ff ff ff ff 0f", "unexpected end", "type section"),
    ("02 04 01 00 00 05", "malformed import kind", "import section"),
    ("02 05 01 00 00 03 7f", "unexpected end", "import section"),
    ("02 04 01 09 00 00", "length out of bounds", "import section"),
    ("04 04 01 7f 00 00", "malformed reference type", "table section"),
    ("04 05 01 40 01 70 00", "zero byte expected", "table section"),
    ("05 03 01 08 00", "malformed limits flags", "memory section"),
    ("06 05 01 7f 00 41 00", "unexpected end of section or function", "global section"),
    ("06 07 01 7f 00 02 40 0b 01", "unexpected end of section or function", "global section"),
    ("06 06 01 7f 02 41 00 0b", "malformed mutability", "global section"),
    ("07 04 01 00 05 00", "malformed export kind", "export section"),
    ("09 02 01 08", "malformed elements segment kind", "element section"),
    ("09 04 01 01 01 00", "malformed element kind", "element section"),
    ("09 06 01 05 70 01 f3 0b", "illegal opcode f3", "element section"),
    ("0b 02 01 03", "malformed data segment kind", "data section"),
    ("0b 04 01 01 02 61", "unexpected end", "data section"),
    ("03 02 01 00", "function and code section have inconsistent lengths", "code section"),
    ("0a 04 01 02 00 0b", "function and code section have inconsistent lengths", "code section"),
    ("0c 01 01", "data count and data section have inconsistent lengths",
     "data count section"),
    ("0a 04 01 02 00 01", "unexpected end of section or function", "code section"),
    ("0a 04 01 02 00 01 0b", "section size mismatch", "code section"),
    ("0a 04 01 02 00 01 00", "END opcode expected", "code section"),
    ("0a 05 01 03 00 ff 00", "illegal opcode ff", "code section"),
    ("0a 02 01 00", "unexpected end", "code section"),
    ("0a 04 01 09 00 0b", "length out of bounds", "code section"),
    ("00 00", "unexpected end", "custom section"),
    ("00 02 01 ff", "malformed UTF-8 encoding", "custom section"),
    ("00 02 02 61 61", "unexpected end", "custom section"),
]


@pytest.mark.parametrize(("source", "message", "where"), [
    *((bytes.fromhex(text), message, where) for text, message, where in MALFORMED),
    *((HEADER + bytes.fromhex(text), message, where)
      for text, message, where in MALFORMED_SECTIONS),
])
def test_malformed(source: bytes, message: str, where: str) -> None:
    with pytest.raises(MalformedError) as caught:
        decode(source)
    assert caught.value.message.startswith(message)
    assert caught.value.where == where
    assert caught.value.offset is not None
    assert caught.value.offset <= len(source)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_programs(path: Path) -> None:
    m = decode(path.read_bytes())
    assert m.funcs
    assert m.sections[-1].end == len(m.source)
