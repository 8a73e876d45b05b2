"""The text of `gabagool objdump`."""

from __future__ import annotations

from pathlib import Path

import pytest
from wasmtime import wat2wasm

from gabagool.binary.sections import decode
from gabagool.code.objdump import objdump_text
from gabagool.errors import GabagoolError
from gabagool.syntax import Module

PROGRAMS = sorted((Path(__file__).parents[2] / "programs").glob("*.wasm"))

EVERYTHING = """(module
  (type (func (param i32) (result i32)))
  (import "m" "log" (func $log (type 0)))
  (table 2 funcref)
  (memory 1 2)
  (global $g (mut i32) (i32.const 7))
  (func $twice (export "double") (type 0) (local i64 i64)
    (i32.mul (call $log (local.get 0)) (i32.const 2)))
  (func $go)
  (start $go)
  (elem (i32.const 1) $twice)
  (data (i32.const 16) "hello"))"""


@pytest.fixture
def everything() -> Module:
    return decode(bytes(wat2wasm(EVERYTHING)))


def test_headers(everything: Module) -> None:
    text = "\n".join(objdump_text(everything, headers=True))
    for line in (
        "  type[0] [i32] -> [i32]",
        '  func[0] "m" "log" (param i32) (result i32)',
        "  func[0] $log (param i32) (result i32) import",
        "  table[0] 2 funcref",
        "  memory[0] 1 2",
        "  global[0] $g (mut i32) (i32.const 7)",
        '  "double" func[1]',
        "  func[2]",
        "  elem[0] (ref func) table[0] (i32.const 1) count=1",
        "    [0] (ref.func $twice)",
        "  data[0] memory[0] (i32.const 16)",
    ):
        assert line in text
    assert "i32.mul" not in text


@pytest.mark.parametrize("func", ["$twice", "twice", "double", "1", 1])
def test_one_function(everything: Module, func: str | int) -> None:
    start = everything.funcs[0].start
    assert list(objdump_text(everything, func)) == [
        f"{start:06x} func[1] $twice (param i32) (result i32):",
        "                                   | local[1..2] i64",
        f" {start + 3:06x}: 20 00                     | local.get 0",
        f" {start + 5:06x}: 10 00                     | call $log",
        f" {start + 7:06x}: 41 02                     | i32.const 2",
        f" {start + 9:06x}: 6c                        | i32.mul",
        f" {start + 10:06x}: 0b                        | end",
        "",
    ]


def test_imported_function(everything: Module) -> None:
    assert list(objdump_text(everything, "log")) == [
        "func[0] $log (param i32) (result i32) (import)"]


@pytest.mark.parametrize("func", ["nobody", "3", -1])
def test_no_such_function(everything: Module, func: str | int) -> None:
    with pytest.raises(GabagoolError, match="no function"):
        list(objdump_text(everything, func))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_programs(path: Path) -> None:
    m = decode(path.read_bytes())
    lines = list(objdump_text(m))
    assert sum(line.endswith(":") and " func[" in line for line in lines) == len(m.funcs)
    assert not any("malformed" in line for line in lines)


def test_tags() -> None:
    module = decode(bytes(wat2wasm("""(module (import "m" "e" (tag $i (param i32)))
        (tag $none) (export "none" (tag $none)) (export "i" (tag 0)))""")))
    text = "\n".join(objdump_text(module))
    for line in ('  tag[0] "m" "e" (param i32)', "  tag[1] $none", "tag[1]", '"none"'):
        assert line in text
