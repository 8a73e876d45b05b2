"""The object cache is an optimisation that may be damaged, missing, foreign or unwritable."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gabagool.native import cache

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


def test_an_entry_counts_only_under_its_own_name(folder: Path) -> None:
    """Another version's or module's code is intact, but not what is asked for."""
    cache.save("old", b"payload")
    (folder / "old.bin").rename(folder / "new.bin")
    assert cache.load("new") is None


def test_what_is_used_is_not_forgotten(folder: Path) -> None:
    cache.save("used", b"payload")
    os.utime(folder / "used.bin", (1, 1))
    assert cache.load("used")
    for i in range(cache._KEPT - 1):
        cache.save(f"k{i}", b"payload")
    assert cache.load("used")


def test_many_entries_are_too_many(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_KEPT_BYTES", 1000)
    for i in range(5):
        cache.save(f"k{i}", bytes(300))
        os.utime(folder / f"k{i}.bin", (i, i))
    cache.save("last", bytes(3000))
    assert [p.name for p in folder.iterdir()] == ["last.bin"], "the newest stays, however large"


def test_large_entries_make_room_for_small_ones(folder: Path,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_KEPT_BYTES", 3 << 20)
    for i, size in enumerate((100, 2 << 20, 200, 2 << 20)):
        cache.save(f"k{i}", bytes(size))
        os.utime(folder / f"k{i}.bin", (i, i))
    cache.save("last", bytes(300))
    assert sorted(p.name for p in folder.iterdir()) == ["k0.bin", "k2.bin", "k3.bin", "last.bin"]


def test_a_quick_entry(folder: Path) -> None:
    cache.save("k", b"payload", quick=True)
    assert cache.load("k", quick=True) == b"payload"
    assert cache.load("k") is None, "its checksum is no proof to others"
    data = bytearray((folder / "k.bin").read_bytes())
    data[-1] ^= 1
    (folder / "k.bin").write_bytes(data)
    assert cache.load("k", quick=True) is None


def test_small_entries_leave_room_for_large_ones(folder: Path,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_LARGE", 1000)
    for i in range(cache._KEPT + 3):
        cache.save(f"k{i}", b"payload")
    cache.save("large", bytes(2000))
    assert cache.load("large") and cache.load(f"k{cache._KEPT + 2}")


WRITER = """
import sys
from gabagool.native import cache
for i in range(60):
    cache.save("shared", sys.argv[1].encode() * (1000 + i))
    found = cache.load("shared")
    assert found and len(set(found)) == 1, found
"""


def test_concurrent_writers_and_readers(folder: Path) -> None:
    """Everyone sees what some one writer wrote, whole."""
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, letter], cwd=ROOT)
               for letter in "abc"]
    seen = set()
    while any(w.poll() is None for w in writers):
        found = cache.load("shared")
        assert found is None or len(set(found)) == 1
        seen.add(found and found[:1])
    assert [w.returncode for w in writers] == [0, 0, 0]
    assert seen - {None} and len(list(folder.iterdir())) == 1, "no temporary file is left"


def test_one_of_several_builds(folder: Path) -> None:
    assert cache.claim("k", 60)
    assert not cache.claim("k", 60)
    cache.release("k")
    assert cache.claim("k", 60)
    os.utime(folder / "k.lock", (0, 0))
    assert cache.claim("k", 60), "whoever took it on is taking too long"


def test_old_entries_are_forgotten(folder: Path) -> None:
    last = cache._KEPT + 9
    for i in range(last + 1):
        cache.save(f"k{i}", b"payload")
        os.utime(folder / f"k{i}.bin", (i, i))
    assert cache.load(f"k{last}") is not None and cache.load("k0") is None
    assert len(list(folder.iterdir())) == cache._KEPT
