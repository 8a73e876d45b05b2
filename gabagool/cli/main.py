"""The `gabagool` command's way to its subcommands, and out again.

Exit codes are wasmtime's: the program's own, 134 after a trap, 1 for what never started.
"""

from __future__ import annotations

import argparse
import atexit
import gc
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

from gabagool.errors import GabagoolError

# Each is a module of this package. One that is not meant is not imported, because starting is
# measured in hundredths of seconds.
COMMANDS = {
    "run": "run a program, or one exported function of it",
    "resume": "go on with a program that was suspended to a file",
    "fork": "let several processes go on from one snapshot",
    "record": "run a program and save its recording, for gaba-debug",
    "info": "show what a snapshot or recording holds",
    "objdump": "show sections, functions and disassembly",
}
_EXECUTING = ("run", "resume", "fork", "record")


def _parser(word: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gabagool", description="A WebAssembly engine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=f"{text[:1].upper()}{text[1:]}.")
        if word not in COMMANDS or word == name:
            module = import_module(f"gabagool.cli.{name}")
            module.add_options(command)
            command.set_defaults(run=module.run)
    return parser


def _prepare() -> None:
    """The first time ever, handlers are compiled while everything else begins."""
    from gabagool.native.background import prepare

    prepare()


def _subject(options: argparse.Namespace) -> str:
    """The file that a command is about."""
    return str(getattr(options, "program", None) or getattr(options, "file", ""))


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of the command; returns the exit code."""
    words = sys.argv[1:] if argv is None else argv
    word = words[0] if words else ""
    if word in _EXECUTING:
        _prepare()
    options = _parser(word).parse_args(words)
    if word in _EXECUTING:
        gc.disable()        # what a start makes lives long; see `starting.settled`
    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except OSError as error:
        print(f"gabagool: {error.filename or _subject(options)}: {error.strerror or error}",
              file=sys.stderr)
    except (GabagoolError, ValueError) as error:
        print(f"gabagool: {error}", file=sys.stderr)
    finally:
        gc.enable()
    return 1


def command() -> NoReturn:
    """`main` as a process: what it has made is left to the system, which is faster than Python."""
    code = main()
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.main_thread():
            thread.join()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code & 0xFF)
