"""Capturing and restoring a machine with a memory of 20 MiB."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import count
from statistics import median

from gabagool import Func, Instance, Machine, Memory, Module, Store, snapshot
from gabagool.runtime.pages import PAGE
from tests.bench.report import Effort, Table, at_most, number
from tests.bench.timing import p95, wall

WASM_PAGE = 65536
MOST = 10.0                     # ms, the goal

# (module (memory (export "m") 0) (func (export "f") nop))
MODULE = bytes.fromhex(
    "0061736d01000000" "010401600000" "03020100" "0503010000"
    "070902016d0200" "01660000" "0a05010300010b")


def measure(effort: Effort, wasm_pages: int = 320, dirty: float = 0.01) -> Iterator[Table]:
    """A row for each operation."""
    bench = Bench(wasm_pages, dirty)
    first = 1e3 * wall(bench.machine.capture)
    rounds = 10 * effort.rounds
    times = {name: _repeat(prepare, work, rounds) for name, prepare, work in bench.operations()}
    rows = [("capture, the first", "1", number(first), "")]
    rows += [(name, str(rounds), number(median(t)), number(p95(t))) for name, t in times.items()]
    size = wasm_pages * WASM_PAGE >> 20
    title = f"Snapshots of {size} MiB, {len(bench.pages)} of {bench.count} pages dirty"
    goal = at_most("capture", median(times["capture"]), MOST, " ms")
    yield Table(title, ("operation", "times", "median ms", "p95 ms"), rows, (goal,))


def _repeat(prepare: Callable[[], object], work: Callable[[], object],
            rounds: int) -> list[float]:
    """Milliseconds of each `work`, with `prepare` done before it."""
    times = []
    for _ in range(rounds):
        prepare()
        times.append(1e3 * wall(work))
    return times


class Bench:
    """A machine at step 0, whose memory is changed from outside."""

    def __init__(self, wasm_pages: int, dirty: float) -> None:
        self.store = Store()
        exports = Instance(self.store, Module(MODULE)).exports(self.store)
        memory, func = exports["m"], exports["f"]
        assert isinstance(memory, Memory) and isinstance(func, Func)
        self.memory, self._values = memory, count(1)
        memory.grow(self.store, wasm_pages)
        size = memory.data_len(self.store)
        memory.write(self.store, random.Random(1).randbytes(size))
        self.count = size // PAGE
        self.pages = range(0, self.count, round(1 / dirty))
        self.machine: Machine = func.start(self.store)

    def touch(self) -> None:
        """Change eight bytes in every page of `pages`."""
        value = next(self._values).to_bytes(8, "little")
        for page in self.pages:
            self.memory.write(self.store, value, page * PAGE + 128)

    def operations(self) -> list[tuple[str, Callable[[], object], Callable[[], object]]]:
        """Name, what comes before it, and what is measured."""
        machine, here = self.machine, self.machine.capture()
        data = snapshot.dump(machine)
        return [
            ("capture", self.touch, machine.capture),
            ("capture, nothing dirty", machine.capture, machine.capture),
            ("restore", self.touch, lambda: machine.restore(here)),
            ("to the bytes of a file", lambda: None,
             lambda: snapshot.dump(machine)),
            ("from the bytes of a file", lambda: None,
             lambda: snapshot.load(data, machine)),
        ]
