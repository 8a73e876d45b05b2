"""How a program's end becomes text and an exit code: wasmtime's codes."""

from __future__ import annotations

import sys

from gabagool.errors import Aborted, Trap
from gabagool.runtime.machine import Machine
from gabagool.text import plain_value

TRAPPED = 134


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
        return stop.exit_code & 0xFF
    if machine.entry is not None:
        for t, bits in zip(machine.entry.type.results, stop.results or (), strict=True):
            print(plain_value(t, bits))
    return 0
