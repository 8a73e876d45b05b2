"""`gabagool run`: a program, or one exported function of it."""

from __future__ import annotations

import argparse

from gabagool.cli import options as shared
from gabagool.runtime.source import Source
from gabagool.wasi.options import add_options as add_wasi_options


def add_options(parser: argparse.ArgumentParser) -> None:
    shared.add_program_options(parser)
    add_wasi_options(parser)
    shared.add_snapshot_options(parser)


def run(options: argparse.Namespace) -> int:
    source = Source(path=options.program)       # is read while what it needs is imported
    from gabagool.cli.driver import Driver
    from gabagool.cli.starting import start

    driver = Driver(options, options.program)
    machine = start(options, source, driver.wake)
    return machine if isinstance(machine, int) else driver.run(machine, shared.entry(options))
