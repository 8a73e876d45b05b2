"""What recording costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from statistics import median

from gabagool.history.recorder import Recorder
from tests.bench.kernels import BILLION, FOREVER, KERNELS, Kernel
from tests.bench.report import Effort, Table, at_most, number
from tests.bench.timing import busy, geometric_mean, interleaved, ratio

MOST = 1.25                     # the goal
PROGRAMS = (*KERNELS, BILLION)


def measure(effort: Effort, kernels: Sequence[Kernel] = PROGRAMS) -> Iterator[Table]:
    """A row for each kernel: the same run, in a fresh instance, with and without a recorder."""
    rows, ratios = [], []
    for kernel in kernels:
        kept: list[Recorder] = []
        times = interleaved({"plain": partial(_plain, kernel, effort.share),
                             "record": partial(_record, kernel, effort.share, kept)},
                            effort.rounds)
        ratios.append(ratio(times["record"], times["plain"]))
        recorder = kept[-1]
        rows.append((kernel.name(effort.share), f"{recorder.total:,}",
                     *(number(1e3 * median(times[name])) for name in ("plain", "record")),
                     number(ratios[-1]), str(len(recorder.retained())),
                     f"{recorder.interval >> 10:,} Ki", number(recorder.bytes / 2**20)))
    mean = geometric_mean(ratios)
    rows.append(("geometric mean", "", "", "", number(mean), "", "", ""))
    head = ("kernel", "steps", "plain ms", "recording ms", "ratio", "snapshots", "interval", "MiB")
    goals = (at_most("recording ÷ plain, geometric mean", mean, MOST),
             at_most("recording ÷ plain, worst", max(ratios), MOST))
    yield Table("Execution while recording", head, rows, goals)


def _plain(kernel: Kernel, share: float) -> float:
    machine = kernel.start(share)
    return busy(lambda: machine.run(FOREVER))


def _record(kernel: Kernel, share: float, kept: list[Recorder]) -> float:
    machine = kernel.start(share)
    kept.clear()                # the last recording's memory is free again

    def run() -> None:
        kept.append(Recorder(machine))
        kept[-1].record()

    return busy(run)
