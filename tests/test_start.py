"""What a start imports and does: counts, which don't depend on how fast or busy a computer is."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from gabagool.native.engine import native
from tests.packaged import MISSING, cpython

ROOT = Path(__file__).parent.parent
# What a program that just runs has no use for.
NEEDLESS = {"textual", "rich", "zstandard", "subprocess", "tempfile", "zipfile", "platform",
            "debugger", "gabagool.snapshot", "gabagool.history", "gabagool.container",
            "gabagool.api.face", "gabagool.api.suspending", "gabagool.runtime.codec",
            "gabagool.native.handlers", "gabagool.native.emitter"}
NEEDLESS_WITHOUT_LLVM = {"llvmlite.binding", "llvmlite.ir"}
MOST = 175                  # modules of our own

_RUN = """
import sys
from gabagool.cli import main
assert main(sys.argv[1:]) == 0
print(*sys.modules, file=sys.stderr)
"""
_COUNT = """
import sys
from gabagool.cli import main
from gabagool.runtime import compiled
from gabagool.runtime.machine import Machine
from gabagool.runtime.store import Store

counts = {"enter": 0, "thread": 0, "lower": 0}

def counting(owner, name, what):
    plain = getattr(owner, name)
    def counted(*args):
        counts[what] += 1
        return plain(*args)
    setattr(owner, name, counted)

counting(Machine, "_enter", "enter")
counting(Store, "_thread", "thread")
counting(compiled, "lower", "lower")
assert main(sys.argv[1:]) == 0
print(*counts.values(), file=sys.stderr)
"""


def _run(code: str, *args: str, **environment: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, "run", *args], cwd=ROOT, text=True,
                          check=True, capture_output=True, env={**os.environ, **environment})
    return done.stderr


def test_what_is_imported() -> None:
    native(best=True)
    names = set(_run(_RUN, "--invoke", "fib", "programs/fib.wasm", "10").split())
    ours = {name for name in names if name.startswith("gabagool")}
    assert "gabagool.runtime.machine" in ours
    assert not names & NEEDLESS
    assert len(ours) <= MOST, sorted(ours)
    if sys.platform == "linux" and platform.machine() == "x86_64":
        assert not names & NEEDLESS_WITHOUT_LLVM


def test_options_import_nothing() -> None:
    """The worker and the program's file are under way before what runs it is imported."""
    code = ("import sys, gabagool.cli.run, gabagool.native.background;"
            "print(*sys.modules, file=sys.stderr)")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, text=True, check=True,
                          capture_output=True)
    ours = [name for name in done.stderr.split() if name.startswith("gabagool")]
    assert not [name for name in ours if name.startswith("gabagool.isa")]
    assert len(ours) <= 16, ours


@pytest.mark.skipif(cpython() is None, reason=MISSING)
def test_a_second_run_finds_all_code(tmp_path: Path) -> None:
    """CPython: two thousand functions were lowered and threaded when they were first called."""
    native(best=True)
    given = {"GABAGOOL_CACHE": str(tmp_path / "cache"),
             "PYTHONPYCACHEPREFIX": str(tmp_path / "bytecode")}
    args = ("--env", "PYTHONHASHSEED=0", str(cpython()), "-c", "print(1)")
    enters, threaded, lowered = map(int, _run(_COUNT, *args, **given).split())
    assert lowered > 1500
    again, threaded, lowered = map(int, _run(_COUNT, *args, **given).split())
    assert (threaded, lowered) == (0, 0)
    assert again < 300 < enters
