"""`gabagool record`: run a program at full speed and save all that it did."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gabagool.api.recordings import start_recording
from gabagool.cli.driver import free_name
from gabagool.cli.ending import report
from gabagool.cli.options import add_program_options, entry
from gabagool.cli.starting import start
from gabagool.errors import GabagoolError
from gabagool.history.log import Log
from gabagool.runtime.machine import Machine
from gabagool.runtime.source import Source
from gabagool.runtime.stops import StopReason
from gabagool.wasi.options import add_options as add_wasi_options


def add_options(parser: argparse.ArgumentParser) -> None:
    add_program_options(parser)
    add_wasi_options(parser)
    parser.add_argument("--out", metavar="FILE",
                        help="where the recording goes; by default PROG.gaba, or a free name")


def run(options: argparse.Namespace) -> int:
    machine = start(options, Source(path=options.program), None)
    if isinstance(machine, int):
        return machine
    path = Path(options.out) if options.out else free_name(Path(options.program).name)
    with _naming(path):
        recorder, log = start_recording(machine, path, program=Path(options.program).name,
                                        entry=entry(options))
    try:
        stop = recorder.record()
        while stop.reason is StopReason.FUEL:
            stop = recorder.record()
    except KeyboardInterrupt:
        _save(log, machine)
        raise
    except BaseException:
        log.abandon()
        raise
    code = report(machine)
    _save(log, machine)
    return code


@contextmanager
def _naming(path: Path, then: str = "") -> Iterator[None]:
    """What the system has against the recording's file is said with its name."""
    try:
        yield
    except OSError as error:
        raise GabagoolError(f"can't write {path}: {error.strerror or error}{then}") from None


def _save(log: Log, machine: Machine) -> None:
    sys.stdout.flush()
    with _naming(log.path, f"; what was written up to step {log.written:,} is there, and "
                           f"gaba-debug {log.path} opens it"):
        size = log.close()
    print(f"gabagool: recorded {machine.step:,} steps: {log.path}, {size:,} bytes; look at them "
          f"with: gaba-debug {log.path}", file=sys.stderr)
