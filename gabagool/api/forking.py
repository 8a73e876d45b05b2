"""Processes that go on from where a machine stands, each on its own."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable

from gabagool.errors import GabagoolError
from gabagool.records import dataclass
from gabagool.runtime.machine import Machine


@dataclass(frozen=True, slots=True)
class Child:
    """A forked process; `number` counts from 1."""

    number: int
    pid: int

    def wait(self) -> int:
        """Its exit code, when it has ended; minus the signal that killed it."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def fork(machine: Machine, count: int, go_on: Callable[[Machine, int], int]) -> list[Child]:
    """Start `count` processes, each of which calls `go_on(machine, number)` and ends with the
    code that it returns (1 and a traceback if it raises).

    They share the machine's memory with this process, page by page, until one writes to it. Call
    it while no other thread runs. Raises GabagoolError where the system can't fork: there
    `suspend` to a file and `resume` it in other processes.
    """
    if not hasattr(os, "fork"):
        raise GabagoolError("this system can't fork processes; suspend the machine to a file and "
                            "resume it in other processes")
    sys.stdout.flush()
    sys.stderr.flush()
    return [_start(machine, number, go_on) for number in range(1, count + 1)]


def _start(machine: Machine, number: int, go_on: Callable[[Machine, int], int]) -> Child:
    pid = os.fork()
    if pid:
        return Child(number, pid)
    code = 1
    try:
        code = go_on(machine, number)
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        # Nothing of the parent's is to be closed or flushed a second time.
        os._exit(code)
