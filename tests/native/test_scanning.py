"""The native scanner reads what the reader reads, and leaves to it what may be malformed."""

from __future__ import annotations

import random

import pytest

from gabagool.binary.sections import decode
from gabagool.errors import MalformedError
from gabagool.native import bulk
from gabagool.native.scanning import NativeScanner, scanner
from gabagool.syntax import Module, PlainDatas
from tests.machines import wat


def leb(value: int, rng: random.Random, signed: bool = False) -> bytes:
    """A LEB128, padded at random."""
    out = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        done = value in (0, -1) and (value < 0) == bool(byte & 0x40) if signed else value == 0
        if done:
            break
        out.append(byte | 0x80)
    fill = 0x7F if value < 0 else 0
    pads = rng.randrange(5 - len(out)) if rng.random() < 0.3 else 0
    return bytes([*out, byte | (0x80 if pads else 0), *[fill | 0x80] * (pads - 1),
                  *([fill] if pads else [])])


def section(number: int, content: bytes, rng: random.Random) -> bytes:
    return bytes([number]) + leb(len(content), rng) + content


def binary(rng: random.Random) -> bytes:
    count = rng.choice((0, 1, 3, 200))
    bodies = [rng.randbytes(rng.choice((0, 1, 200))) + b"\x0b" for _ in range(count)]
    datas = [(rng.choice((0, 5, 63, 64, 8191, 8192, -1, -64, -65, 1 << 27, -(1 << 31))),
              rng.randbytes(rng.choice((0, 1, 130)))) for _ in range(rng.choice((0, 1, 300)))]
    code = leb(count, rng) + b"".join(leb(len(b), rng) + b for b in bodies)
    data = leb(len(datas), rng) + b"".join(
        b"\0\x41" + leb(at, rng, signed=True) + b"\x0b" + leb(len(part), rng) + part
        for at, part in datas)
    types = leb(count, rng) + b"".join(leb(rng.choice((0, 1, 127, 128, 1 << 20)), rng)
                                       for _ in bodies)
    listed = [leb(rng.choice((0, 63, 64, 300, (1 << 32) - 1)), rng)
              for _ in range(rng.choice((0, 2, 150)))]
    elems = b"\x01\0\x41\0\x0b" + leb(len(listed), rng) + b"".join(listed)
    return b"\0asm\1\0\0\0" + b"".join(
        section(number, content, rng)
        for number, content in ((3, types), (4, b"\x01\x70\0\0"), (5, b"\x01\0\x01"),
                                (9, elems), (10, code), (11, data)))


def facts(source: bytes, native: bool) -> object:
    """What is decoded, or why it can't be."""
    try:
        module = decode(source, scanner=NativeScanner() if native else None)
    except MalformedError as error:
        return str(error)
    return (list(module.funcs), list(module.datas), type(module.datas), module.sections,
            module.elems, [list(elem.init) for elem in module.elems],
            module.func_typeidxs)


@pytest.mark.parametrize("seed", range(300))
def test_it_reads_what_the_reader_reads(seed: int) -> None:
    rng = random.Random(seed)
    source = bytearray(binary(rng))
    assert facts(bytes(source), True) == facts(bytes(source), False)
    for _ in range(20):
        broken = bytearray(source)
        broken[rng.randrange(8, len(broken))] = rng.choice((0, 0x0B, 0x41, 0x7F, 0x80, 0xFF))
        cut = bytes(broken[:rng.randrange(8, len(broken) + 1) if rng.random() < 0.3 else None])
        assert facts(cut, True) == facts(cut, False), cut.hex()


def test_all_of_a_plain_module_is_scanned(monkeypatch: pytest.MonkeyPatch) -> None:
    from gabagool.binary import code
    source = wat('(module (memory 1) ' + '(data (i32.const -8) "part")' * 1000
                 + "(func (nop))" * 1000 + ")")
    assert isinstance(decode(source).datas, PlainDatas)
    by_hand: list[int] = []
    read_entry = code.read_entry
    monkeypatch.setattr(code, "read_entry", lambda r: by_hand.append(r.pos) or read_entry(r))
    module = decode(source, scanner=NativeScanner())
    assert len(module.funcs) == 1000 and len(module.datas) == 1000 and not by_hand


def test_a_claimed_count_takes_no_memory() -> None:
    hostile = b"\0asm\1\0\0\0" + bytes([10, 8]) + b"\xff\xff\xff\xff\x0f" + b"\x02\0\x0b"
    assert facts(hostile, True) == facts(hostile, False)


def test_small_modules_are_not_worth_it() -> None:
    bulk.functions()
    assert scanner(1000) is None and scanner(1 << 20) is not None
    assert isinstance(decode(wat("(module)"), scanner=scanner(1000)), Module)
