"""Exceptions of the public API: raised by calls into wasm, thrown by host functions, passed as
references."""

from __future__ import annotations

from typing import Any

import pytest

from gabagool import (
    EXNREF,
    F32,
    FUNCREF,
    I32,
    I64,
    Caller,
    Func,
    FuncType,
    Instance,
    Linker,
    LinkError,
    Module,
    Store,
    Tag,
    WasmException,
)
from tests.machines import wat

THROWS = """(module
  (tag $e (export "e") (param i32 f32 funcref))
  (tag (export "bare"))
  (func $f (export "f"))
  (func $inner (param i32) (throw $e (local.get 0) (f32.const 1.5) (ref.func $f)))
  (func (export "throw") (param i32) (call $inner (local.get 0)))
  (func (export "bare-throw") (throw 1)))"""


def _instance(store: Store, text: str, *imports: Any) -> Instance:
    return Instance(store, Module(wat(text)), imports)


def test_uncaught() -> None:
    store = Store()
    exports = _instance(store, THROWS).exports(store)
    with pytest.raises(WasmException) as caught:
        exports["throw"](store, -7)
    error = caught.value
    assert error.tag == exports["e"] != exports["bare"]
    assert error.values[:2] == (-7, 1.5) and isinstance(error.values[2], Func)
    assert error.message == "uncaught exception e(-7, 1.5, funcref)"
    assert [frame.name for frame in error.frames] == ["inner", "throw"]
    assert "inner" in error.backtrace()
    with pytest.raises(WasmException, match=r"bare\(\)"):
        exports["bare-throw"](store)


CATCHES = """(module
  (import "host" "e" (tag $e (param i64)))
  (import "host" "f" (func $f (param i32) (result i32)))
  (func (export "run") (param i32) (result i64)
    (block $h (result i64)
      (try_table (catch $e $h)
        (return (i64.extend_i32_s (call $f (local.get 0)))))
      (unreachable))
    (i64.add (i64.const 1000)))
  (func (export "pass") (param i32) (result i32) (return_call $f (local.get 0))))"""


def test_thrown_by_the_host() -> None:
    store = Store()
    linker = Linker(store)
    tag = linker.define_tag("host", "e", (I64,))
    other = Tag(store, (), name="other")

    def f(n: int) -> int:
        if n < 0:
            raise WasmException(tag, n)
        if n == 0:
            raise WasmException(other)
        return n

    linker.define_func("host", "f", FuncType((I32,), (I32,)), f)
    exports = linker.instantiate(Module(wat(CATCHES))).exports(store)
    assert exports["run"](store, 5) == 5
    assert exports["run"](store, -5) == 995
    with pytest.raises(WasmException) as caught:
        exports["run"](store, 0)
    assert caught.value.tag == other and caught.value.values == ()
    with pytest.raises(WasmException) as caught:
        exports["pass"](store, -3)
    assert caught.value.tag == tag and caught.value.values == (-3,)
    with pytest.raises(WasmException):
        Func(store, FuncType((I32,)), f)(store, -1)       # without any wasm


@pytest.mark.parametrize("values", [(), (1, 2), ("one",)])
def test_values_of_another_type(values: tuple[object, ...]) -> None:
    store = Store()
    linker = Linker(store)
    tag = linker.define_tag("host", "e", (I64,))

    def f(n: int) -> int:
        raise WasmException(tag, *values)

    linker.define_func("host", "f", FuncType((I32,), (I32,)), f)
    run = linker.instantiate(Module(wat(CATCHES))).exports(store)["run"]
    with pytest.raises(TypeError):
        run(store, 1)


def test_a_tag_of_another_store() -> None:
    store, elsewhere = Store(), Tag(Store(), (I64,))
    Tag(store, (I64,))
    raising = Func(store, FuncType(), lambda: _raise(WasmException(elsewhere, 1)))
    with pytest.raises(TypeError, match="another store"):
        raising(store)


def _raise(error: BaseException) -> None:
    raise error


NESTED = """(module
  (import "host" "through" (func $through (param i32)))
  (tag $e (export "e") (param i32))
  (func (export "throw") (param i32) (throw $e (local.get 0)))
  (func (export "run") (param i32) (result i32)
    (block $h (result i32)
      (try_table (catch $e $h) (call $through (local.get 0)))
      (i32.const -1))))"""


def test_through_a_host_function() -> None:
    """wasm, the host, wasm again: what the inner one throws the host sees, and the outer one."""
    store = Store()
    linker = Linker(store)
    seen: list[tuple[Any, ...]] = []
    exports: Any = {}

    def through(n: int) -> None:
        try:
            exports["throw"](store, n)
        except WasmException as exception:
            seen.append(exception.values)
            if n > 0:
                raise

    linker.define_func("host", "through", FuncType((I32,)), through)
    exports = linker.instantiate(Module(wat(NESTED))).exports(store)
    assert exports["run"](store, 3) == 3
    assert exports["run"](store, 0) == -1
    assert seen == [(3,), (0,)]


REFS = """(module
  (import "host" "f" (func $f (param exnref i32) (result exnref)))
  (tag $e (export "e") (param f32))
  (func (export "run") (param i32) (result f32)
    (block $out (result f32)
      (try_table (catch $e $out)
        (block $h (result exnref)
          (try_table (catch_all_ref $h) (throw $e (f32.reinterpret_i32 (i32.const 0x7fa00001))))
          (unreachable))
        (throw_ref (call $f (local.get 0))))
      (unreachable))))"""


def test_references_to_exceptions() -> None:
    store = Store()
    seen: list[Any] = []

    def f(caller: Caller, ref: Any, which: int) -> Any:
        seen.append(ref)
        return ref if which == 0 else WasmException(ref.tag, 2.5) if which == 1 else None

    host = Func(store, FuncType((EXNREF, I32), (EXNREF,)), f, access_caller=True)
    run = _instance(store, REFS, host).exports(store)["run"]
    assert run(store, 1) == 2.5
    assert isinstance(seen[0], WasmException) and len(seen[0].values) == 1
    inner = store.machine.call(run.inst, (0,))
    assert inner == (0x7FA00001,)              # every bit of the NaN's payload


def test_linking() -> None:
    store = Store()
    with pytest.raises(LinkError, match="incompatible import type"):
        _instance(store, '(module (import "a" "b" (tag (param i32))))', Tag(store, (I64,)))
    linker = Linker(store)
    linker.define_instance("m", _instance(store, THROWS))
    again = linker.instantiate(Module(wat(
        '(module (import "m" "e" (tag (param i32 f32 funcref))) (export "e" (tag 0)))')))
    assert again.exports(store)["e"] == Linker(store)._defined.get(("m", "e"), again.exports(
        store)["e"])
    assert isinstance(again.exports(store)["e"], Tag)
    assert again.exports(store)["e"].type(store).params == (I32, F32, FUNCREF)


def test_a_start_function_that_throws() -> None:
    store = Store()
    with pytest.raises(WasmException, match="uncaught exception"):
        _instance(store, "(module (tag $e) (func $s (throw $e)) (start $s))")
