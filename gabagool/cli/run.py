"""`gabagool run`: a program, or one exported function of it."""

from __future__ import annotations

import argparse
import gc
import threading
from collections.abc import Sequence

from gabagool.api.externs import Func
from gabagool.api.linker import Linker
from gabagool.api.module import Module
from gabagool.api.store import Store
from gabagool.cli.driver import COMMAND, Driver, add_snapshot_options
from gabagool.cli.ending import exit_code, report_abort
from gabagool.errors import Aborted, Exit, GabagoolError
from gabagool.runtime.machine import Machine
from gabagool.text import parse_args, plain_value
from gabagool.types import FuncType
from gabagool.wasi.options import WasiOptions
from gabagool.wasi.options import add_options as add_wasi_options


def add_options(parser: argparse.ArgumentParser) -> None:
    add_program_options(parser)
    add_wasi_options(parser)
    add_snapshot_options(parser)


def add_program_options(parser: argparse.ArgumentParser) -> None:
    """What to run."""
    parser.add_argument("--invoke", metavar="NAME", help="call this export instead of _start")
    parser.add_argument("--validate", action="store_true",
                        help="validate every function before the program starts")
    parser.add_argument("program", metavar="PROG.wasm|.wat")
    parser.add_argument("args", nargs=argparse.REMAINDER, metavar="ARGS",
                        help="arguments of the program or function")


def run(options: argparse.Namespace) -> int:
    driver = Driver(options, options.program)
    machine = start(options, driver.wake)
    return machine if isinstance(machine, int) else driver.run(machine, entry(options))


def entry(options: argparse.Namespace) -> str:
    """The name of the function that a program begins with."""
    return options.invoke or COMMAND


def start(options: argparse.Namespace, wake: threading.Event | None) -> Machine | int:
    """The program's machine before its first step; its exit code if it has ended already.

    Setting `wake` interrupts the program while it waits for something.
    """
    module = Module.from_file(options.program, lazy=not options.validate)
    args = [] if options.invoke else options.args
    linker = Linker(store := Store())
    linker.define_wasi(WasiOptions.of(options).config(options.program, args, wake=wake))
    functype = _exported_function(module, entry(options))
    bits = parse_args(entry(options), functype, options.args if options.invoke else [])
    try:
        instance = linker.instantiate(module)
        instance.initialize(store, entry(options))
        gc.freeze()       # what a large module consists of is not to be searched for garbage
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
