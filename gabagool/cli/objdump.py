"""`gabagool objdump`: sections, functions and disassembly of a module."""

from __future__ import annotations

import argparse

from gabagool.api.module import Module
from gabagool.code.objdump import objdump_text


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("program", metavar="PROG.wasm|.wat")
    parser.add_argument("--func", metavar="NAME|INDEX", help="only this function")
    parser.add_argument("--headers", action="store_true", help="no disassembly")


def run(options: argparse.Namespace) -> int:
    module = Module.from_file(options.program, lazy=True)
    for line in objdump_text(module.compiled.module, options.func, headers=options.headers):
        print(line)
    return 0
