"""The process itself: ending, signals, yielding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gabagool.errors import Exit
from gabagool.wasi.errno import Errno, Failure
from gabagool.wasi.guest import Guest

if TYPE_CHECKING:
    from gabagool.wasi.process import Process

# The witx enum `signal` in its order, by what its default action does.
_SIGNALS = (
    "none", "hup", "int", "quit", "ill", "trap", "abrt", "bus", "fpe", "kill", "usr1", "segv",
    "usr2", "pipe", "alrm", "term", "chld", "cont", "stop", "tstp", "ttin", "ttou", "urg", "xcpu",
    "xfsz", "vtalrm", "prof", "winch", "poll", "pwr", "sys")
_IGNORED = frozenset({"none", "pipe", "chld", "urg", "winch", "cont"})  # cont: we are running
_STOPPING = frozenset({"stop", "tstp", "ttin", "ttou"})
# A shell's exit code for a program that a signal ended.
_SIGNAL_EXIT = 128


def proc_exit(process: Process, guest: Guest, code: int) -> None:
    """End the program with an exit code (u32)."""
    raise Exit(code)


def proc_raise(process: Process, guest: Guest, signal: int) -> None:
    """Send the program a signal; as it cannot handle any, the default action happens."""
    if signal >= len(_SIGNALS):
        raise Failure(Errno.INVAL)
    name = _SIGNALS[signal]
    if name in _STOPPING:
        raise Failure(Errno.NOTSUP)  # nobody could continue it
    if name not in _IGNORED:
        raise Exit(_SIGNAL_EXIT + signal)


def sched_yield(process: Process, guest: Guest) -> None:
    """Let other threads run; a guest has none."""
