"""gabagool and wasmtime behind one face: instantiate a module and its probe, call, look."""

from __future__ import annotations

import hashlib
from typing import Any, Protocol

import wasmtime

from gabagool.errors import Thrown, Trap
from gabagool.runtime.compiled import Compiled
from gabagool.runtime.instantiate import Extern, instantiate, start_of
from gabagool.runtime.limits import Limits
from gabagool.runtime.machine import Machine
from gabagool.runtime.store import Store
from gabagool.syntax import Import
from gabagool.types import F32, F64, I32, I64, FuncType, GlobalType, MemType, TagType, ValType
from tests.machines import wat

from .probe import Probe, make

# What imported functions return and imported globals hold; references are null.
VALUES: dict[ValType, int | float] = {I32: 7, I64: 1 << 40, F32: 0.5, F64: -2.25}
BITS = {I32: 7, I64: 1 << 40, F32: 0x3F000000, F64: 0xC002000000000000}

Outcome = tuple[int, ...] | str            # results as unsigned ints, or the trap's message


class Engine(Protocol):
    """A fresh instance of a module, with fixed imports, and its probe's.

    `failed` says why there is none.
    """

    failed: str | None

    def call(self, name: str, args: tuple[int, ...]) -> Outcome: ...

    def memory(self) -> bytes:
        """Digests of all exported memories."""
        ...


class Gabagool:
    """Ours."""

    def __init__(self, compiled: Compiled, probe: Compiled) -> None:
        self.store = Store(Limits(heap_bytes=HEAP))
        self.machine = Machine(self.store)
        self.failed: str | None = None
        try:
            externs = [self._extern(i) for i in compiled.module.imports]
            instance = instantiate(self.store, compiled, externs)
            start = start_of(self.store, instance)
            if start is not None:
                self.machine.call(start, ())
        except (Trap, Thrown) as error:
            self.failed = _kind(error)
            return
        exports = {("m", e.name): self._export(instance.export(e.name) or ("", 0))
                   for e in compiled.module.exports if e.kind != "tag"}
        self._memories = [exports["m", e.name] for e in compiled.module.exports
                          if e.kind == "memory"]
        self.probe = instantiate(self.store, probe, exports)

    @staticmethod
    def load(wasm: bytes, probe: Probe) -> tuple[Compiled, Compiled]:
        """What to make instances from."""
        compiled = Compiled(wasm)
        compiled.validate_all()
        return compiled, Compiled(wat(probe.text))

    def _extern(self, wanted: Import) -> Extern:
        t = wanted.desc
        if isinstance(t, FuncType):
            results = tuple(VALUES.get(r) for r in t.results)
            return self.store.new_host_func(t, lambda *_: results, f"{wanted.name}")
        if isinstance(t, GlobalType):
            return self.store.new_global(t, BITS.get(t.valtype, 0))
        if isinstance(t, TagType):
            return self.store.new_tag(t)
        return self.store.new_memory(t) if isinstance(t, MemType) else self.store.new_table(t)

    def _export(self, found: tuple[str, int]) -> Extern:
        kind, address = found
        spaces = {"func": self.store.funcs, "memory": self.store.memories,
                  "table": self.store.tables, "global": self.store.globals,
                  "tag": self.store.tags}
        extern: Extern = spaces[kind][address]
        return extern

    def run(self, funcaddr: int, args: tuple[int, ...]) -> tuple[int, ...]:
        """Run a function to its end in one go."""
        return self.machine.call(self.store.funcs[funcaddr], args)

    def call(self, name: str, args: tuple[int, ...]) -> Outcome:
        found = self.probe.export(name)
        assert found is not None
        try:
            return self.run(found[1], args)
        except (Trap, Thrown) as error:
            return _kind(error)

    def memory(self) -> bytes:
        return b"".join(hashlib.sha256(m.read(0, m.size)).digest() for m in self._memories)


THROWN = "thrown Wasm exception"
_NULL = "null reference"
_OUTSIDE_TABLE = "out of bounds table access"
FULL = "out of memory"
HEAP = 64 << 20                 # bytes of objects; each engine has its own use of them


def _kind(error: Trap | Thrown) -> str:
    """As far as wasmtime can tell: it has one code for what the suite has several messages for,
    names no elements and doesn't tell exceptions apart."""
    if isinstance(error, Thrown):
        return THROWN
    for kind, start in ((_NULL, "null "), (FULL, FULL), (_OUTSIDE_TABLE, "undefined element")):
        if error.message.startswith(start):
            return kind
    return error.message.rstrip(" 0123456789")


MESSAGES = {
    wasmtime.TrapCode.TABLE_OUT_OF_BOUNDS: _OUTSIDE_TABLE,
    wasmtime.TrapCode.STACK_OVERFLOW: "call stack exhausted",
    wasmtime.TrapCode.MEMORY_OUT_OF_BOUNDS: "out of bounds memory access",
    wasmtime.TrapCode.INDIRECT_CALL_TO_NULL: "uninitialized element",
    wasmtime.TrapCode.BAD_SIGNATURE: "indirect call type mismatch",
    wasmtime.TrapCode.INTEGER_OVERFLOW: "integer overflow",
    wasmtime.TrapCode.INTEGER_DIVISION_BY_ZERO: "integer divide by zero",
    wasmtime.TrapCode.BAD_CONVERSION_TO_INTEGER: "invalid conversion to integer",
    wasmtime.TrapCode.UNREACHABLE: "unreachable",
    wasmtime.TrapCode.NULL_REFERENCE: _NULL,
    wasmtime.TrapCode.ARRAY_OUT_OF_BOUNDS: "out of bounds array access",
    wasmtime.TrapCode.ALLOCATION_TOO_LARGE: FULL,
    wasmtime.TrapCode.CAST_FAILURE: "cast failure",
}


def their_kind(error: wasmtime.Trap | wasmtime.WasmtimeError) -> str:
    """What ended a call of wasmtime's, in the suite's words; an exhausted heap and an exception of
    a start function are no traps there."""
    if THROWN in str(error):
        return THROWN
    if "GC heap out of memory" in str(error):
        return FULL
    if isinstance(error, wasmtime.Trap):
        return MESSAGES[error.trap_code]
    raise error


def new_engine() -> wasmtime.Engine:
    """wasmtime with canonical NaNs, the deterministic choices, and all that smith may use."""
    config = wasmtime.Config()
    config.cranelift_nan_canonicalization = True
    config.wasm_relaxed_simd_deterministic = True
    config.wasm_memory64 = config.wasm_multi_memory = True
    config.wasm_function_references = config.wasm_gc = True
    config.wasm_exceptions = True
    return wasmtime.Engine(config)


_ENGINE = new_engine()
_VALTYPES = {I32: wasmtime.ValType.i32(), I64: wasmtime.ValType.i64(),
             F32: wasmtime.ValType.f32(), F64: wasmtime.ValType.f64()}


class Wasmtime:
    """The other one, with canonical NaNs."""

    def __init__(self, module: wasmtime.Module, probe: wasmtime.Module) -> None:
        self.store = wasmtime.Store(_ENGINE)
        self.store.set_limits(memory_size=HEAP)
        self.failed: str | None = None
        try:
            externs = [self._extern(i.type) for i in module.imports]
            instance = wasmtime.Instance(self.store, module, externs)
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            self.failed = their_kind(error)
            return
        linker = wasmtime.Linker(_ENGINE)
        linker.define_instance(self.store, "m", instance)
        self.probe = linker.instantiate(self.store, probe).exports(self.store)
        exports = instance.exports(self.store)
        self._memories = [exports[e.name] for e in module.exports
                          if isinstance(e.type, wasmtime.MemoryType)]

    @staticmethod
    def load(wasm: bytes, probe: Probe) -> tuple[wasmtime.Module, wasmtime.Module]:
        """What to make instances from."""
        return wasmtime.Module(_ENGINE, wasm), wasmtime.Module(_ENGINE, wat(probe.text))

    def _extern(self, t: Any) -> Any:
        if isinstance(t, wasmtime.FuncType):
            results = [_value(r) for r in t.results]
            returned = None if not results else results[0] if len(results) == 1 else results
            return wasmtime.Func(self.store, t, lambda *_: returned)
        if isinstance(t, wasmtime.GlobalType):
            return wasmtime.Global(self.store, t, _value(t.content))
        if isinstance(t, wasmtime.MemoryType):
            return wasmtime.Memory(self.store, t)
        if isinstance(t, wasmtime.TagType):
            return wasmtime.Tag(self.store, t)
        return wasmtime.Table(self.store, t, None)

    def call(self, name: str, args: tuple[int, ...]) -> Outcome:
        func = self.probe[name]
        assert isinstance(func, wasmtime.Func)
        try:
            found = func(self.store, *args)
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            return their_kind(error)
        results = found if isinstance(found, list) else [] if found is None else [found]
        widths = [32 if t == wasmtime.ValType.i32() else 64
                  for t in func.type(self.store).results]
        return tuple(r & ((1 << w) - 1) for r, w in zip(results, widths, strict=True))

    def memory(self) -> bytes:
        return b"".join(hashlib.sha256(m.read(self.store)).digest() for m in self._memories)


def _value(t: wasmtime.ValType) -> int | float | None:
    return next((VALUES[ours] for ours, theirs in _VALTYPES.items() if theirs == t), None)


def probe_of(wasm: bytes) -> Probe:
    return make(Compiled(wasm).module)
