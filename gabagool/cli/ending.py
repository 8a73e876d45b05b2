"""How a program's end becomes text and an exit code: wasmtime's codes."""

from __future__ import annotations

import sys

from gabagool.errors import Trap

TRAPPED = 134


def report_trap(trap: Trap) -> int:
    sys.stdout.flush()
    print(f"gabagool: trap: {trap.message}\n{trap.backtrace()}", file=sys.stderr)
    return TRAPPED
