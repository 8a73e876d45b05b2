"""`gabagool resume`: go on with a suspended program."""

from __future__ import annotations

import argparse
import sys

from gabagool.api.module import Module
from gabagool.api.suspending import Resumed, resume
from gabagool.cli.driver import Driver
from gabagool.cli.options import COMMAND, add_snapshot_options
from gabagool.snapshot import located, read_about
from gabagool.wasi import WasiConfig
from gabagool.wasi.options import directories, source
from gabagool.wasi.settings import named_dirs


def add_options(parser: argparse.ArgumentParser) -> None:
    add_source_options(parser)
    add_snapshot_options(parser)


def add_source_options(parser: argparse.ArgumentParser) -> None:
    """What it takes to make a program of a file again."""
    parser.add_argument("file", metavar="FILE.gaba")
    parser.add_argument("--dir", action="append", default=[], metavar="HOST[::GUEST]",
                        help="let the program reach a directory that it had; in the same order")
    parser.add_argument("--same-dirs", action="store_true",
                        help="let it reach the directories that the file names, by its word")
    parser.add_argument("--listen", action="append", default=[], metavar="ADDRESS:PORT",
                        help="give it the listening sockets that it had; in the same order")
    parser.add_argument("--stdin", metavar="FILE", help="what it reads as its standard input")
    parser.add_argument("--changed-files", action="store_true",
                        help="go on although files that it had open are gone or have changed")
    parser.add_argument("--module", action="append", default=[], metavar="PROG.wasm",
                        help="a module that the file was written without")


def opened(options: argparse.Namespace, driver: Driver) -> Resumed:
    with located(options.file) as file:
        settings = read_about(file).settings
    dirs = named_dirs(settings) if options.same_dirs else directories(options.dir)
    config = WasiConfig(dirs=dirs, listen=tuple(options.listen), stdin=source(options.stdin, 0),
                        wake=driver.wake)
    return resume(options.file, wasi=config, force=options.changed_files,
                  modules=[Module.from_file(path, lazy=True) for path in options.module])


def run(options: argparse.Namespace) -> int:
    driver = Driver(options, options.file)
    resumed = opened(options, driver)
    print(f"gabagool: {resumed.about.program or options.file} goes on at step "
          f"{resumed.machine.step:,}", file=sys.stderr, flush=True)
    return driver.run(resumed.machine, resumed.about.entry or COMMAND)
