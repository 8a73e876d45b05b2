"""Object code is loaded without LLVM, which is not even imported then."""

from __future__ import annotations

import os
import platform
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from gabagool.isa import UNITS
from gabagool.native import bulk, cache, compiler, elf
from gabagool.native.background import names
from gabagool.native.collecting import _loaded
from gabagool.native.engine import Native, native
from gabagool.native.key import object_key
from gabagool.runtime.store import Store
from tests.machines import Guest

ROOT = Path(__file__).parents[2]
KNOWN = sys.platform == "linux" and platform.machine() == "x86_64"
COUNT = """(module (func (export "run") (param i32) (result f64) (local f64)
  (loop (local.set 1 (f64.add (local.get 1) (f64.const 0.5)))
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
  (local.get 1)))"""


@pytest.fixture(scope="module")
def main() -> bytes:
    """The object code of the main unit."""
    native(best=True)
    payload = cache.load(names(object_key())[1])
    assert payload is not None
    part, = compiler.unpack(payload)
    return part.code


@pytest.mark.skipif(not KNOWN, reason="loaded by LLVM on this platform")
@pytest.mark.parametrize("unit", UNITS)
def test_all_units_are_loaded_without_llvm(unit: str) -> None:
    code = native(best=True)
    code.need(unit)
    assert isinstance(code._engines[unit], elf.Loaded)


@pytest.mark.skipif(not KNOWN, reason="loaded by LLVM on this platform")
def test_helpers_are_loaded_without_llvm() -> None:
    assert isinstance(_loaded()[1], elf.Loaded)
    assert isinstance(bulk._loaded()[1], elf.Loaded)
    assert bulk.xor(b"\x0f" * 100, b"\xf0" * 100) == (bytearray(b"\xff" * 100), 800)


@pytest.mark.skipif(not KNOWN, reason="loaded by LLVM on this platform")
def test_a_program_runs_without_llvm(main: bytes) -> None:
    run = ("import sys; from gabagool.cli import main;"
           "main(['run', '--invoke', 'fib', 'programs/fib.wasm', '10']);"
           "print([m for m in sys.modules if m.startswith('llvmlite.')])")
    done = subprocess.run([sys.executable, "-c", run], cwd=ROOT, text=True, check=True,
                          stdout=subprocess.PIPE, env=os.environ)
    assert done.stdout.split("\n")[:2] == ["55", "['llvmlite._version']"]


@pytest.mark.parametrize("by_llvm", [False, True])
def test_either_loader_will_do(by_llvm: bool, main: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    if by_llvm:
        monkeypatch.setattr(elf, "load", lambda obj: None)
    payload = cache.load(names(object_key())[1])
    assert payload is not None
    store = Store()
    store.native = Native(payload)
    assert isinstance(store.native._engines[""], elf.Loaded) == (KNOWN and not by_llvm)
    guest = Guest(COUNT, store=store)
    assert guest.call("run", 1000) == (struct.unpack("<Q", struct.pack("<d", 500.0))[0],)


@pytest.mark.parametrize("at, new", [(0, b"\xcf\xfa\xed\xfe"), (4, b"\x01"), (18, b"\xb7\0")],
                         ids=["Mach-O", "32 bits", "aarch64"])
def test_other_code_is_for_llvm(main: bytes, at: int, new: bytes) -> None:
    assert elf.load(main[:at] + new + main[at + len(new):]) is None


def test_truncated_code_is_for_llvm(main: bytes) -> None:
    assert elf.load(b"") is None
    assert elf.load(main[:100]) is None
