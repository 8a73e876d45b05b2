"""From a file to a machine that stands at step 0: loading, linking, choosing what to call.

Everything the user can have got wrong is a CommandError with a text for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Event

from debugger.console import Console
from debugger.exchange import CommandError
from debugger.functions import Code
from debugger.source.program import Source
from debugger.symbols import Symbols
from debugger.values import parse_args
from gabagool import (
    FuncType,
    GabagoolError,
    Linker,
    LinkError,
    Machine,
    Module,
    ModuleError,
    StopReason,
    Store,
    TextError,
    Trap,
)
from gabagool.runtime.entities import FuncInst, ModuleInst
from gabagool.runtime.instantiate import initializer_of, instantiate, start_of
from gabagool.snapshot import About
from gabagool.wasi.options import WasiOptions

COMMAND = "_start"
# What runs before the first step (start function, _initialize) isn't recorded, so it may not
# go on for ever: some seconds.
_PREPARATION = 2_000_000_000


class Program:
    """A module, instantiated and linked with WASI.

    What the guest prints is in the journal; it reads the file it was given, or `console`. Setting
    `wake` interrupts a call in which it sleeps.
    """

    about: About | None = None       # what a file says of it, if it came from one

    def __init__(self, path: Path, args: Sequence[str], wasi: WasiOptions,
                 source_dirs: Sequence[str] = ()) -> None:
        self.path = path
        self.compiled = _load(path).compiled
        self.wake = Event()
        self.console = Console()
        self.store = Store()
        self._linker = Linker(self.store)
        try:
            stdin = self.console.source(None) if wasi.stdin is None else None
            self._wasi = self._linker.define_wasi(wasi.config(
                path, args, stdin=stdin, stdout=None, stderr=None, wake=self.wake))
        except (GabagoolError, OSError) as error:
            raise CommandError(str(error)) from None
        self._wasi.keeps_undo = True
        self.instance = self._link()
        self.symbols = Symbols([Code(self.compiled, Source(
            self.compiled.module, path, tuple(source_dirs)))])

    def _link(self) -> ModuleInst:
        try:
            # The start function is left to `start`, which can tell when it doesn't end.
            return instantiate(self.store.inner, self.compiled, self._linker.defined)
        except LinkError as error:
            if not error.missing:
                raise CommandError(f"{self.path.name}: {error}") from None
            names = "\n".join(f"  {module}.{name}" for module, name in error.missing)
            raise CommandError(f"{self.path.name} imports what nobody provides:\n{names}"
                               ) from None
        except (Trap, GabagoolError) as error:
            raise CommandError(f"{self.path.name} can't be instantiated: {error}") from None

    def functions(self) -> list[tuple[str, FuncType]]:
        """Exported functions that can be called: name and type."""
        module = self.compiled.module
        return [(e.name, module.functype(e.index)) for e in module.exports if e.kind == "func"]

    @property
    def is_command(self) -> bool:
        return any(name == COMMAND for name, _ in self.functions())

    def start(self, name: str, texts: Sequence[str]) -> tuple[Machine, FuncInst]:
        """A machine before the first instruction of an exported function, and that function."""
        func = self._exported(name)
        bits = parse_args(name, func.type, texts)
        if func.instance is None:
            raise CommandError(f"'{name}' is imported, so there are no instructions to step "
                               "through")
        machine = Machine(self.store.inner)
        try:
            self._prepare(machine, name)
            machine.start(func.addr, bits)
        except Trap as trap:
            raise CommandError(f"{self.path.name}: {trap}") from None
        except ModuleError as error:
            raise CommandError(f"{self.path.name}: {error}") from None
        return machine, func

    def _exported(self, name: str) -> FuncInst:
        found = self.instance.export(name)
        if found is None or found[0] != "func":
            what = "is not a function" if found else "is not exported"
            raise CommandError(f"'{name}' {what}; {describe_exports(self.functions())}")
        return self.store.inner.funcs[found[1]]

    def _prepare(self, machine: Machine, name: str) -> None:
        """Run what comes before the first call: the start function, a reactor's _initialize."""
        for func in (start_of(self.store.inner, self.instance),
                     initializer_of(self.store.inner, self.instance, name)):
            if func is None:
                continue
            machine.start(func.addr, ())
            stop = machine.run(_PREPARATION)
            failed = stop.trap or stop.exception
            if failed is not None:
                raise CommandError(f"{self.path.name}: the start function trapped: {failed}\n"
                                   f"{failed.backtrace()}")
            if stop.reason is not StopReason.FINISHED:
                raise CommandError(f"{self.path.name}: the start function doesn't come to an end")

    def facts(self) -> dict[str, str]:
        """What the file is, for people."""
        module = self.compiled.module
        return {"program": str(self.path), "size": f"{len(module.source):,} bytes",
                "functions": f"{len(module.funcs):,} and {len(module.imported_funcs):,} imported",
                "memories": str(len(module.mem_types))}

    def close(self) -> None:
        self._wasi.close()


def describe_exports(functions: Sequence[tuple[str, FuncType]]) -> str:
    """The functions one may call, for an error message."""
    if not functions:
        return "it exports no functions"
    return "exported functions:\n" + "\n".join(f"  {name}  {type_}" for name, type_ in functions)


def _load(path: Path) -> Module:
    try:
        return Module.from_file(path, lazy=True)
    except OSError as error:
        raise CommandError(f"can't read {path}: {error.strerror or error}") from None
    except TextError as error:
        raise CommandError(str(error)) from None
    except ModuleError as error:
        raise CommandError(f"{path.name} is not a valid module: {error}") from None
    except GabagoolError as error:      # no assembler for a text
        raise CommandError(f"{path.name}: {error}") from None

