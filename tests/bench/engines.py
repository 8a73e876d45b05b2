"""The engines that are compared: each prepares an exported function to be called again and again.

All but gabagool are optional. `prepare` raises ImportError where one isn't installed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.bench.kernels import Kernel

Call = Callable[[int], Any]
INSTALL = "pip install gabagool[bench]"


@dataclass(frozen=True)
class Engine:
    """`slower` is about how many times slower than gabagool it is: it gets that much less to do."""

    name: str
    prepare: Callable[[Kernel], Call]
    slower: int = 1


def _gabagool(kernel: Kernel) -> Call:
    store, func = kernel.func()
    return lambda argument: func(store, argument)


def _wasmtime(kernel: Kernel) -> Call:
    import wasmtime

    engine = wasmtime.Engine()
    store, linker = wasmtime.Store(engine), wasmtime.Linker(engine)
    linker.define_wasi()
    store.set_wasi(wasmtime.WasiConfig())
    module = wasmtime.Module.from_file(engine, str(kernel.path))
    func: Any = linker.instantiate(store, module).exports(store)[kernel.export]
    return lambda argument: func(store, argument)


def _wasm3(kernel: Kernel) -> Call:
    import wasm3

    environment = wasm3.Environment()
    runtime = environment.new_runtime(1 << 20)
    module = environment.parse_module(kernel.path.read_bytes())
    runtime.load(module)
    func = runtime.find_function(kernel.export)
    owners = (environment, runtime, module)     # must outlive the function

    def call(argument: int) -> Any:
        return func(argument) if owners else None

    return call


def _pwasm(kernel: Kernel) -> Call:
    import pwasm

    module = pwasm.decode_module(kernel.path.read_bytes())
    imports: dict[str, dict[str, Callable[..., int]]] = {}
    for wanted in module.imports:               # linked, but never called by a kernel
        imports.setdefault(wanted.module, {})[wanted.name] = lambda *_: 0
    instance = pwasm.instantiate(module, imports, mode="compile")
    call: Call = getattr(instance.exports, kernel.export)
    return call


GABAGOOL = Engine("gabagool", _gabagool)
OTHERS = (
    Engine("wasmtime", _wasmtime),
    Engine("wasm3", _wasm3),
    Engine("pwasm", _pwasm, slower=20),
)
