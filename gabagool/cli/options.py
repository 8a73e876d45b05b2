"""What several commands let the user say. Nothing here takes long to import."""

from __future__ import annotations

import argparse

COMMAND = "_start"


def add_program_options(parser: argparse.ArgumentParser) -> None:
    """What to run."""
    parser.add_argument("--invoke", metavar="NAME", help="call this export instead of _start")
    parser.add_argument("--validate", action="store_true",
                        help="validate every function before the program starts")
    parser.add_argument("program", metavar="PROG.wasm|.wat")
    parser.add_argument("args", nargs=argparse.REMAINDER, metavar="ARGS",
                        help="arguments of the program or function")


def entry(options: argparse.Namespace) -> str:
    """The name of the function that a program begins with."""
    return options.invoke or COMMAND


def add_snapshot_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--snapshot-on", action="append", default=[], metavar="WHEN",
                        help="write a snapshot at a signal (SIGUSR1), a step (step:N) or the "
                             "first call of a function (call:FUNC), and go on; may be repeated")
    parser.add_argument("--out", metavar="FILE",
                        help="where snapshots go; by default PROG.gaba, or a free name like it")
    parser.add_argument("--stop", action="store_true",
                        help="end the program once the first snapshot is written")
    parser.add_argument("--no-module", action="store_true",
                        help="leave the module out of snapshots: it must be given to resume")
