"""From a key to the screen that shows what it did, in the real app."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from debugger.session import Session
from tests.bench.kernels import PROGRAMS
from tests.bench.report import Effort, Row, Table, at_most, number
from tests.bench.timing import p95
from tests.debugger.app.driving import Driven, driven

MOST = 60.0                     # ms, the goal
PRESSES = 60                    # of each key
WAYS = {"s": 1, "S": -1}
_PATIENCE = 10.0                # s


@dataclass(frozen=True)
class Case:
    """Keys pressed at a share of a program's recording, or at its start, not recorded (None)."""

    program: str
    invoke: str | None
    args: tuple[str, ...]
    at: float | None
    keys: tuple[str, ...]


CASES = (
    Case("corruption", None, (), 0.5, ("s", "S")),
    Case("fib", "fib", ("20",), None, ("s",)),
)


def measure(effort: Effort, cases: Sequence[Case] = CASES) -> Iterator[Table]:
    """A row for each case and key."""
    rows: list[Row] = []
    worst = 0.0
    for case in cases:
        for key, times in asyncio.run(_drive(case, max(2, round(PRESSES * effort.share)))).items():
            where = "recording" if case.at is None else "recorded"
            rows.append((f"{case.program}, {where}: {key}", str(len(times)),
                         number(median(times)), number(p95(times)), number(max(times))))
            worst = max(worst, p95(times))
    goal = at_most("step key to paint, worst p95", worst, MOST, " ms")
    yield Table("Key to paint, 120x40", ("key", "times", "median ms", "p95 ms", "worst ms"),
                rows, (goal,), ("s steps forward, S steps back",))


async def _drive(case: Case, presses: int) -> dict[str, list[float]]:
    session = Session.open(PROGRAMS / f"{case.program}.wasm", invoke=case.invoke, args=case.args)
    try:
        if case.at is not None:
            session.run_to_end()
            session.goto(int(session.total * case.at))
        async with driven(session) as it:
            watch = PaintWatch(it)
            return {key: [await watch.time(key, session.cursor + WAYS[key])
                          for _ in range(presses)] for key in case.keys}
    finally:
        session.close()


class PaintWatch:
    """Renders what the app paints as for a terminal (headless it would not), and looks at it."""

    def __init__(self, it: Driven) -> None:
        self._it = it
        self._wanted = ""
        self._painted = asyncio.Event()
        self._at = 0.0
        self._display = it.app._display
        it.app._display = self._paint  # type: ignore

    async def time(self, key: str, step: int) -> float:
        """Milliseconds from the key to the paint in which the header shows `step`."""
        self._wanted = f"step {step:,} of"
        self._painted.clear()
        start = time.perf_counter()
        await self._it.pilot.press(key)
        await asyncio.wait_for(self._painted.wait(), _PATIENCE)
        await self._it.rest()
        return 1e3 * (self._at - start)

    def _paint(self, screen: Any, update: Any) -> None:
        self._display(screen, update)
        if not hasattr(update, "render_segments"):
            return
        text = update.render_segments(self._it.app.console)
        if self._wanted and self._wanted in text:
            self._at, self._wanted = time.perf_counter(), ""
            self._painted.set()
