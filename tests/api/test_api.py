"""The public API, used the way its documentation says."""

from __future__ import annotations

from pathlib import Path

import pytest
from wasmtime import wat2wasm

import gabagool
from gabagool import (
    FUNCREF,
    I32,
    I64,
    Caller,
    Exit,
    Func,
    FuncType,
    Global,
    GlobalType,
    Instance,
    Limits,
    Linker,
    LinkError,
    Memory,
    MemType,
    Module,
    SizeLimits,
    StopReason,
    Store,
    Table,
    TableType,
    Trap,
    ValidationError,
    WasiConfig,
)

PROGRAMS = Path(__file__).parents[2] / "programs"


def module(wat: str) -> Module:
    return Module(bytes(wat2wasm(wat)))


def test_the_face_is_imported_when_asked_for() -> None:
    assert set(gabagool.__all__) <= set(dir(gabagool))
    assert all(getattr(gabagool, name) is not None for name in gabagool.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Stoer'"):
        _ = gabagool.Stoer  # type: ignore[attr-defined]
    with pytest.raises(ImportError):
        from gabagool import nothing  # type: ignore[attr-defined]  # noqa: F401


def test_call_an_export() -> None:
    store = Store()
    exports = Instance(store, Module.from_file(PROGRAMS / "fib.wasm")).exports(store)
    assert list(exports) == ["fib", "fib64"]
    assert exports["fib"](store, 20) == 6765


def test_arguments_are_checked() -> None:
    store = Store()
    fib = Instance(store, Module.from_file(PROGRAMS / "fib.wasm")).exports(store)["fib"]
    with pytest.raises(TypeError, match="takes 1 arguments, not 2"):
        fib(store, 1, 2)
    with pytest.raises(TypeError, match="i32 wants an int, not float"):
        fib(store, 1.5)
    with pytest.raises(OverflowError, match="does not fit i32"):
        fib(store, 1 << 33)


def test_host_functions_get_signed_values_and_give_many() -> None:
    store = Store()
    seen: list[int] = []

    def swap(a: int, b: int) -> tuple[int, int]:
        seen.extend((a, b))
        return b, a

    linker = Linker(store)
    linker.define_func("host", "swap", FuncType((I32, I64), (I64, I32)), swap)
    instance = linker.instantiate(module("""(module
        (import "host" "swap" (func $swap (param i32 i64) (result i64 i32)))
        (func (export "run") (result i64 i32) (call $swap (i32.const -1) (i64.const -2))))"""))
    assert instance.exports(store)["run"](store) == [-2, -1]
    assert seen == [-1, -2]


def test_a_host_function_may_use_the_callers_memory_and_call_back() -> None:
    store = Store()
    linker = Linker(store)

    def host(caller: Caller, pointer: int) -> None:
        caller.memory.write(pointer, b"hi")
        assert caller.instance is not None
        found = caller.instance.export("double")
        assert found is not None
        assert caller.call(store.inner.funcs[found[1]], (21,)) == (42,)

    linker.define_func("host", "f", FuncType((I32,)), host, access_caller=True)
    instance = linker.instantiate(module("""(module
        (import "host" "f" (func $f (param i32)))
        (memory (export "memory") 1)
        (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
        (func (export "run") (result i32)
            (call $f (i32.const 8)) (i32.load16_u (i32.const 8))))"""))
    assert instance.exports(store)["run"](store) == int.from_bytes(b"hi", "little")


def test_an_exception_in_a_host_function_passes_through() -> None:
    store = Store()

    def fail() -> None:
        raise KeyError("mine")

    linker = Linker(store)
    linker.define_func("host", "fail", FuncType(), fail)
    instance = linker.instantiate(module("""(module (import "host" "fail" (func $f))
        (func (export "run") (call $f))
        (func (export "ok") (result i32) (i32.const 7)))"""))
    with pytest.raises(KeyError, match="mine"):
        instance.exports(store)["run"](store)
    assert instance.exports(store)["ok"](store) == 7, "the store still works"


def test_memories_tables_and_globals() -> None:
    store = Store()
    memory = Memory(store, MemType(SizeLimits(1, 2)))
    assert memory.size(store) == 1 and memory.grow(store, 1) == 1
    with pytest.raises(MemoryError):
        memory.grow(store, 1)
    assert memory.write(store, b"abc", 65536) == 3
    assert memory.read(store, 65536, 65539) == b"abc"
    with pytest.raises(IndexError):
        memory.write(store, b"abc", 2 * 65536 - 2)
    counter = Global(store, GlobalType(I32, mutable=True), 5)
    counter.set_value(store, -6)
    assert counter.value(store) == -6
    with pytest.raises(TypeError, match="immutable"):
        Global(store, GlobalType(I32), 1).set_value(store, 2)
    table = Table(store, TableType(FUNCREF, SizeLimits(1)))
    func = Func(store, FuncType((), (I32,)), lambda: 3)
    table.set(store, 0, func)
    assert table.get(store, 0)(store) == 3
    with pytest.raises(Trap, match="out of bounds table access"):
        table.get(store, 1)


def test_every_missing_import_is_named() -> None:
    store = Store()
    with pytest.raises(LinkError) as caught:
        Linker(store).instantiate(module("""(module
            (import "a" "f" (func)) (import "b" "m" (memory 1)) (import "a" "g" (global i32)))"""))
    assert caught.value.missing == (("a", "f"), ("b", "m"), ("a", "g"))


def test_a_trap_has_a_symbolised_backtrace() -> None:
    store = Store()
    linker = Linker(store)
    linker.define_wasi(WasiConfig(args=("oob",), stdout=len))
    start = linker.instantiate(Module.from_file(PROGRAMS / "oob.wasm")).exports(store)["_start"]
    with pytest.raises(Trap, match="out of bounds memory access") as caught:
        start(store)
    assert [f.name for f in caught.value.frames] == ["repeat", "unpack", "__original_main",
                                                     "_start"]
    assert caught.value.frames[0].offset == 0x405


def test_limits_are_settings() -> None:
    wat = '(module (func $f (export "f") (call $f)))'
    depths = []
    for depth in (10, 1000):
        store = Store(Limits(call_depth=depth))
        machine = Instance(store, module(wat)).exports(store)["f"].start(store)
        stop = machine.run(1 << 40)
        assert stop.trap is not None and stop.trap.message == "call stack exhausted"
        depths.append(machine.depth)
    assert depths == [10, 1000]
    with pytest.raises(gabagool.LimitError, match="over the limit"):
        Instance(Store(Limits(memory_pages=1)), module("(module (memory 2))"))


def test_run_with_fuel_capture_and_restore() -> None:
    store = Store()
    fib = Instance(store, Module.from_file(PROGRAMS / "fib.wasm")).exports(store)["fib"]
    machine = fib.start(store, 10)
    assert machine.run(100).reason is StopReason.FUEL and machine.step == 100
    snapshot, position = machine.capture(), machine.position
    end = machine.run(1 << 40)
    assert end.reason is StopReason.FINISHED and end.results == (55,)
    machine.restore(snapshot)
    assert machine.step == 100 and machine.position == position
    assert machine.run(1 << 40) == end


def test_bodies_are_validated_when_asked() -> None:
    good = bytes(wat2wasm('(module (func (export "f")) (func (result i32) (i32.const 1)))'))
    bad = good.replace(bytes([0x41, 1]), bytes([0x42, 1]))
    assert bad != good
    with pytest.raises(ValidationError, match=r"type mismatch: .* \(in func\[1\]\) \(at offset 0x"):
        Module(bad)
    store = Store()
    instance = Instance(store, Module(bad, lazy=True))
    assert instance.exports(store)["f"](store) is None


def test_proc_exit_is_an_exception() -> None:
    store = Store()
    linker = Linker(store)
    linker.define_wasi(WasiConfig(args=("greet",), stdout=len, stderr=len))
    instance = linker.instantiate(Module.from_file(PROGRAMS / "greet.wasm"))
    with pytest.raises(Exit) as caught:
        instance.exports(store)["_start"](store)
    assert caught.value.code == 1
