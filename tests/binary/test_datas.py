"""Data segments in arrays are the segments one by one."""

from __future__ import annotations

import random

import pytest

from gabagool.binary import entities
from gabagool.binary.sections import decode
from gabagool.errors import MalformedError, ModuleError, Trap
from gabagool.syntax import Module, PlainDatas
from gabagool.valid.module import validate_module
from tests.machines import Guest, wat


def module(*segments: str, memory: str = "1") -> bytes:
    text = "".join(f"(data {s})" for s in segments)
    return wat(f"(module (memory (export \"m\") {memory}) {text})")


PLAIN = ['(i32.const 5) "abc"', '(i32.const 0) ""', '(i32.const 65533) "xyz"',
         '(i32.const 300) "%s"' % ("q" * 300), '(i32.const 0x40) "\\00"']


# Around each number of bytes that an address may take.
EDGES = [f'(i32.const {sign * (1 << bits) - low}) "abc"'
         for bits in range(31) for sign in (1, -1) for low in (0, 1)]


def one_by_one(source: bytes, monkeypatch: pytest.MonkeyPatch) -> Module:
    with monkeypatch.context() as patch:
        patch.setattr(entities, "_read_plain", lambda *_: False)
        return decode(source)


@pytest.mark.parametrize("segments", [
    PLAIN, PLAIN[:1], EDGES, ['(i32.const -1) "abc"', '(i32.const 0x80000000) "d"']])
def test_plain_segments(segments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    source = module(*segments)
    found = decode(source)
    assert isinstance(found.datas, PlainDatas)
    assert list(found.datas) == list(found.datas[:]) == list(
        one_by_one(source, monkeypatch).datas)
    assert found.sections[-1].count == len(segments) == len(found.datas)
    validate_module(found)


@pytest.mark.parametrize("odd", ['"passive"', '(offset i32.const 1 i32.const 2 i32.add) "x"'])
def test_one_that_is_not_plain_changes_all(odd: str) -> None:
    found = decode(module(*PLAIN, odd))
    assert isinstance(found.datas, tuple) and len(found.datas) == len(PLAIN) + 1


def test_a_source_that_ends_within_a_segment() -> None:
    whole = module('(i32.const 0x123456) "a"')
    at = whole.index(bytes([0, 0x41]))
    for end in range(at - 1, len(whole)):
        size = end - at + 1
        cut = whole[:at - 2] + bytes([size]) + whole[at - 1:end]
        with pytest.raises(MalformedError):
            decode(cut)


def test_no_segments_and_no_memory() -> None:
    source = b"\0asm\1\0\0\0" + bytes([11, 1, 0])
    assert not decode(source).datas
    Guest(source)


def test_mutilated_sections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever stands there, the error is the one that reading one by one finds."""
    rng = random.Random(7)
    good = module(*PLAIN)
    for _ in range(3000):
        bad = bytearray(good)
        for _ in range(rng.randrange(1, 4)):
            bad[rng.randrange(8, len(bad))] = rng.choice([0, 1, 2, 0x0B, 0x41, 0x7F, 0x80, 0xFF])
        outcomes = [outcome(bytes(bad)), outcome(bytes(bad), monkeypatch)]
        assert outcomes[0] == outcomes[1], bad.hex()


def outcome(source: bytes, one: pytest.MonkeyPatch | None = None) -> object:
    try:
        found = one_by_one(source, one) if one else decode(source)
        validate_module(found)
        return list(found.datas)
    except ModuleError as error:
        return str(error)


def test_initial_memory() -> None:
    guest = Guest(module(*PLAIN))
    memory = guest.store.memories[0]
    assert memory.read(5, 3) == b"abc" and memory.read(65533, 3) == b"xyz"
    assert guest.instance.dropped_datas == set(range(len(PLAIN)))


@pytest.mark.parametrize("beyond", ['(i32.const 65534) "abc"', '(i32.const -1) "a"'])
def test_out_of_bounds(beyond: str) -> None:
    """The segments before it are written (§4.5.4), it isn't."""
    text = f"""(module (import "m" "m" (memory 1)) (data (i32.const 1) "before")
      (data {beyond}) (data (i32.const 9) "after"))"""
    first = Guest('(module (memory (export "m") 1))')
    with pytest.raises(Trap, match="out of bounds memory access"):
        Guest(text, {("m", "m"): first.extern("m")}, first.store)
    assert first.store.memories[0].read(0, 12) == b"\0before\0\0\0\0\0"


def test_an_address_of_the_wrong_type_is_invalid() -> None:
    source = module('(i64.const 5) "abc"', memory="i64 1")
    validate_module(decode(source))
    with pytest.raises(ModuleError, match="type mismatch"):
        validate_module(decode(source.replace(b"\x42\x05\x0b\x03abc", b"\x41\x05\x0b\x03abc")))
