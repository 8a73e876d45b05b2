"""Going about in a long recording: to random steps, and back to a breakpoint."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from statistics import median

from gabagool import Position
from gabagool.history.recorder import Recorder
from gabagool.history.search import BreakScan
from tests.bench.kernels import BILLION
from tests.bench.report import Effort, Table, at_most, number
from tests.bench.timing import p95, wall

SEEK, SIZE = 200.0, 128.0       # ms and MiB, the goals
SEEKS = 30                      # a round


def measure(effort: Effort) -> Iterator[Table]:
    """Records `billion`, then goes to random steps, then searches backwards."""
    machine = BILLION.start(effort.share)
    recorder = Recorder(machine)
    entry = machine.position
    assert entry is not None
    yield _recording(recorder, BILLION.name(effort.share))
    yield _seeking(recorder, SEEKS * effort.rounds)
    yield _searching(recorder, entry, effort.rounds)


def _recording(recorder: Recorder, name: str) -> Table:
    seconds = wall(recorder.record)
    rows = [(f"{recorder.total:,}", number(seconds), str(len(recorder.retained())),
             f"{recorder.interval:,}", number(recorder.bytes / 2**20))]
    goal = at_most("history", recorder.bytes / 2**20, SIZE, " MiB")
    return Table(f"The recording of {name}",
                 ("steps", "seconds", "snapshots", "interval", "MiB"), rows, (goal,))


def _seeking(recorder: Recorder, seeks: int) -> Table:
    chance = random.Random(1)
    times = []
    for _ in range(seeks):
        step = chance.randrange(recorder.total)
        times.append(1e3 * wall(partial(recorder.seek, step)))
        assert recorder.machine.step == step
    rows = [(f"{seeks}", number(median(times)), number(p95(times)), number(max(times)),
             number(recorder.bytes / 2**20))]
    goal = at_most("seek, p95", p95(times), SEEK, " ms")
    return Table("Seeks to random steps", ("seeks", "median ms", "p95 ms", "worst ms", "MiB after"),
                 rows, (goal,))


def _searching(recorder: Recorder, entry: Position, rounds: int) -> Table:
    """Reverse-continue from the end, as the debugger does it: a search, and a seek to the hit."""
    often = _hot(recorder)
    cases = (("hit near the end", often, 0, True), ("hit at step 0", entry, 0, True),
             ("no hit", entry, 1, False))
    rows = []
    for name, position, floor, hits in cases:
        times, found = [], None
        for _ in range(rounds):
            recorder.seek(recorder.total)
            seconds, found = _reverse_continue(recorder, position, floor)
            times.append(seconds)
        assert (found is not None) is hits
        back = recorder.total - (floor if found is None else found)
        rows.append((name, f"{back:,}", number(1e3 * median(times)),
                     number(back / median(times) / 1e6)))
    return Table("Reverse-continue from the end",
                 ("breakpoint", "steps back", "median ms", "million steps/s"), rows)


def _reverse_continue(recorder: Recorder, position: Position,
                      floor: int) -> tuple[float, int | None]:
    found: list[int | None] = []

    def work() -> None:
        found.append(recorder.search_back(recorder.total, BreakScan([position]), floor))
        if found[0] is not None:
            recorder.seek(found[0])

    return wall(work), found[0]


def _hot(recorder: Recorder) -> Position:
    """Where the machine stands in the middle of the recording: it comes by there often."""
    recorder.seek(recorder.total // 2)
    position = recorder.machine.position
    assert position is not None
    return position


