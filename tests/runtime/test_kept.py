"""Lowered code on disk: the same as lowered afresh, or not used."""

from __future__ import annotations

import gc
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gabagool.binary import entities
from gabagool.errors import ValidationError
from gabagool.native import cache
from gabagool.native.engine import native
from gabagool.native.layout import FuncRec
from gabagool.runtime import compiled as compiling
from gabagool.runtime import source as sources
from gabagool.runtime import threaded
from gabagool.runtime.compiled import Compiled
from gabagool.runtime.instantiate import instantiate
from gabagool.runtime.stops import Position, StopReason
from gabagool.runtime.store import Store
from gabagool.runtime.tapping import Forms, TapSpec
from gabagool.syntax import Funcs, PlainDatas
from gabagool.valid.lowered import Lowered
from tests.machines import Guest, wat
from tests.native.states import state

PROGRAMS = Path(__file__).parents[2] / "programs"
BROKEN = """(module (func $good (export "good") (result i32) (i32.const 7))
  (func (export "bad") (result i32) (i64.const 7)) (func (export "calls") (call 1) drop))"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    native(best=True)
    monkeypatch.setattr(sources, "WORTH", 0)
    monkeypatch.setenv("GABAGOOL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def lowerings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The functions that are lowered afresh."""
    seen: list[int] = []
    lower = compiling.lower

    def counting(context: object, funcidx: int) -> Lowered:
        seen.append(funcidx)
        return lower(context, funcidx)  # type: ignore[arg-type]

    monkeypatch.setattr(compiling, "lower", counting)
    return seen


def _indices(module: Compiled) -> range:
    first = len(module.module.imported_funcs)
    return range(first, first + len(module.module.funcs))


def _all(source: bytes) -> list[Lowered]:
    """Every function, as a program that calls them all leaves them behind at its end."""
    module = Compiled(source)
    found = [module.lowered(i) for i in _indices(module)]
    del module
    gc.collect()
    return found


def _same(one: Lowered, other: Lowered) -> bool:
    names = set(Lowered.__dataclass_fields__) - {"calls"}
    return all(getattr(one, name) == getattr(other, name) for name in names)


@pytest.mark.parametrize("name", ["greet", "life", "sha256", "readfile"])
def test_what_is_kept_is_what_was_lowered(name: str, lowerings: list[int]) -> None:
    source = (PROGRAMS / f"{name}.wasm").read_bytes()
    fresh = _all(source)
    assert len(lowerings) == len(fresh)
    assert all(map(_same, _all(source), fresh))
    assert len(lowerings) == len(fresh), "nothing is lowered a second time"


@pytest.mark.parametrize("name", ["greet", "readfile", "corruption"])
def test_what_is_kept_of_a_module(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its long sections need not be read again."""
    source = (PROGRAMS / f"{name}.wasm").read_bytes()
    fresh = Compiled(source)
    fresh.lowered(_indices(fresh)[0])
    expected = fresh.module
    del fresh
    gc.collect()

    def unexpected(*_: object) -> None:
        raise AssertionError("it is read")

    for reader in ("read_datas", "read_typeidxs"):
        monkeypatch.setattr(entities, reader, unexpected)
    known = Compiled(source).module
    assert known == expected and isinstance(known.funcs, Funcs)
    assert list(known.datas) == list(expected.datas) and isinstance(known.datas, PlainDatas)
    assert [*known.func_typeidxs] == [*expected.func_typeidxs]


def test_vectors(lowerings: list[int]) -> None:
    source = wat("""(module (func (param v128 i32) (result v128) (local v128 i64)
      (i32x4.add (local.get 0) (local.get 2))))""")
    fresh = _all(source)
    assert all(map(_same, _all(source), fresh)) and len(lowerings) == 1
    assert fresh[0].units == {"vector"}


@pytest.mark.parametrize("damage", [
    lambda data: data[:-1], lambda data: data[:len(data) // 2], lambda data: b"",
    lambda data: data[:60] + bytes([data[60] ^ 1]) + data[61:], lambda data: data + bytes(8)])
def test_damaged_code_is_lowered_anew(folder: Path, lowerings: list[int],
                                      damage: Callable[[bytes], bytes]) -> None:
    source = (PROGRAMS / "greet.wasm").read_bytes()
    fresh = _all(source)
    entry, = folder.glob("lowered-*.bin")
    good = entry.read_bytes()
    entry.write_bytes(damage(good))
    assert all(map(_same, _all(source), fresh))
    assert len(lowerings) == 2 * len(fresh)
    assert entry.read_bytes() == good, "and kept again: deterministic"


def test_code_of_another_version_is_not_used(lowerings: list[int],
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    source = (PROGRAMS / "greet.wasm").read_bytes()
    count = len(_all(source))
    monkeypatch.setattr(sources, "_made_by", lambda: "f" * 32)
    _all(source)
    assert len(lowerings) == 2 * count


def test_functions_are_added(lowerings: list[int]) -> None:
    source = (PROGRAMS / "readfile.wasm").read_bytes()
    expected = _all(source)
    order = [f.funcidx for f in expected]
    random.Random(1).shuffle(order)
    for part in (order[:3], order[2:]):
        module = Compiled(source + b"\0\2\1x")         # a custom section: another module
        assert all(_same(module.lowered(i), expected[i - min(order)]) for i in part)
        del module
        gc.collect()
    assert len(lowerings) == 2 * len(order)


def test_a_small_module_is_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "WORTH", 1 << 18)
    _all((PROGRAMS / "greet.wasm").read_bytes())
    assert not folder.exists()


def test_an_invalid_body_stays_invalid() -> None:
    """Whether it is reached, or met while lowering ahead, or its neighbours are kept."""
    for _ in range(2):
        guest = Guest(BROKEN)
        assert guest.call("good") == (7,)
        with pytest.raises(ValidationError, match=r"func\[1\]"):
            guest.call("bad")
        with pytest.raises(ValidationError, match=r"func\[1\]"):
            guest.call("calls")
        del guest
        gc.collect()


def test_lowering_ahead_follows_calls(lowerings: list[int]) -> None:
    module = Compiled(wat("""(module (import "m" "f" (func)) (func (call 0) (call 3) (call 1))
      (func) (func (call 2) (call 4)) (func (drop)) (func))"""))
    module.lower_ahead(1, lambda: len(lowerings) > 90)
    assert lowerings == [1, 3, 2, 4], "breadth first; what is imported or not called is left out"
    with pytest.raises(ValidationError):
        module.lowered(4)
    module.lower_ahead(5, lambda: True)
    assert 5 not in lowerings


MANY = """(module (memory 1) (global $g (mut i32) (i32.const 0))
  (table funcref (elem $double $triple))
  (func $double (param i32) (result i32) (i32.add (local.get 0) (local.get 0)))
  (func $triple (param i32) (result i32) (block (block (block
      (br_table 0 1 2 (local.get 0))) (return (i32.const 30))) (nop))
    (i32.store (local.get 0) (i32.const 9))
    (i32.mul (local.get 0) (i32.const 3)))
  (func $lanes (result i32) (i32x4.extract_lane 2 (v128.const i32x4 1 2 3 4)))
  (func (export "run") (param i32) (result i32)
    (global.set $g (call_indirect (param i32) (result i32) (local.get 0) (i32.const 1)))
    (i32.add (call $lanes) (i32.add (global.get $g) (call $double (local.get 0))))))"""


def _ended(source: bytes) -> tuple[Guest, object]:
    """A program that has run, and what can be seen of that."""
    guest = Guest(source)
    machine = guest.begin("run", 7)
    seen: list[object] = []
    while machine.ended is None:
        seen.append((machine.step, machine.position, machine.depth))
        machine.run(machine.step + 1)
    return guest, (seen, machine.ended, state(machine))


def test_kept_code_is_threaded_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what needs a unit of its own is threaded when it is called."""
    source = wat(MANY)
    guest, expected = _ended(source)
    del guest
    gc.collect()
    one_by_one: list[int] = []
    thread = Store._thread
    monkeypatch.setattr(Store, "_thread", lambda store, func, lowered: (
        one_by_one.append(func.funcidx), thread(store, func, lowered)))
    guest, found = _ended(source)
    assert found == expected and one_by_one == [2]
    for func in list(guest.store.based):
        before = guest.store.func_records.read(func.addr * FuncRec.SIZE, FuncRec.SIZE)
        thread(guest.store, func, func.lowered)  # type: ignore[arg-type]
        after = guest.store.func_records.read(func.addr * FuncRec.SIZE, FuncRec.SIZE)
        assert before[FuncRec.INST:] == after[FuncRec.INST:] and before != after


def test_what_is_lowered_ahead_is_threaded_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the first run ever: while there is no native code, functions are lowered."""
    source = wat(MANY)
    _, expected = _ended(source)
    gc.collect()
    for entry in cache.directory().glob("lowered-*"):
        entry.unlink()
    one_by_one: list[int] = []
    thread = Store._thread
    monkeypatch.setattr(Store, "_thread", lambda store, func, lowered: (
        one_by_one.append(func.funcidx), thread(store, func, lowered)))
    monkeypatch.setattr(threaded, "is_ready", lambda: False)
    _, found = _ended(source)
    assert found == expected and one_by_one == [1, 2], "what a table leads to, and vectors"


def test_kept_code_takes_breakpoints_and_taps() -> None:
    source = wat(MANY)
    _ended(source)
    gc.collect()
    guest = Guest(source)
    machine = guest.begin("run", 7)
    tap, = machine.taps.arm([TapSpec(Forms(frozenset({"i32.store", "return"})))])
    machine.set_break(Position(0, 1, machine.store.funcs[2].lowered.offsets[0]))  # type: ignore[union-attr]
    assert machine.run(1 << 40).reason is StopReason.BREAKPOINT
    assert machine.position is not None and machine.position.funcidx == 1
    assert machine.run(1 << 40).results == (3 + 21 + 14,)
    assert tap.count == 1


def test_a_second_instance_threads_what_it_calls() -> None:
    source = wat(MANY)
    _ended(source)
    gc.collect()
    guest = Guest(source)
    assert guest.call("run", 7) == (38,)
    size = guest.store.arena.size
    other = instantiate(guest.store, guest.instance.compiled, {})
    export = other.export("run")
    assert export and guest.machine.call(guest.store.funcs[export[1]], [0]) == (33,)
    assert guest.store.arena.size < 2 * size


WRITER = """
import sys
from gabagool.runtime import source
from gabagool.runtime.compiled import Compiled
source.WORTH = 0
for i in range(20):
    module = Compiled(open(sys.argv[1], "rb").read())
    first = len(module.module.imported_funcs)
    for f in range(first, first + len(module.module.funcs)):
        module.lowered(f)
    module._source._kept, module._kept.code = b"", None
    module._kept.save([module.lowered(first + i % len(module.module.funcs))])
    del module
"""


def test_concurrent_programs(lowerings: list[int]) -> None:
    path = PROGRAMS / "readfile.wasm"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path)]) for _ in range(3)]
    module = Compiled(path.read_bytes())
    expected = {i: compiling.lower(module.context, i) for i in _indices(module)}
    while any(w.poll() is None for w in writers):
        module = Compiled(path.read_bytes())
        assert all(_same(module.lowered(i), f) for i, f in expected.items())
    assert [w.returncode for w in writers] == [0, 0, 0]
