"""Handlers on a computer that has none yet: quick ones first, the best take over."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gabagool.native import background, cache, compiler, engine, fusion
from gabagool.native.engine import Native, native
from gabagool.native.key import object_key
from gabagool.runtime import running
from gabagool.runtime.stops import Position
from gabagool.runtime.store import Store
from gabagool.runtime.tapping import MemoryWrites, TapSpec
from tests.machines import Guest

from .states import state

ROOT = Path(__file__).parents[2]
PROGRAM = """
from gabagool import Instance, Module, Store
store = Store()
instance = Instance(store, Module.from_file("programs/fib.wasm"))
print(instance.exports(store)["fib"](store, 10))
"""
LOOP = """(module (memory 1) (func (export "run") (param i32) (result i32) (local i32)
  (loop
    (i32.store (i32.and (local.get 1) (i32.const 0xfffc)) (local.get 1))
    (local.set 1 (i32.add (local.get 1) (i32.const 3)))
    (br_if 0 (i32.lt_u (local.get 1) (local.get 0))))
  (local.get 1)))"""


def _run(folder: Path, setup: str = "") -> str:
    done = subprocess.run([sys.executable, "-c", setup + PROGRAM], cwd=ROOT, text=True, check=True,
                          capture_output=True, env={**os.environ, "GABAGOOL_CACHE": str(folder)})
    return done.stdout.strip()


def _built(folder: Path) -> Path:
    """The best handlers, which the worker builds in peace."""
    until = time.monotonic() + 120
    while not list(folder.glob("handlers-*.bin")) or list(folder.glob("*.lock")):
        assert time.monotonic() < until
        time.sleep(0.1)
    entry, = folder.glob("handlers-*.bin")
    return entry


def test_what_is_damaged_is_built_anew(tmp_path: Path) -> None:
    """The worker outlives a program that ends at once, and is deterministic."""
    folder = tmp_path / "cache"
    assert _run(folder) == "55"
    entry, (quick,) = _built(folder), folder.glob("quick-*.bin")
    good, good_quick = entry.read_bytes(), quick.read_bytes()
    entry.write_bytes(good[:len(good) // 2])
    quick.write_bytes(b"rubbish")
    assert _run(folder) == "55"
    while entry.read_bytes() != good:
        assert _built(folder) == entry
    assert quick.read_bytes() == good_quick


def test_another_version_builds_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o700)
    for name in background.names("0" * 32):
        (folder / f"{name}.bin").write_bytes(b"from elsewhere")
    assert _run(folder) == "55"
    assert len(list(folder.glob("quick-*.bin"))) == 2


@pytest.mark.parametrize("setup", [
    "import sys; sys.executable = ''\n", "import sys; sys.executable = '/nonexistent'\n",
    "import sys; sys.executable = '/bin/false'\n"], ids=["none", "missing", "failing"])
def test_without_a_worker_the_best_is_built_at_once(tmp_path: Path, setup: str) -> None:
    assert _run(tmp_path / "cache", setup) == "55"
    assert list((tmp_path / "cache").glob("handlers-*.bin"))


def test_where_nothing_can_be_kept(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("not a directory")
    assert _run(blocker / "cache") == "55"


class _Later:
    """A worker that delivers when told to."""

    def __init__(self, payload: bytes) -> None:
        self.payload, self.arrived = payload, False

    def best(self, wait: bool) -> tuple[bool, bytes | None]:
        return self.arrived, self.payload if self.arrived else None


@pytest.fixture(scope="module")
def quick() -> bytes:
    return compiler.compile_quick(fusion.SEQUENCES[:40])


@pytest.fixture
def _short_slices(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(running, "SLICE", 100)
    yield


def _position(guest: Guest, mnemonic_offset: int) -> Position:
    func = guest.func("run")
    lowered = func.instance and func.instance.compiled.lowered(func.funcidx)
    assert lowered
    return Position(0, func.funcidx, lowered.offsets[mnemonic_offset])


@pytest.mark.usefixtures("_short_slices")
@pytest.mark.parametrize("at", [0, 150, 5000])
def test_the_best_takes_over_between_two_steps(quick: bytes, at: int) -> None:
    """Nothing else changes: not the state, not breakpoints, probes and watches."""
    best = native(best=True)
    expected, changing = (_observed(best, None, at), _observed(None, quick, at))
    assert expected == changing


def _observed(handlers: Native | None, quick: bytes | None, at: int) -> list[object]:
    store = Store()
    later = _Later(background.cache.load(background.names(object_key())[1]) or b"")
    store.native = handlers or Native(quick or b"", later)  # type: ignore[arg-type]
    guest = Guest(LOOP, store=store)
    machine = guest.begin("run", 30_000)
    machine.set_probes([_position(guest, 3)])
    machine.run(at)
    later.arrived = True
    watch, = machine.taps.arm([TapSpec(MemoryWrites(0, 400, 4))])
    seen: list[object] = [state(machine)]
    machine.run(at + 300)
    seen += [state(machine), machine.probe_count(_position(guest, 3)), watch.count, watch.last]
    machine.set_break(_position(guest, 0))
    seen.append((machine.run(1 << 40), state(machine)))
    machine.clear_break(_position(guest, 0))
    seen.append((machine.run(1 << 40), state(machine)))
    seen += [machine.probe_count(_position(guest, 3)), watch.count, watch.last]
    assert not store.native.is_quick and store.native.fusions == native(best=True).fusions
    return seen


def test_waiting_for_the_best(quick: bytes) -> None:
    """A worker that fails is not waited for in vain."""
    class Failing:
        def best(self, wait: bool) -> tuple[bool, bytes | None]:
            return True, None

    code = Native(quick, Failing())  # type: ignore[arg-type]
    assert code.is_quick and code.better(wait=True) is not None and not code.is_quick


def test_a_worker_that_dies_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "")
    build = background.Background(True)
    assert build.quick() is None and build.best(wait=True) == (True, None)


def test_two_workers_build_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GABAGOOL_CACHE", str(tmp_path / "cache"))
    assert cache.claim("k", 60)
    built: list[str] = []
    monkeypatch.setattr(background, "_PAUSE", 0.0)
    monkeypatch.setattr(time, "sleep", lambda _: cache.save("k", b"other's"))
    assert background._alone("k", lambda: built.append("mine") or b"mine") == b"other's"
    assert not built


def test_preparing_is_done_once() -> None:
    native()
    engine.prepare()
    assert engine.is_ready()
