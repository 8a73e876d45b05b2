"""From what the user wrote to a machine before its first step."""

from __future__ import annotations

import argparse
import gc
import threading
from collections.abc import Sequence

from gabagool.api.externs import Func
from gabagool.api.linker import Linker
from gabagool.api.module import Module
from gabagool.api.store import Store
from gabagool.cli.ending import exit_code, report_abort
from gabagool.cli.options import entry
from gabagool.errors import Aborted, Exit, GabagoolError
from gabagool.runtime.machine import Machine
from gabagool.runtime.source import Source
from gabagool.text import parse_args, plain_value
from gabagool.types import FuncType
from gabagool.wasi.options import WasiOptions


def start(options: argparse.Namespace, source: Source,
          wake: threading.Event | None) -> Machine | int:
    """The program's machine before its first step; its exit code if it has ended already.

    Setting `wake` interrupts the program while it waits for something.
    """
    module = Module.of(source, lazy=not options.validate)
    args = [] if options.invoke else options.args
    linker = Linker(store := Store())
    linker.define_wasi(WasiOptions.of(options).config(options.program, args, wake=wake))
    functype = _exported_function(module, entry(options))
    bits = parse_args(entry(options), functype, options.args if options.invoke else [])
    settled()
    try:
        instance = linker.instantiate(module)
        instance.initialize(store, entry(options))
        settled()
        func = instance.exports(store)[entry(options)]
        assert isinstance(func, Func)
        if func.inst.instance is None:      # an import exported again: nothing to stop in
            return _print(functype, store.machine.call(func.inst, bits))
        store.machine.start(func.inst.addr, bits)
    except Exit as exit:
        return exit_code(exit.code)
    except Aborted as error:
        return report_abort(error)
    return store.machine


def settled() -> None:
    """What there is now stays, and is not searched for garbage; what comes may become some."""
    gc.freeze()
    gc.enable()


def _print(functype: FuncType, results: Sequence[int]) -> int:
    for t, value in zip(functype.results, results, strict=True):
        print(plain_value(t, value))
    return 0


def _exported_function(module: Module, name: str) -> FuncType:
    syntax = module.compiled.module
    functions = {e.name: syntax.functype(e.index) for e in syntax.exports if e.kind == "func"}
    if name in functions:
        return functions[name]
    listing = "".join(f"\n  {n} {t}" for n, t in functions.items()) or " nothing callable"
    hint = "" if name != "_start" else "; choose one with --invoke NAME"
    raise GabagoolError(f"the module exports no function '{name}'{hint}. It exports:{listing}")
