"""`gabagool fork`: several processes that go on from one snapshot, each on its own."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from gabagool.api.forking import fork
from gabagool.cli import resume
from gabagool.cli.driver import Driver
from gabagool.cli.options import COMMAND
from gabagool.runtime.machine import Machine

_MOST = 1000


def add_options(parser: argparse.ArgumentParser) -> None:
    resume.add_options(parser)
    parser.add_argument("-n", type=int, default=2, metavar="K", dest="count",
                        help="how many (default 2)")
    parser.add_argument("--output", metavar="FILE",
                        help="where each one's output goes; {n} becomes its number, 1 to K. "
                             "By default they share this terminal")


def run(options: argparse.Namespace) -> int:
    """The exit code is 0 if all of them end with 0, else that of the first that doesn't."""
    if not 1 <= options.count <= _MOST:
        raise ValueError(f"-n wants 1 to {_MOST} processes, not {options.count}")
    if options.output and "{n}" not in options.output and options.count > 1:
        raise ValueError("--output wants {n} in the name, so that each process has its own file")
    codes = _forked(options) if hasattr(os, "fork") else _spawned(options)
    return next((code & 0xFF for code in codes if code), 0)


def _forked(options: argparse.Namespace) -> list[int]:
    """The program is made once, here; the processes share its memory until they write to it."""
    driver = Driver(options, options.file)
    resumed = resume.opened(options, driver)

    def go_on(machine: Machine, number: int) -> int:
        _redirect(options, number)
        _own_names(options, number)
        print(f"gabagool: process {number} of {options.count}, {os.getpid()}, goes on at step "
              f"{machine.step:,}", file=sys.stderr, flush=True)
        return driver.run(machine, resumed.about.entry or COMMAND)

    return [child.wait() for child in fork(resumed.machine, options.count, go_on)]


def _spawned(options: argparse.Namespace) -> list[int]:
    children = [_spawn(options, number) for number in range(1, options.count + 1)]
    return [child.wait() for child in children]


def _spawn(options: argparse.Namespace, number: int) -> subprocess.Popen[bytes]:
    """Where processes can't be forked each is started anew from the file."""
    words = ["resume", *(word for d in options.dir for word in ("--dir", d)),
             *(word for m in options.module for word in ("--module", m)),
             *(["--same-dirs"] if options.same_dirs else []), options.file]
    path = _output(options, number)
    return subprocess.Popen([sys.executable, "-m", "gabagool.cli", *words],
                            stdin=subprocess.DEVNULL, stdout=path.open("wb") if path else None,
                            stderr=subprocess.STDOUT if path else None)


def _output(options: argparse.Namespace, number: int) -> Path | None:
    return Path(options.output.replace("{n}", str(number))) if options.output else None


def _redirect(options: argparse.Namespace, number: int) -> None:
    """Input from nowhere, unless there is only one process; output to its own file, if asked."""
    if options.count > 1:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    path = _output(options, number)
    if path is not None:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        os.dup2(handle, 1)
        os.dup2(handle, 2)


def _own_names(options: argparse.Namespace, number: int) -> None:
    """Snapshots that the processes write are not to overwrite each other."""
    if options.out and options.count > 1:
        path = Path(options.out)
        options.out = str(path.with_name(f"{path.stem}-{number}{path.suffix}"))
