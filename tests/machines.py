"""Machines for tests: from wasm text to an instance that can be called and stepped."""

from __future__ import annotations

from collections.abc import Mapping

import wasmtime

from gabagool.runtime.compiled import Compiled
from gabagool.runtime.entities import FuncInst, ModuleInst
from gabagool.runtime.instantiate import Extern, instantiate, start_of
from gabagool.runtime.limits import Limits
from gabagool.runtime.machine import Machine
from gabagool.runtime.store import Store

Imports = Mapping[tuple[str, str], Extern]


def wat(text: str) -> bytes:
    """The binary of a module in text format."""
    return bytes(wasmtime.wat2wasm(text))


class Guest:
    """A machine, its store, and the instance it was made for."""

    def __init__(self, source: str | bytes, imports: Imports | None = None,
                 store: Store | None = None, limits: Limits | None = None) -> None:
        self.source = wat(source) if isinstance(source, str) else source
        self.store = store or Store(limits or Limits())
        self.instance: ModuleInst = instantiate(self.store, Compiled(self.source), imports or {})
        self.machine = Machine(self.store)

    def func(self, name: str) -> FuncInst:
        return self.store.funcs[self._address(name)]

    def _address(self, name: str) -> int:
        export = self.instance.export(name)
        assert export is not None, name
        return export[1]

    def extern(self, name: str) -> Extern:
        """An export, to be imported elsewhere."""
        kind, address = self.instance.export(name) or ("", 0)
        spaces = {"func": self.store.funcs, "memory": self.store.memories,
                  "table": self.store.tables, "global": self.store.globals,
                  "tag": self.store.tags}
        extern: Extern = spaces[kind][address]
        return extern

    def call(self, name: str, *bits: int) -> tuple[int, ...]:
        """Call an export to its end: slot bits in and out."""
        return self.machine.call(self.func(name), bits)

    def begin(self, name: str, *bits: int) -> Machine:
        """The machine before the first step of an export."""
        self.machine.start(self._address(name), bits)
        return self.machine

    def run_start(self) -> None:
        """Call the start function, if there is one."""
        start = start_of(self.store, self.instance)
        if start is not None:
            self.machine.call(start, ())
