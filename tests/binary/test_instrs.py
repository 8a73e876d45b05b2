"""Instructions one by one, and code entries."""

from __future__ import annotations

import pytest

from gabagool.binary.code import read_locals
from gabagool.binary.instrs import MemArg, instructions
from gabagool.binary.reader import Reader
from gabagool.errors import MalformedError
from gabagool.types import I32, I64, FuncType


def decoded(text: str) -> list[tuple[int, str, tuple[object, ...]]]:
    source = bytes.fromhex(text)
    return [(i.offset, i.row.mnemonic, i.imms) for i in instructions(source, 0, len(source))]


def test_immediates() -> None:
    assert decoded("02 7f  04 05  0e 02 00 01 02  41 7f  43 00 00 c0 7f  0b") == [
        (0, "block", (FuncType((), (I32,)),)),
        (2, "if", (5,)),
        (4, "br_table", ((0, 1, 2),)),
        (9, "i32.const", (-1,)),
        (11, "f32.const", (0x7FC00000,)),
        (16, "end", ()),
    ]


def test_prefixed_and_two_indices() -> None:
    assert decoded("fc 0a 01 02  fc 80 00  11 03 00  d0 70  1c 01 7e") == [
        (0, "memory.copy", (1, 2)),
        (4, "i32.trunc_sat_f32_s", ()),
        (7, "call_indirect", (3, 0)),
        (10, "ref.null", (0x70,)),
        (12, "select t", ((I64,),)),
    ]


def test_memargs() -> None:
    assert decoded("28 02 04  36 42 01 ff ff ff ff 1f") == [
        (0, "i32.load", (MemArg(2, 4, 0),)),
        (3, "i32.store", (MemArg(2, 0x1FFFFFFFF, 1),)),
    ]


@pytest.mark.parametrize(("text", "message"), [
    ("ff", "illegal opcode ff"),
    ("fc 7f", "illegal opcode fc 7f"),
    # A suboperation that would reach into another prefix's numbers if it weren't cut off.
    ("fc 80 80 04", "illegal opcode fc 80 80 04"),
    ("fc 88 80 10", "illegal opcode fc 88 80 10"),
    ("fc 87 80 80 80 80 00", "integer representation too long"),
    ("28 80 01 00", "malformed memop flags"),
    ("28 02", "unexpected end"),
    ("0e ff ff ff ff 0f", "unexpected end"),
    ("d0 40", "malformed reference type"),
])
def test_malformed(text: str, message: str) -> None:
    with pytest.raises(MalformedError) as caught:
        decoded(text)
    assert caught.value.message.startswith(message)


def test_instruction_must_not_run_over_its_end() -> None:
    source = bytes.fromhex("01 41 80 00")
    with pytest.raises(MalformedError, match="unexpected end"):
        list(instructions(source, 0, 3))


def test_locals() -> None:
    r = Reader(bytes.fromhex("02 03 7f 80 00 7e 0b"))
    assert read_locals(r) == ((3, I32), (0, I64))
    assert r.source[r.pos] == 0x0B


def test_too_many_locals() -> None:
    with pytest.raises(MalformedError, match="too many locals"):
        read_locals(Reader(bytes.fromhex("02 ff ff ff ff 0f 7f 01 7e")))
