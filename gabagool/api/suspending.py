"""Programs in files: `suspend` puts a stopped machine in one, `resume` makes one that goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import gabagool.snapshot as snapshot
from gabagool.api.linker import Linker
from gabagool.api.module import Module
from gabagool.api.store import Store
from gabagool.container import Source, StrPath
from gabagool.errors import GabagoolError, SnapshotError
from gabagool.records import dataclass
from gabagool.runtime.entities import FuncInst
from gabagool.runtime.initial import as_built
from gabagool.runtime.machine import Machine
from gabagool.runtime.outline import FindHost
from gabagool.snapshot import LIMIT, About
from gabagool.types import FuncType
from gabagool.wasi import Wasi, WasiConfig
from gabagool.wasi.settings import named_dirs, to_settings, with_settings

# Defines what a program imports beside WASI.
Define = Callable[[Linker], object]


@dataclass(frozen=True, slots=True)
class Resumed:
    """A program that stands where it was suspended: `machine.run` goes on."""

    store: Store
    machine: Machine
    about: About


def suspend(machine: Machine, path: StrPath, *, program: str = "", entry: str = "",
            modules: bool = True) -> int:
    """Write a stopped machine to a file, whole or not at all; the file's size in bytes.

    `modules=False` leaves the modules out: they must be given to `resume`. Raises OSError, or
    SnapshotError for state that can't be saved (Python objects that the program refers to).
    """
    return snapshot.save_file(path, machine, about(machine, program, entry), modules)


def about(machine: Machine, program: str = "", entry: str = "") -> About:
    """What a file says of a program beside its state."""
    wasi = machine.store.hosts.get("wasi")
    settings = to_settings(wasi.config) if isinstance(wasi, Wasi) else {}
    return About("snapshot", program, entry, settings)


def resume(path: StrPath, *, dirs: Sequence[tuple[str, str]] = (), wasi: WasiConfig | None = None,
           define: Define | None = None, modules: Iterable[Module] = (),
           limit: int = LIMIT, force: bool = False) -> Resumed:
    """A machine in a new store, in the state that a file holds.

    The program's directories are granted anew: `dirs` are (host, guest), with the guest names it
    had and in that order; `wasi` gives it those, streams and more. `define` defines what it
    imports beside WASI, as for the first run. `modules` are those that the file was written
    without. `limit` bounds what the file unpacks to, in bytes.

    The files that the program had open must be there as they were; `force` goes on with changed
    ones, and without those that are gone: using one fails with `stale`.

    Raises OSError, or SnapshotError that says what is wrong and what to do.
    """
    with snapshot.located(path) as source:
        about = snapshot.read_about(source)
        if about.kind != "snapshot":
            raise SnapshotError("this is a recording: gaba-debug opens it")
        config = with_settings(wasi or WasiConfig(dirs=dirs), about.settings)
        store = rebuilt(source, config, define, modules, limit)
        machine = store.machine
        machine.restore_checked(snapshot.read_state(source, as_built(store.inner), limit))
        try:
            machine.hosts.reopen(force)
        except SnapshotError as error:
            raise SnapshotError(f"{error}{_hint(about, config.dirs)}") from error
    return Resumed(store, machine, about)


def _hint(about: About, dirs: Sequence[tuple[str, str]]) -> str:
    wanted = named_dirs(about.settings)
    if [guest for _, guest in wanted] == [guest for _, guest in dirs]:
        return ""
    options = " ".join(f"--dir {host}::{guest}" for host, guest in wanted)
    return f"; it was started with {options or 'no directories'}"


def rebuilt(source: Source, config: WasiConfig, define: Define | None, modules: Iterable[Module],
            limit: int = LIMIT) -> Store:
    """A store as the file's outline has it, its host functions found by their names."""
    outline = snapshot.read_outline(source)
    compiled = snapshot.read_modules(source, outline, (m.compiled for m in modules), limit)
    store = Store()
    linker = Linker(store)
    try:
        linker.define_wasi(config)
        if define is not None:
            define(linker)
    except GabagoolError as error:
        raise SnapshotError(str(error)) from error
    found = {f"{module}.{name}": extern for (module, name), extern in linker.defined.items()
             if isinstance(extern, FuncInst)}
    hosts, store.inner = store.inner.hosts, outline.build(compiled, _finder(found))
    store.inner.hosts.update(hosts)
    return store


def _finder(found: dict[str, FuncInst]) -> FindHost:
    def find(name: str, functype: FuncType | None) -> Callable[..., Any]:
        known = found.get(name)
        if known is not None and known.host is not None and functype in (None, known.type):
            return known.host
        if functype is None:
            return _nobody(name)
        what = "is of another type here" if known is not None else "is not defined"
        raise SnapshotError(f"the program imports {name} {functype}, which {what}")

    return find


def _nobody(name: str) -> Callable[..., Any]:
    def call(*_: object) -> object:
        raise GabagoolError(f"{name} has no definition")

    return call
