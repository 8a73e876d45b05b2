"""Large modules are kept by their hashes; files go first where there is nothing to be trusted."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path

import pytest

from gabagool import (
    Func,
    Linker,
    Module,
    SnapshotError,
    Store,
    container,
    resume,
    snapshot,
    suspend,
)
from gabagool.runtime import shelf
from tests.machines import wat

LARGE = wat('(module (memory 20) (data (i32.const 64) "' + "some text " * 110_000 + '")'
            '(func (export "f") (result i32) (nop) (nop) (i32.load8_u (i32.const 64))))')
FOREVER = 1 << 60


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GABAGOOL_CACHE", str(tmp_path / "cache"))
    snapshot._packed.clear()
    return tmp_path / "cache"


@pytest.fixture
def suspended(tmp_path: Path) -> Path:
    """A file of a program that is not on the shelf."""
    store = Store()
    func = Linker(store).instantiate(Module(LARGE)).exports(store)["f"]
    assert isinstance(func, Func)
    machine = func.start(store)
    machine.run(1)
    suspend(machine, tmp_path / "x.gaba")
    return tmp_path / "x.gaba"


def _on_shelf(folder: Path, kind: str) -> list[Path]:
    gc.collect()             # what nobody needs any more is written
    return list(folder.glob(f"{kind}-*.bin"))


def _unpacking(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    what: list[str] = []
    unpack: Callable[..., bytes] = container.unpack

    def noted(data: bytes, limit: int, name: str) -> bytes:
        what.append(name)
        return unpack(data, limit, name)

    monkeypatch.setattr(container, "unpack", noted)
    return what


def test_it_is_there_the_next_time(suspended: Path, folder: Path,
                                   monkeypatch: pytest.MonkeyPatch) -> None:
    assert _on_shelf(folder, "module") and _on_shelf(folder, "packed")
    unpacked = _unpacking(monkeypatch)
    monkeypatch.setattr(container, "pack", None)
    machine = resume(suspended).machine
    assert machine.run(FOREVER).results == (ord("s"),)
    assert not unpacked and machine.store.instances[0].compiled.module.source == LARGE
    snapshot._packed.clear()
    suspend(resume(suspended).machine, suspended)          # not packed again
    assert resume(suspended).machine.run(FOREVER).results == (ord("s"),)


def test_resuming_puts_it_there(suspended: Path, folder: Path,
                                monkeypatch: pytest.MonkeyPatch) -> None:
    for path in _on_shelf(folder, "*"):
        path.unlink()
    unpacked = _unpacking(monkeypatch)
    assert resume(suspended).machine.run(FOREVER).results == (ord("s"),)
    assert unpacked == ["the module in the file"] and _on_shelf(folder, "module")
    assert resume(suspended).machine.run(FOREVER).results == (ord("s"),)
    assert len(unpacked) == 1


def test_a_damaged_entry_is_no_entry(suspended: Path, folder: Path,
                                     monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("module", "packed"):
        path, = _on_shelf(folder, kind)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    unpacked = _unpacking(monkeypatch)
    assert resume(suspended).machine.run(FOREVER).results == (ord("s"),)
    assert unpacked == ["the module in the file"]


def test_what_a_file_claims_does_not_go_on_the_shelf(suspended: Path, folder: Path) -> None:
    for path in _on_shelf(folder, "*"):
        path.unlink()
    source = container.Source(suspended.read_bytes())
    other = container.pack(LARGE.replace(b"some text", b"best text"))
    parts = [container.preface()]
    for chunk in source.chunks:
        data = source.read(chunk)
        parts += container.framed(chunk.tag, data[:32] + other if chunk.tag == b"MODL" else data)
    suspended.write_bytes(b"".join(parts))
    with pytest.raises(SnapshotError, match="not the one it says it is"):
        resume(suspended)
    assert not _on_shelf(folder, "module") and not _on_shelf(folder, "packed")


def test_small_modules_are_not_worth_it(folder: Path) -> None:
    small = Module(wat("(module)"))
    shelf.keep(small.compiled, b"x")
    del small
    assert not _on_shelf(folder, "module")
