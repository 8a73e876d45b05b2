"""`gabagool run`: a program, or one exported function of it."""

from __future__ import annotations

import argparse

from gabagool.api.externs import Func, wrap
from gabagool.api.linker import Linker
from gabagool.api.module import Module
from gabagool.api.store import Store
from gabagool.cli.ending import report_trap
from gabagool.cli.wasi_options import add_wasi_options, wasi_config
from gabagool.errors import Exit, GabagoolError, Trap
from gabagool.text import parse_args, plain_value
from gabagool.types import FuncType


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--invoke", metavar="NAME", help="call this export instead of _start")
    add_wasi_options(parser)
    parser.add_argument("--validate", action="store_true",
                        help="validate every function before the program starts")
    parser.add_argument("program", metavar="PROG.wasm")
    parser.add_argument("args", nargs=argparse.REMAINDER, metavar="ARGS",
                        help="arguments of the program or function")


def run(options: argparse.Namespace) -> int:
    module = Module.from_file(options.program, lazy=not options.validate)
    args = [] if options.invoke else options.args
    linker = Linker(store := Store())
    linker.define_wasi(wasi_config(options.program, args, options))
    name = options.invoke or "_start"
    functype = _exported_function(module, name)
    bits = parse_args(name, functype, options.args if options.invoke else [])
    try:
        instance = linker.instantiate(module)
        found = instance.inst.export(name)
        assert found is not None
        func = wrap(store, *found)
        assert isinstance(func, Func)
        results = store.machine.call(func.inst, bits)
    except Exit as exit:
        return exit.code & 0xFF
    except Trap as trap:
        return report_trap(trap)
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
