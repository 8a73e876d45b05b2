"""Hostile debug info: whatever stands in it, words answer, and soon; damage becomes one notice."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from debugger.exchange import CommandError
from debugger.session import Session
from gabagool.binary.sections import decode
from tests.debugger.sessions import PROGRAMS, run

_WORDS = ("break total", "break measure", "break shapes.cpp:41", "break orders.c:40", "continue",
          "backtrace", "info locals", "list", "info source", "info sources", "next", "step",
          "reverse-step", "reverse-next", "print order->next->items[0]", "print *this",
          "print shape.at", "info line", "up", "info locals", "print (struct item *) 8",
          "info functions", "break total if order->number > 1", "watch sum", "finish",
          "set order->number = 4", "watch -l order->number if sum > 2", "reverse-finish",
          "dprintf run, \"%d\", times")
_SOON = 20.0            # seconds for all words on one module, on a machine that is busy


def _sections(module: bytes) -> list[tuple[str, int, int]]:
    return [(custom.name, custom.start, custom.end) for custom in decode(module).customs
            if custom.name.startswith(".debug_")]


def _mutated(module: bytes, rng: random.Random) -> bytes:
    """The module with some bytes of its debug info changed, to values that are likely to hurt."""
    data = bytearray(module)
    for _ in range(rng.choice((1, 2, 8, 64))):
        _, start, end = rng.choice(_sections(module))
        at = rng.randrange(start, end)
        if rng.random() < 0.3:
            size = min(rng.randrange(1, 9), end - at)
            data[at:at + size] = bytes([rng.choice((0, 0xFF, 0x7F, 0x80))]) * size
        else:
            data[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
    return bytes(data)


@pytest.mark.parametrize("program", ["orders", "shapes"])
@pytest.mark.parametrize("seed", range(25))
def test_mutated_sections(program: str, seed: int, tmp_path: Path) -> None:
    rng = random.Random(f"{program} {seed}")
    path = tmp_path / "damaged.wasm"
    path.write_bytes(_mutated((PROGRAMS / f"{program}.wasm").read_bytes(), rng))
    begun = time.monotonic()
    session = Session.open(path, invoke="run", args=["2"], source_dirs=[str(PROGRAMS)])
    for word in _WORDS:
        try:
            run(session, word)
        except CommandError as error:
            assert str(error)
    for value in session.source_values():
        session.inside(value, 0, 5)
    session.find_source("orders.c")
    session.code_lines("orders/orders.c", 1, 50)
    run(session, "start")
    assert session.cursor == 0
    session.close()
    assert time.monotonic() - begun < _SOON


@pytest.mark.parametrize("name", [".debug_info", ".debug_abbrev", ".debug_line", ".debug_str"])
@pytest.mark.parametrize("byte", [0, 0x55, 0xFF])
def test_a_section_of_nothing_but_one_byte(name: str, byte: int, tmp_path: Path) -> None:
    module = bytearray((PROGRAMS / "orders.wasm").read_bytes())
    start, end = next((a, b) for n, a, b in _sections(bytes(module)) if n == name)
    module[start:end] = bytes([byte]) * (end - start)
    path = tmp_path / "damaged.wasm"
    path.write_bytes(module)
    session = Session.open(path, invoke="run", args=["1"])
    for word in _WORDS:
        try:
            run(session, word)
        except CommandError as error:
            assert str(error)
    session.close()


def test_damage_is_told_once_and_the_rest_still_works(tmp_path: Path) -> None:
    module = bytearray((PROGRAMS / "orders.wasm").read_bytes())
    start, end = next((a, b) for n, a, b in _sections(bytes(module)) if n == ".debug_abbrev")
    module[start:end] = bytes(end - start)
    path = tmp_path / "damaged.wasm"
    path.write_bytes(module)
    session = Session.open(path, invoke="run", args=["1"])
    run(session, "break total", "continue")
    assert session.calls().frames[0].name == "total"        # by the name section
    assert "the debug info is damaged" in session.source_notice()
    assert run(session, "print $0").text.startswith("i32")
    session.close()
