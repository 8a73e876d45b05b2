"""How a program's end becomes text and an exit code: wasmtime's codes."""

from __future__ import annotations

import sys

from gabagool.errors import Aborted, Trap
from gabagool.runtime.machine import Machine
from gabagool.text import plain_value

TRAPPED = 134


def exit_code(code: int) -> int:
    """What the system is told, which takes one byte: 256 must not look like success."""
    return code & 0xFF or int(code != 0)


def report_abort(error: Aborted) -> int:
    """A trap, or an exception that nothing caught."""
    sys.stdout.flush()
    what = "trap: " if isinstance(error, Trap) else ""
    print(f"gabagool: {what}{error.message}\n{error.backtrace()}", file=sys.stderr)
    return TRAPPED


def report(machine: Machine) -> int:
    """Print what an ended run came to; its exit code."""
    stop = machine.ended
    assert stop is not None
    aborted = stop.trap or stop.exception
    if aborted is not None:
        return report_abort(aborted)
    if stop.exit_code is not None:
        return exit_code(stop.exit_code)
    if machine.entry is not None:
        for t, bits in zip(machine.entry.type.results, stop.results or (), strict=True):
            print(plain_value(t, bits))
    return 0
