"""The `gabagool` command: run programs, look into modules.

Exit codes are wasmtime's: the program's own, 134 after a trap, 1 for what never started. An
exception that nothing caught counts as a trap.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gabagool.errors import Aborted, Exit, GabagoolError, Trap
from gabagool.wasi.options import WasiOptions, add_options

if TYPE_CHECKING:
    from gabagool.api.module import Module
    from gabagool.types import FuncType

TRAPPED = 134

# What a command needs is imported when it runs: starting is measured in hundredths of seconds.


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gabagool", description="A WebAssembly engine.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run a program, or one exported function of it")
    run.add_argument("--invoke", metavar="NAME", help="call this export instead of _start")
    add_options(run)
    run.add_argument("--validate", action="store_true",
                     help="validate every function before the program starts")
    run.add_argument("program", metavar="PROG.wasm|.wat")
    run.add_argument("args", nargs=argparse.REMAINDER, metavar="ARGS",
                     help="arguments of the program or function")
    dump = commands.add_parser("objdump", help="show sections, functions and disassembly")
    dump.add_argument("program", metavar="PROG.wasm|.wat")
    dump.add_argument("--func", metavar="NAME|INDEX", help="only this function")
    dump.add_argument("--headers", action="store_true", help="no disassembly")
    return parser


def _run(options: argparse.Namespace) -> int:
    from gabagool.native.engine import prepare

    prepare()     # the first time ever, handlers are compiled while the module is read
    from gabagool.api.externs import Func, wrap
    from gabagool.api.linker import Linker
    from gabagool.api.module import Module
    from gabagool.api.store import Store
    from gabagool.text import parse_args, plain_value

    module = Module.from_file(options.program, lazy=not options.validate)
    args = [] if options.invoke else options.args
    linker = Linker(store := Store())
    linker.define_wasi(WasiOptions.of(options).config(options.program, args))
    name = options.invoke or "_start"
    functype = _exported_function(module, name)
    bits = parse_args(name, functype, options.args if options.invoke else [])
    try:
        instance = linker.instantiate(module)
        instance.initialize(store, name)
        gc.freeze()       # what a large module consists of is not to be searched for garbage
        found = instance.inst.export(name)
        assert found is not None
        func = wrap(store, *found)
        assert isinstance(func, Func)
        results = store.machine.call(func.inst, bits)
    except Exit as exit:
        return exit.code & 0xFF or int(exit.code != 0)  # 256 must not look like success
    except Aborted as error:
        _flush()
        what = "trap: " if isinstance(error, Trap) else ""
        print(f"gabagool: {what}{error.message}\n{error.backtrace()}", file=sys.stderr)
        return TRAPPED
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


def _objdump(options: argparse.Namespace) -> int:
    from gabagool.api.module import Module
    from gabagool.code.objdump import objdump_text

    module = Module.from_file(options.program, lazy=True)
    for line in objdump_text(module.compiled.module, options.func, headers=options.headers):
        print(line)
    return 0


def _flush() -> None:
    sys.stdout.flush()


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of the command; returns the exit code."""
    options = _parser().parse_args(argv)
    try:
        code = _run(options) if options.command == "run" else _objdump(options)
        _flush()
        return code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except OSError as error:
        print(f"gabagool: {error.filename or Path(options.program)}: {error.strerror or error}",
              file=sys.stderr)
    except (GabagoolError, ValueError) as error:
        print(f"gabagool: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
