"""Writes to watched memory are noted with their exact step, by whatever means they are made."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from wasmtime import wat2wasm

from gabagool import Caller, FuncType, Linker, Machine, Module, Store
from gabagool.history.recorder import Recorder
from gabagool.history.search import TapScan
from gabagool.runtime.tapping import MemoryWrites, TapSpec

# Each writes bytes 100 to 103 in its own way, at a step that the test finds by looking.
WRITES = {
    "i32.store": "(i32.store (i32.const 100) (i32.const 7))",
    "store8, the last byte": "(i32.store8 (i32.const 103) (i32.const 7))",
    "i64.store, reaching in": "(i64.store offset=93 (i32.const 0) (i64.const -1))",
    "f64.store": "(f64.store (i32.const 96) (f64.const 1.1))",
    "v128.store, reaching in": "(v128.store offset=85 (i32.const 0) (v128.const i32x4 1 2 3 -1))",
    "vector lane": "(v128.store16_lane 7 (i32.const 103) (v128.const i32x4 1 2 3 -1))",
    "fill": "(memory.fill (i32.const 90) (i32.const 9) (i32.const 20))",
    "copy": "(memory.copy (i32.const 102) (i32.const 96) (i32.const 1))",
    "init": "(memory.init 0 (i32.const 100) (i32.const 0) (i32.const 4))",
    "host": "(call $host)",
    "in a fused sequence": "(local.set 0 (i32.const 100)) (i32.store (local.get 0) "
                           "(i32.add (local.get 0) (i32.const 5)))",
}


def machine(body: str) -> Machine:
    store = Store()
    linker = Linker(store)

    def host(caller: Caller) -> None:
        caller.memory.write(101, b"x")

    linker.define_func("env", "host", FuncType(), host, access_caller=True)
    instance = linker.instantiate(Module(bytes(wat2wasm(f"""(module
        (import "env" "host" (func $host)) (memory (export "memory") 1) (data "data")
        (func (export "run") (local i32)
          (i32.store (i32.const 96) (i32.const 1)) (i32.store (i32.const 104) (i32.const 1))
          nop {body} nop
          (i32.store (i32.const 96) (i32.const 1)) (i32.store (i32.const 104) (i32.const 1))))
        """))))
    started: Callable[..., Machine] = instance.exports(store)["run"].start  # type: ignore[union-attr]
    return started(store)


WATCH = TapSpec(MemoryWrites(0, 100, 4))


def watched(m: Machine) -> bytes:
    return m.store.memories[0].read(100, 4)


@pytest.mark.parametrize("body", WRITES.values(), ids=WRITES.keys())
def test_the_last_write_is_found(body: str) -> None:
    recorder = Recorder(machine(body))
    recorder.record(1 << 40)
    hit = recorder.search_back(recorder.total, TapScan([WATCH]))
    assert hit is not None
    recorder.seek(hit)
    before = watched(recorder.machine)
    recorder.seek(hit + 1)
    assert watched(recorder.machine) != before, "the step noted is the one that writes"
    assert recorder.search_back(hit, TapScan([WATCH])) is None, "and there is no other"


@pytest.mark.parametrize("body", WRITES.values(), ids=WRITES.keys())
def test_bytes_beside_are_not_mistaken(body: str) -> None:
    m = machine(body)
    tap, = m.taps.arm([TapSpec(MemoryWrites(0, 2000, 8))])
    m.run(1 << 40)
    assert tap.last is None


def test_unwatching_restores_plain_code() -> None:
    m = machine(WRITES["i32.store"])
    code = bytes(m.store.arena.view[:m.store.arena.size])
    m.taps.arm([WATCH])
    assert bytes(m.store.arena.view[:m.store.arena.size]) != code
    m.taps.disarm()
    assert bytes(m.store.arena.view[:m.store.arena.size]) == code


def test_breakpoints_survive_watching() -> None:
    m = machine(WRITES["i32.store"])
    assert m.position is not None
    m.run(5)
    assert m.position is not None
    m.set_break(m.position)
    m.start(m.entry.addr, [])  # type: ignore[union-attr]
    m.taps.arm([WATCH])
    assert m.run(1 << 40).step == 5
    m.taps.disarm()
    m.start(m.entry.addr, [])  # type: ignore[union-attr]
    assert m.run(1 << 40).step == 5


@pytest.mark.parametrize("body", [
    "(memory.fill (i32.const 101) (i32.const 9) (i32.const 0))",
    "(memory.copy (i32.const 101) (i32.const 0) (i32.const 0))",
    "(memory.init 0 (i32.const 101) (i32.const 0) (i32.const 0))",
])
def test_writing_nothing_is_no_write(body: str) -> None:
    m = machine(body)
    tap, = m.taps.arm([WATCH])
    m.run(1 << 40)
    assert tap.last is None
