"""Instances and the linker of the public API."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gabagool.api.exceptions import Tag
from gabagool.api.externs import Extern, wrap
from gabagool.api.functions import Func, call_guest
from gabagool.api.module import Module
from gabagool.api.store import Store
from gabagool.runtime.entities import ModuleInst
from gabagool.runtime.instantiate import Extern as RuntimeExtern
from gabagool.runtime.instantiate import Imports, initializer_of, instantiate, start_of
from gabagool.types import FuncType, ValType
from gabagool.wasi import Wasi, WasiConfig


class Exports(Mapping[str, Extern]):
    """The exports of an instance by name."""

    def __init__(self, store: Store, inst: ModuleInst) -> None:
        self._store = store
        self._inst = inst

    def __getitem__(self, name: str) -> Extern:
        found = self._inst.export(name)
        if found is None:
            raise KeyError(name)
        return wrap(self._store, *found)

    def __iter__(self) -> Iterator[str]:
        return (export.name for export in self._inst.compiled.module.exports)

    def __len__(self) -> int:
        return len(self._inst.compiled.module.exports)


class Instance:
    """An instantiated module; its start function has run.

    `imports` are in the module's order. Raises LinkError, Trap or
    WasmException.
    """

    def __init__(self, store: Store, module: Module, imports: Sequence[Extern] = ()) -> None:
        self._link(store, module, [extern.inst for extern in imports])

    @classmethod
    def linked(cls, store: Store, module: Module,
               imports: Mapping[tuple[str, str], RuntimeExtern]) -> Instance:
        """An instance whose imports are found by name."""
        instance = cls.__new__(cls)
        instance._link(store, module, imports)
        return instance

    def _link(self, store: Store, module: Module, imports: Imports) -> None:
        self.inst = instantiate(store.inner, module.compiled, imports)
        start = start_of(store.inner, self.inst)
        if start is not None:
            call_guest(store, start, ())

    def exports(self, store: Store) -> Exports:
        return Exports(store, self.inst)

    def initialize(self, store: Store, name: str = "") -> None:
        """Call `_initialize`, if there is one, as a WASI reactor wants before its first export.

        `name`: the export to be called next; nothing is to be done for `_start`, which is a
        command's, and for `_initialize` itself.
        """
        func = initializer_of(store.inner, self.inst, name)
        if func is not None:
            store.machine.call(func, ())


class Linker:
    """Collects definitions that modules import by name."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._defined: dict[tuple[str, str], RuntimeExtern] = {}

    def define(self, module: str, name: str, extern: Extern) -> None:
        self._defined[module, name] = extern.inst

    def define_func(self, module: str, name: str, functype: FuncType, call: Callable[..., Any],
                    *, access_caller: bool = False) -> None:
        """Define a host function; arguments arrive as signed ints, floats and objects."""
        func = Func(self._store, functype, call, access_caller=access_caller,
                    name=f"{module}.{name}")
        self.define(module, name, func)

    def define_host(self, module: str, name: str, functype: FuncType,
                    fn: Callable[..., Any], /) -> None:
        """Define a host function that gets a Caller and its ints unsigned, as WASI's do."""
        inner = self._store.inner
        self._defined[module, name] = inner.new_host_func(functype, fn, f"{module}.{name}")

    def define_tag(self, module: str, name: str, params: Sequence[ValType] = ()) -> Tag:
        """Define a new tag, whose exceptions carry values of these types."""
        tag = Tag(self._store, params, name=f"{module}.{name}")
        self.define(module, name, tag)
        return tag

    def define_instance(self, name: str, instance: Instance) -> None:
        """Define every export of an instance under the module name `name`."""
        for field, extern in instance.exports(self._store).items():
            self.define(name, field, extern)

    def define_wasi(self, config: WasiConfig | None = None) -> Wasi:
        """Define WASI preview 1; its state becomes part of every snapshot."""
        wasi = Wasi(config)
        wasi.define(self)
        self._store.inner.hosts["wasi"] = wasi
        return wasi

    @property
    def defined(self) -> Mapping[tuple[str, str], RuntimeExtern]:
        return self._defined

    def instantiate(self, module: Module) -> Instance:
        """Raises LinkError naming every import that is not defined."""
        return Instance.linked(self._store, module, self._defined)
