"""Runs a program to its end, writing snapshots on the way when it is asked to.

A signal reaches the program at its next step, and also while it waits in a host call: then it
stands at that call, which is made again when it goes on.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path

from gabagool.cli.ending import report
from gabagool.cli.options import COMMAND
from gabagool.cli.starting import settled
from gabagool.errors import GabagoolError
from gabagool.records import dataclass
from gabagool.runtime.machine import Machine
from gabagool.runtime.stops import Position, StopReason

SUSPENDED = 75           # EX_TEMPFAIL of sysexits.h: not done, to be gone on with later
_FOREVER = 1 << 62
_QUIT: int | None = getattr(signal, "SIGQUIT", None)


@dataclass
class Triggers:
    """When to write a snapshot."""

    signals: list[int] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    @classmethod
    def parse(cls, texts: list[str]) -> Triggers:
        made = cls()
        for text in texts:
            kind, colon, what = text.partition(":")
            if kind == "step" and what.replace("_", "").isdecimal():
                made.steps.append(int(what))
            elif kind == "call" and what:
                made.calls.append(what)
            elif not colon and text.startswith("SIG") and hasattr(signal, text):
                made.signals.append(int(getattr(signal, text)))
            else:
                raise ValueError(f"--snapshot-on wants a signal such as SIGUSR1, step:N or "
                                 f"call:FUNC, not '{text}'")
        made.steps.sort()
        return made


class Driver:
    """One run of a machine. Set `wake` in the WASI settings, so that signals end waiting."""

    def __init__(self, options: argparse.Namespace, program: str) -> None:
        self.triggers = Triggers.parse(options.snapshot_on)
        self.wake = threading.Event()
        self._options = options
        self._program, self._entry = Path(program).name, COMMAND
        self._pending: set[int] = set()

    def run(self, machine: Machine, entry: str = COMMAND) -> int:
        """To the end, or until suspended; the exit code."""
        self._entry = entry
        settled()
        if self._options.snapshot_on or self._options.out:
            self._prepare(machine)
        calls = {entry_of(machine, spec) for spec in self.triggers.calls}
        for position in calls:
            machine.set_break(position)
        with self._signals():
            while (code := self._go_on(machine)) is None:
                pass
        return code

    def _prepare(self, machine: Machine) -> None:
        """Compress the modules meanwhile, so that the first snapshot doesn't wait for it."""
        from gabagool.snapshot import distinct, packed  # only who wants snapshots waits for it

        def work() -> None:
            for compiled in distinct(machine.store):
                packed(compiled)

        if not self._options.no_module:
            threading.Thread(target=work, name="snapshot modules", daemon=True).start()

    def _go_on(self, machine: Machine) -> int | None:
        steps = [step for step in self.triggers.steps if step >= machine.step]
        if self._pending:
            return self._serve_signals(machine)
        stop = machine.run(steps[0] if steps else _FOREVER, self.wake)
        if machine.ended is not None:
            return report(machine)
        if stop.reason is StopReason.BREAKPOINT:
            assert machine.position is not None
            machine.clear_break(machine.position)
            return self._snapshot(machine)
        if stop.reason is StopReason.FUEL:
            self.triggers.steps = [step for step in steps if step > machine.step]
            return self._snapshot(machine)
        return None

    def _serve_signals(self, machine: Machine) -> int | None:
        self.wake.clear()
        quitting = _QUIT in self._pending
        self._pending.clear()
        return self._snapshot(machine, suspending=quitting)

    def _snapshot(self, machine: Machine, suspending: bool = False) -> int | None:
        from gabagool.api.suspending import suspend

        suspending = suspending or self._options.stop
        path = Path(self._options.out) if self._options.out else free_name(self._program)
        size = suspend(machine, path, program=self._program, entry=self._entry,
                       modules=not self._options.no_module)
        sys.stdout.flush()
        what = "suspended" if suspending else "snapshot"
        hint = f"; go on with: gabagool resume {path}" if suspending else ""
        print(f"gabagool: {what} at step {machine.step:,}: {path}, {size:,} bytes{hint}",
              file=sys.stderr, flush=True)
        return SUSPENDED if suspending else None

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Our handlers while the program runs; only the main thread may set them."""
        wanted = set(self.triggers.signals) | ({_QUIT} if _QUIT is not None else set())
        if threading.current_thread() is not threading.main_thread():
            wanted = set()
        before: dict[int, Callable[..., object] | int | None] = {}
        try:
            for number in wanted:
                before[number] = signal.signal(number, self._note)
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _note(self, number: int, _frame: object) -> None:
        self._pending.add(number)
        self.wake.set()


def entry_of(machine: Machine, spec: str) -> Position:
    """The first instruction of a function by its name or index."""
    inst = machine.store.instances[0]
    compiled = inst.compiled
    first = len(compiled.module.imported_funcs)
    every = range(first, first + len(compiled.module.funcs))
    found = [i for i in every if compiled.func_name(i) == spec.removeprefix("$")]
    if not found and spec.isdecimal() and int(spec) in every:
        found = [int(spec)]
    if not found:
        export = compiled.exports.get(spec)
        found = [export.index] if export and export.kind == "func" and export.index in every else []
    if not found:
        raise GabagoolError(f"there is no function '{spec}' with instructions; "
                            "'gabagool objdump --headers' lists them")
    return Position(inst.index, found[0], compiled.lowered(found[0]).offset_at(0))


def free_name(program: str) -> Path:
    """PROG.gaba in the current directory, or PROG-1.gaba and so on: nothing is overwritten."""
    stem = os.path.splitext(program)[0] or "program"
    stem = stem.rstrip("0123456789").removesuffix("-") if "-" in stem else stem
    path, number = Path(f"{stem}.gaba"), 0
    while path.exists():
        number += 1
        path = Path(f"{stem}-{number}.gaba")
    return path
