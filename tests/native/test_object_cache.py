"""The object cache is an optimisation that may be damaged, missing, foreign or unwritable."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gabagool.native import cache

PROGRAM = """
from gabagool import Instance, Module, Store
store = Store()
instance = Instance(store, Module.from_file("programs/fib.wasm"))
print(instance.exports(store)["fib"](store, 10))
"""
ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "cache"
    path.mkdir(mode=0o700)
    monkeypatch.setenv("GABAGOOL_CACHE", str(path))
    return path


def test_what_is_saved_is_loaded(folder: Path) -> None:
    assert cache.load("k") is None
    cache.save("k", b"payload")
    assert cache.load("k") == b"payload"


@pytest.mark.parametrize("damage", [
    lambda data: data[:-1], lambda data: b"", lambda data: b"x" + data[1:],
    lambda data: data[:50] + bytes([data[50] ^ 1]) + data[51:], lambda data: data + b"\0"])
def test_a_damaged_entry_is_ignored(folder: Path, damage: object) -> None:
    cache.save("k", b"payload" * 20)
    entry = folder / "k.bin"
    entry.write_bytes(damage(entry.read_bytes()))  # type: ignore[operator]
    assert cache.load("k") is None


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_a_cache_others_may_write_is_not_trusted(folder: Path) -> None:
    cache.save("k", b"payload")
    folder.chmod(0o777)
    assert cache.load("k") is None
    folder.chmod(0o700)
    (folder / "k.bin").chmod(0o666)
    assert cache.load("k") is None


def test_an_unwritable_cache_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("not a directory")
    monkeypatch.setenv("GABAGOOL_CACHE", str(blocker / "cache"))
    cache.save("k", b"payload")
    assert cache.load("k") is None


def test_old_entries_are_forgotten(folder: Path) -> None:
    for i in range(40):
        cache.save(f"k{i}", b"payload")
        os.utime(folder / f"k{i}.bin", (i, i))
    assert cache.load("k39") is not None and cache.load("k0") is None
    assert len(list(folder.iterdir())) < 20


def _run(folder: Path) -> str:
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, text=True, check=True,
                          capture_output=True, env={**os.environ, "GABAGOOL_CACHE": str(folder)})
    return done.stdout.strip()


def test_the_engine_rebuilds_a_damaged_object(folder: Path) -> None:
    assert _run(folder) == "55"
    entry, = folder.glob("handlers-*.bin")
    good = entry.read_bytes()
    entry.write_bytes(good[:len(good) // 2])
    assert _run(folder) == "55"
    assert entry.read_bytes() == good, "the object is built anew, and is the same: deterministic"
