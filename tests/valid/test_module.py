"""Module-level validation: the suite's messages, with offsets and places."""

from __future__ import annotations

from pathlib import Path

import pytest
from wasmtime import wat2wasm

from gabagool.binary.sections import decode
from gabagool.errors import ValidationError
from gabagool.syntax import Module
from gabagool.valid.module import declared_funcs, validate_module

PROGRAMS = sorted((Path(__file__).parents[2] / "programs").glob("*.wasm"))


def module(text: str) -> Module:
    return decode(bytes(wat2wasm(f"(module {text})")))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_programs(path: Path) -> None:
    validate_module(decode(path.read_bytes()))


@pytest.mark.parametrize("text", [
    "",
    "(memory 65536 65536)",
    "(table 0 0xffffffff externref)",
    '(import "m" "g" (global i32)) (global i32 (global.get 0)) (global i32 (global.get 1))',
    "(global i32 (i32.mul (i32.add (i32.const 2) (i32.const 3)) (i32.const 4)))",
    "(global i64 (i64.sub (i64.const 2) (i64.const 3)))",
    "(global $g i32 (i32.const 1)) (memory 1) (data (global.get $g) \"x\")",
    "(table 1 funcref (ref.null func)) (func $f) (elem (i32.const 0) funcref (ref.func $f))",
    "(memory 1) (memory 1)",
    "(func $f) (start $f)",
])
def test_valid(text: str) -> None:
    validate_module(module(text))


@pytest.mark.parametrize(("text", "message", "where"), [
    ('(import "m" "f" (func (type 1)))', "unknown type 1", "import m.f"),
    ('(import "m" "t" (table 2 1 funcref))',
     "size minimum must not be greater than maximum", "import m.t"),
    ("(func (type 2))", "unknown type 2", "function 0"),
    ("(table 2 1 funcref)", "size minimum must not be greater than maximum", "table 0"),
    ("(table 1 funcref (i32.const 0))", "type mismatch", "table 0"),
    ("(table 1 funcref (global.get 0)) (global funcref (ref.null func))", "unknown global 0",
     "table 0"),
    ("(memory 65537)", "memory size must be at most 65536 pages (4GiB)", "memory 0"),
    ("(memory 0 65537)", "memory size must be at most 65536 pages (4GiB)", "memory 0"),
    ("(memory 1 0)", "size minimum must not be greater than maximum", "memory 0"),
    ("(global i32 (i64.const 0))", "type mismatch: expected i32, found [i64]", "global 0"),
    ("(global i32)", "type mismatch: expected i32, found []", "global 0"),
    ("(global i32 (i32.const 0) (i32.const 0))", "type mismatch", "global 0"),
    ("(global i32 (i32.add (i32.const 0)))", "type mismatch", "global 0"),
    ("(global i32 (i32.const 0) (nop))", "constant expression required", "global 0"),
    ("(global i32 (block (result i32) (i32.const 0)))", "constant expression required",
     "global 0"),
    ("(memory 1) (global i32 (i32.load (i32.const 0)))", "constant expression required",
     "global 0"),
    ("(global i32 (global.get 0))", "unknown global 0", "global 0"),
    ("(global (mut i32) (i32.const 0)) (global i32 (global.get 0))",
     "constant expression required", "global 1"),
    ("(global funcref (ref.func 3))", "unknown function 3", "global 0"),
    ("(global externref (ref.null func))", "type mismatch", "global 0"),
    ('(export "x" (func 0))', "unknown function 0", "export 'x'"),
    ('(export "x" (table 0))', "unknown table 0", "export 'x'"),
    ('(export "x" (memory 1))', "unknown memory 1", "export 'x'"),
    ('(export "x" (global 2))', "unknown global 2", "export 'x'"),
    ('(func (export "x") (export "x"))', "duplicate export name", "export 'x'"),
    ("(start 1)", "unknown function 1", "start section"),
    ("(func $f (param i32)) (start $f)", "start function", "start section"),
    ("(elem (i32.const 0))", "unknown table 0", "element segment 0"),
    ("(table 1 externref) (func $f) (elem (i32.const 0) $f)", "type mismatch",
     "element segment 0"),
    ("(table 1 funcref) (elem (i64.const 0))", "type mismatch", "element segment 0"),
    ("(elem funcref (ref.null extern))", "type mismatch", "element segment 0"),
    ("(elem func 4)", "unknown function 4", "element segment 0"),
    ('(data (i32.const 0) "x")', "unknown memory 0", "data segment 0"),
    ('(memory 1) (data (memory 1) (i32.const 0) "x")', "unknown memory 1", "data segment 0"),
    ('(memory 1) (data (f32.const 0) "x")', "type mismatch", "data segment 0"),
])
def test_invalid(text: str, message: str, where: str) -> None:
    m = module(text)
    with pytest.raises(ValidationError) as caught:
        validate_module(m)
    assert caught.value.message.startswith(message)
    assert caught.value.where == where
    assert caught.value.offset is not None
    assert 8 < caught.value.offset < len(m.source)


def test_declared_funcs() -> None:
    m = module("""(table 9 funcref)
        (func) (func (export "e")) (func) (func) (func) (func (drop (ref.func 5))) (func $start)
        (global funcref (ref.func 2)) (elem func 3) (elem declare funcref (ref.func 4))
        (start $start)""")
    assert declared_funcs(m) == {1, 2, 3, 4}
