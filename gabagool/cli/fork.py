"""`gabagool fork`: several processes that go on from one snapshot, each on its own."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from gabagool.cli import resume
from gabagool.cli.driver import COMMAND, Driver

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
    start = _forking(options) if hasattr(os, "fork") else _spawning
    children = [start(options, number) for number in range(1, options.count + 1)]
    codes = [wait() for wait in children]
    return next((code for code in codes if code), 0)


Wait = Callable[[], int]


def _forking(options: argparse.Namespace) -> Callable[[argparse.Namespace, int], Wait]:
    """The program is made once, here; the processes share its memory until they write to it."""
    driver = Driver(options, options.file)
    resumed = resume.opened(options, driver)
    sys.stdout.flush()

    def start(options: argparse.Namespace, number: int) -> Wait:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                _redirect(options, number)
                _own_names(options, number)
                print(f"gabagool: process {number} of {options.count}, {os.getpid()}, goes on at "
                      f"step {resumed.machine.step:,}", file=sys.stderr, flush=True)
                code = driver.run(resumed.machine, resumed.about.entry or COMMAND)
                sys.stdout.flush()
            except BaseException as error:
                print(f"gabagool: process {number}: {error}", file=sys.stderr, flush=True)
            finally:
                os._exit(code)
        return lambda: os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 0xFF

    return start


def _spawning(options: argparse.Namespace, number: int) -> Wait:
    """Where processes can't be forked each is started anew from the file."""
    words = ["resume", *(word for d in options.dir for word in ("--dir", d)),
             *(word for m in options.module for word in ("--module", m)),
             *(["--same-dirs"] if options.same_dirs else []), options.file]
    path = _output(options, number)
    child = subprocess.Popen([sys.executable, "-m", "gabagool.cli", *words],
                             stdin=subprocess.DEVNULL, stdout=path.open("wb") if path else None,
                             stderr=subprocess.STDOUT if path else None)
    return child.wait


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
