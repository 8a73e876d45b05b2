"""Snapshot files: what is resumed is what was suspended; anything else is refused with a clear
text. `test_file_fuzz.py` has the mutations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gabagool import (
    FUNCREF,
    Func,
    Global,
    GlobalType,
    Linker,
    Module,
    SnapshotError,
    Store,
    WasiConfig,
    resume,
    suspend,
)
from gabagool import snapshot as files
from gabagool.api.describing import describe
from gabagool.container import Source, framed, preface
from gabagool.runtime.machine import Machine
from gabagool.types import I32, FuncType
from tests.machines import Guest, wat
from tests.native.states import state

PROGRAMS = Path(__file__).parents[2] / "programs"
FOREVER = 1 << 60


class Sink(bytearray):
    def __call__(self, data: bytes) -> int:
        self.extend(data)
        return len(data)


def begun(program: str, sink: Sink | None = None, *args: str) -> Machine:
    """A command's machine before its first step."""
    store = Store()
    linker = Linker(store)
    linker.define_wasi(WasiConfig(args=(program, *args), stderr=None,
                                  stdout=Sink() if sink is None else sink))
    module = Module.from_file(PROGRAMS / f"{program}.wasm")
    func = linker.instantiate(module).exports(store)["_start"]
    assert isinstance(func, Func)
    store.machine.start(func.inst.addr, [])
    return store.machine


@pytest.mark.parametrize("program", ["life", "corruption", "hello"])
def test_a_file_needs_nothing_else(program: str, tmp_path: Path) -> None:
    first, late = Sink(), Sink()
    whole = begun(program, first)
    expected = whole.run(FOREVER)
    early = Sink()
    machine = begun(program, early)
    machine.run(expected.step // 2)
    size = suspend(machine, tmp_path / "x.gaba", program=program)
    assert size == (tmp_path / "x.gaba").stat().st_size
    resumed = resume(tmp_path / "x.gaba", wasi=WasiConfig(stdout=late, stderr=None))
    assert state(resumed.machine) == state(machine)
    assert resumed.about.program == program
    stop = resumed.machine.run(FOREVER)
    assert (stop.reason, stop.step, stop.results) == (
        expected.reason, expected.step, expected.results)
    assert state(resumed.machine) == state(whole)
    assert early + late == first


def test_the_start_and_the_end_are_places_too(tmp_path: Path) -> None:
    machine = begun("hello")
    for until in (0, FOREVER):
        machine.run(until)
        suspend(machine, tmp_path / "x")
        resumed = resume(tmp_path / "x", wasi=WasiConfig(stdout=Sink()))
        assert state(resumed.machine) == state(machine)
        assert (resumed.machine.ended is None) == (machine.ended is None)


def test_unchanged_data_is_not_in_the_file_twice(tmp_path: Path) -> None:
    data = "".join(f"\\{(i * i * 7919 >> 3) & 255:02x}" for i in range(60_000))
    source = wat(f'(module (memory 1) (data (i32.const 0) "{data}")'
                 '(func (export "f") (i32.store8 (i32.const 9) (i32.const 1)) (nop)))')
    guest = Guest(source)
    guest.begin("f").run(3)
    size = suspend(guest.machine, tmp_path / "x", modules=False)
    assert size < 6000
    again = Guest(source)
    files.load_file(tmp_path / "x", again.machine)
    assert state(again.machine) == state(guest.machine)


MEETING = """(module (import "env" "add" (func $add (param i32) (result i32)))
  (import "env" "mem" (memory 1 3)) (import "env" "unused" (global i32))
  (table (export "t") 2 funcref) (elem (i32.const 0) $add $f)
  (func $f (export "f") (param i32) (result i32)
    (i32.store (i32.const 4) (local.get 0))
    (call_indirect (param i32) (result i32) (i32.load (i32.const 4)) (i32.const 0))))"""


def linked(add: Callable[[int], int], wasi_first: bool) -> tuple[Store, Linker]:
    store = Store()
    linker = Linker(store)
    if wasi_first:
        linker.define_wasi(WasiConfig())
    linker.define_func("env", "add", FuncType((I32,), (I32,)), add)
    return store, linker


def test_what_the_host_made_is_made_again(tmp_path: Path) -> None:
    from gabagool import Memory, MemType, SizeLimits
    store, linker = linked(lambda x: x + 1, True)
    linker.define("env", "mem", Memory(store, MemType(SizeLimits(1, 2))))
    linker.define("env", "unused", Global(store, GlobalType(I32), 77))
    func = linker.instantiate(Module(wat(MEETING))).exports(store)["f"]
    assert isinstance(func, Func)
    machine = func.start(store, 41)
    machine.run(3)
    suspend(machine, tmp_path / "x")

    def define(other: Linker) -> None:
        other.define_func("env", "add", FuncType((I32,), (I32,)), lambda x: x + 1)

    resumed = resume(tmp_path / "x", define=define)
    assert state(resumed.machine) == state(machine)
    assert resumed.machine.run(FOREVER).results == (42,)
    assert resumed.store.inner.memories[0].max_pages == 2
    with pytest.raises(SnapshotError, match=r"imports env.add \[i32\] -> \[i32\], which is not"):
        resume(tmp_path / "x")
    with pytest.raises(SnapshotError, match="is of another type here"):
        resume(tmp_path / "x", define=lambda linker: linker.define_func(
            "env", "add", FuncType((), ()), lambda: None))


PLACED = """(module (import "env" "base" (global $base i32)) (import "env" "f" (global $f funcref))
  (memory (export "m") 1 3) (table 2 funcref) (elem $passive funcref (global.get $f))
  (data (global.get $base) "hello")
  (func (export "f") (result i32)
    (drop (memory.grow (i32.const 1)))
    (table.init $passive (i32.const 0) (i32.const 0) (i32.const 1))
    (i32.add (ref.is_null (table.get (i32.const 0)))
             (i32.load8_u (global.get $base)))))"""


@pytest.mark.parametrize("first", [0, 3])
def test_segments_go_to_where_the_hosts_globals_say(first: int, tmp_path: Path) -> None:
    store, linker = linked(lambda x: x, False)
    linker.define("env", "base", Global(store, GlobalType(I32), 1000))
    callee = Func(store, FuncType((), ()), lambda: None)
    linker.define("env", "f", Global(store, GlobalType(FUNCREF), callee))
    func = linker.instantiate(Module(wat(PLACED))).exports(store)["f"]
    assert isinstance(func, Func)
    machine = func.start(store)
    machine.run(first)
    suspend(machine, tmp_path / "x")
    resumed = resume(tmp_path / "x").machine
    assert resumed.store.memories[0].read(1000, 5) == b"hello"
    assert state(resumed) == state(machine)
    assert resumed.run(FOREVER).results == (ord("h"),) == machine.run(FOREVER).results


def test_segments_may_go_to_where_memory_has_grown(tmp_path: Path) -> None:
    """A second instance's, made when the first had run; the file's store is made all at once."""
    store = Store()
    linker = Linker(store)
    first = linker.instantiate(Module(wat("""(module (memory (export "m") 1 9)
      (table (export "t") 1 9 funcref)
      (func (export "grow") (drop (memory.grow (i32.const 2)))
        (drop (table.grow (ref.null func) (i32.const 4)))))"""))).exports(store)
    grow = first["grow"]
    assert isinstance(grow, Func)
    grow(store)
    linker.define("env", "m", first["m"])
    linker.define("env", "t", first["t"])
    func = linker.instantiate(Module(wat("""(module (import "env" "m" (memory 1))
      (import "env" "t" (table 1 funcref)) (elem (i32.const 4) $f)
      (data (i32.const 8) "near") (data (i32.const 140000) "far")
      (func $f (export "f") (result i32) (i32.load8_u (i32.const 140000))))"""))
        ).exports(store)["f"]
    assert isinstance(func, Func)
    machine = func.start(store)
    suspend(machine, tmp_path / "x")
    resumed = resume(tmp_path / "x").machine
    assert state(resumed) == state(machine)
    assert resumed.store.memories[0].read(140000, 3) == b"far"
    assert resumed.run(FOREVER).results == (ord("f"),)


def test_without_its_module(tmp_path: Path) -> None:
    machine = begun("hello")
    machine.run(100)
    small = suspend(machine, tmp_path / "small", modules=False)
    assert small < suspend(machine, tmp_path / "large")
    with pytest.raises(SnapshotError, match=r"without the module .*--module"):
        resume(tmp_path / "small")
    module = Module.from_file(PROGRAMS / "hello.wasm")
    assert state(resume(tmp_path / "small", modules=[module]).machine) == state(machine)


def test_another_program_or_another_linking_is_refused(tmp_path: Path) -> None:
    machine = begun("hello")
    machine.run(100)
    files.save_file(tmp_path / "x", machine)
    other = begun("life")
    before = state(other)
    with pytest.raises(SnapshotError, match=r"another program: .* give the program"):
        files.load_file(tmp_path / "x", other)
    assert state(other) == before
    store = Store()
    linker = Linker(store)
    linker.define_func("env", "extra", FuncType(), lambda: None)
    linker.define_wasi(WasiConfig())
    linker.instantiate(Module.from_file(PROGRAMS / "hello.wasm"))
    with pytest.raises(SnapshotError, match="linked in another way"):
        files.load_file(tmp_path / "x", store.machine)


def test_directories_are_granted_anew(tmp_path: Path) -> None:
    store = Store()
    linker = Linker(store)
    given = PROGRAMS / "readfile"
    linker.define_wasi(WasiConfig(args=("readfile", "/d/sample.txt"), dirs=[(str(given), "/d")],
                                  stdout=Sink()))
    func = linker.instantiate(Module.from_file(PROGRAMS / "readfile.wasm")).exports(store)["_start"]
    machine = func.start(store)  # type: ignore[union-attr]
    machine.run(5000)
    suspend(machine, tmp_path / "x")
    with pytest.raises(SnapshotError, match=f"--dir {given}::/d"):
        resume(tmp_path / "x")
    sink = Sink()
    resumed = resume(tmp_path / "x", wasi=WasiConfig(dirs=[(str(given), "/d")], stdout=sink))
    assert resumed.machine.run(FOREVER).exit_code in (None, 0)
    assert b"/d/sample.txt" in sink


def test_clock_and_seed_go_along(tmp_path: Path) -> None:
    store = Store()
    linker = Linker(store)
    wasi = linker.define_wasi(WasiConfig(realtime=10**18, seed=7))
    linker.instantiate(Module.from_file(PROGRAMS / "hello.wasm"))
    store.machine.start(store.inner.instances[0].export("_start")[1], [])  # type: ignore[index]
    before = wasi.clocks.read(0)
    suspend(store.machine, tmp_path / "x")
    again = resume(tmp_path / "x").store.inner.hosts["wasi"]
    assert again.config.realtime == 10**18 and again.config.seed == 7  # type: ignore[attr-defined]
    assert before > 10**18


def test_a_new_part_is_passed_over_and_a_missing_one_named(tmp_path: Path) -> None:
    machine = begun("hello")
    machine.run(100)
    data = files.dump(machine)
    files.load(data + b"".join(framed(b"NEWS", b"of tomorrow")), begun("hello"))
    source = Source(data)
    for tag in (files.ABOUT, files.STORE, files.STATE, files.MODULE):
        less = preface() + b"".join(b"".join(framed(c.tag, source.read(c)))
                                    for c in source.chunks if c.tag != tag)
        (tmp_path / "x").write_bytes(less)
        with pytest.raises(SnapshotError, match=rf"{tmp_path}/x: .*({tag.decode()}|module)"):
            resume(tmp_path / "x")


def test_describe(tmp_path: Path) -> None:
    machine = begun("corruption")
    machine.run(1000)
    suspend(machine, tmp_path / "x", program="corruption.wasm", entry="_start")
    facts = describe(tmp_path / "x")
    assert facts["kind"] == "snapshot" and facts["step"] == 1000
    assert any("_start" in line for line in facts["stack"])  # type: ignore[union-attr]
