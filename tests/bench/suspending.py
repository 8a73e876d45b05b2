"""CPython as a file: suspended, resumed, forked; recorded, and gone about in."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

from gabagool import (
    Child,
    Func,
    Linker,
    Machine,
    Module,
    Store,
    WasiConfig,
    fork,
    open_recording,
    resume,
    save_recording,
    snapshot,
    suspend,
)
from gabagool.history.recorder import Recorder
from tests.bench.kernels import FOREVER
from tests.bench.report import Effort, Goal, Row, Table, at_most, number
from tests.bench.timing import busy, interleaved, p95, ratio, wall
from tests.packaged import ENVIRONMENT, MISSING, cpython

SUSPEND, RESUME, FORK = 50.0, 100.0, 5.0        # ms, the goals
SMALL = 0.5                     # of the memory, the file without the module
OVERHEAD, SEEK = 1.25, 200.0    # recording ÷ plain; ms
SEEKS = 20                      # a round
MIDDLE = 200_000_000            # steps: the interpreter has started
_SCRIPT = "print(1)"
_HEAD = ("operation", "times", "median ms", "p95 ms", "processor ms", "bytes")


def measure(effort: Effort) -> Iterator[Table]:
    """Tables of files and of a recording; a note where CPython isn't installed."""
    path = cpython()
    if path is None:
        yield Table("CPython suspended", _HEAD, (), (Goal(MISSING, None),))
        return
    with tempfile.TemporaryDirectory() as folder:
        yield _files(path, Path(folder), effort)
        yield from _recording(path, Path(folder), effort)


def begun(module: Module) -> Machine:
    """CPython before its first step; what it prints goes nowhere."""
    store = Store()
    linker = Linker(store)
    linker.define_wasi(WasiConfig(args=("python", "-c", _SCRIPT), env=ENVIRONMENT, stdin=None,
                                  stdout=None, stderr=None, realtime=10**18, seed=1))
    func = linker.instantiate(module).exports(store)["_start"]
    assert isinstance(func, Func)
    store.machine.start(func.inst.addr, [])
    return store.machine


def _files(path: Path, folder: Path, effort: Effort) -> Table:
    module = Module.from_file(path, lazy=True)
    machine = begun(module)
    machine.run(round(MIDDLE * min(1.0, effort.share * 3)))
    whole, state = folder / "whole.gaba", folder / "state.gaba"
    quiet = WasiConfig(stdin=None, stdout=None, stderr=None)

    def first_step(file: Path, modules: list[Module]) -> None:
        again = resume(file, wasi=quiet, modules=modules).machine
        again.run(again.step + 1)

    # The module is compressed once a process, in the background of a run that asks for snapshots.
    snapshot.packed(module.compiled)
    work: dict[str, tuple[Callable[[], object], Path | None]] = {
        "suspend": (partial(suspend, machine, whole), whole),
        "suspend, without the module": (partial(suspend, machine, state, modules=False), state),
        "resume": (partial(first_step, whole, []), None),
        "resume, its module in memory": (partial(first_step, state, [module]), None),
        "fork in this process": (machine.fork, None),
        "fork a process": (lambda: _fork(machine), None)}
    times = {name: [_both(call) for _ in range(3 * effort.rounds)]
             for name, (call, _) in work.items()}
    while _children:
        _children.pop().wait()
    rows: list[Row] = []
    medians: dict[str, float] = {}
    for name, (_, file) in work.items():
        size = f"{file.stat().st_size:,}" if file else ""
        walls, used = zip(*times[name], strict=True)
        medians[name] = median(used)
        rows.append((name, str(len(walls)), number(median(walls)), number(p95(walls)),
                     number(medians[name]), size))
    memory = machine.store.memories[0].size
    rows.append(("its memory", "", "", "", "", f"{memory:,}"))
    goals = (at_most("suspend", medians["suspend"], SUSPEND, " ms"),
             at_most("resume to the first instruction", medians["resume"], RESUME, " ms"),
             at_most("fork in this process", medians["fork in this process"], FORK, " ms"),
             at_most("state ÷ memory", state.stat().st_size / memory, SMALL))
    return Table(f"CPython suspended at step {machine.step:,}", _HEAD, rows, goals,
                 ("goals are for processor time, which other programs don't disturb",))


def _both(call: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds by the clock and of the processor."""
    used: list[float] = []
    total = wall(lambda: used.append(busy(call)))
    return 1e3 * total, 1e3 * used[0]


def _fork(machine: Machine) -> None:
    """Until the parent goes on; the child ends at once."""
    _children.extend(fork(machine, 1, lambda _machine, _number: 0))


_children: list[Child] = []


def _recording(path: Path, folder: Path, effort: Effort) -> Iterator[Table]:
    module = Module.from_file(path, lazy=True)
    end = round(FOREVER if effort.share >= 0.1 else 20_000_000)
    begun(module).run(end)                     # every function is lowered
    kept: list[tuple[Recorder, Machine]] = []

    def plain() -> float:
        machine = begun(module)
        return busy(lambda: machine.run(end))

    def record() -> float:
        machine = begun(module)
        kept.clear()

        def run() -> None:
            recorder = Recorder(machine)
            kept.append((recorder, machine))
            recorder.record(None if end == FOREVER else end)

        return busy(run)

    times = interleaved({"plain": plain, "record": record}, effort.rounds)
    recorder, machine = kept[0]
    file = folder / "r.gaba"
    saving = wall(lambda: save_recording(recorder, machine, file))
    opening = [1e3 * wall(lambda: open_recording(file).close()) for _ in range(effort.rounds)]
    overhead = ratio(times["record"], times["plain"])
    rows = [(f"{recorder.total:,}", number(1e3 * median(times["plain"])),
             number(1e3 * median(times["record"])), number(overhead), number(1e3 * saving),
             f"{file.stat().st_size:,}", number(median(opening)))]
    yield Table("A recording of CPython", ("steps", "plain ms", "recording ms", "ratio", "save ms",
                                           "bytes", "open ms"), rows,
                (at_most("recording CPython ÷ plain", overhead, OVERHEAD),))
    yield _seeks(recorder, file, effort)


def _seeks(recorder: Recorder, file: Path, effort: Effort) -> Table:
    opened = open_recording(file)
    rows, ends = [], {}
    for name, each in (("where it was made", recorder), ("from its file", opened.playback)):
        chance = random.Random(1)
        times = [1e3 * wall(partial(each.seek, chance.randrange(each.total)))
                 for _ in range(SEEKS * effort.rounds)]
        ends[name] = p95(times)
        rows.append((name, str(len(times)), number(median(times)), number(p95(times)),
                     number(max(times))))
    opened.close()
    return Table("Seeks in the recording of CPython",
                 ("recording", "seeks", "median ms", "p95 ms", "worst ms"), rows,
                 tuple(at_most(f"seek {name}, p95", value, SEEK, " ms")
                       for name, value in ends.items()))
