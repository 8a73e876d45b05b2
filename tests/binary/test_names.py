"""The name section, whole and broken."""

from __future__ import annotations

import pytest
from wasmtime import wat2wasm

from gabagool.binary.names import decode_names
from gabagool.binary.sections import decode
from gabagool.syntax import Names

HEADER = b"\0asm\1\0\0\0"


def names(content: str) -> Names:
    section = b"\4name" + bytes.fromhex(content)
    return decode_names(decode(HEADER + b"\0" + bytes([len(section)]) + section))


def test_names() -> None:
    found = decode_names(decode(bytes(wat2wasm("""(module $mod
        (import "m" "f" (func $imported))
        (type $t (struct (field i32) (field $x i32)))
        (global $g i32 (i32.const 0))
        (func $f (param $p i32) (local i32) (local $l i32)))"""))))
    assert found.module == "mod"
    assert found.funcs == {0: "imported", 1: "f"}
    assert found.locals == {1: {0: "p", 2: "l"}}
    assert found.globals == {0: "g"}
    assert found.types == {0: "t"}
    assert found.fields == {0: {1: "x"}}


def test_no_names() -> None:
    assert decode_names(decode(HEADER)) == Names()


@pytest.mark.parametrize(("content", "funcs"), [
    ("01 04 01 00 01 61", {0: "a"}),
    ("01 07 02 00 01 61 01 01 ff", {0: "a"}),               # not UTF-8
    ("01 07 02 00 01 61 01 05 62", {0: "a"}),               # longer than its subsection
    ("01 04 09 00 01 61", {0: "a"}),                        # fewer than counted
    ("01 20 01 00 01 61", {}),                              # subsection longer than the section
    ("05 01 00 01 04 01 00 01 61", {0: "a"}),               # tables before, not read
    ("04 04 01 00 01 74 01 04 01 00 01 61", {0: "a"}),      # types before
    ("04 01 01 01 04 01 00 01 61", {}),                     # broken types before
    ("00 02 01 ff 01 04 01 00 01 61", {}),                  # broken before
    ("01 05 ff ff ff ff 0f", {}),
    ("01", {}),
    ("02 03 01 00 ff", {}),
])
def test_broken_names_are_ignored_from_there(content: str, funcs: dict[int, str]) -> None:
    assert names(content).funcs == funcs
