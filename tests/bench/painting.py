"""From a key to the screen that shows what it did, in the real app, and from a dragging mouse."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from textual import events
from wasmtime import wat2wasm

from debugger.session import Session
from debugger.widgets.timeline import Timeline
from tests.bench.kernels import BILLION, PROGRAMS, linear
from tests.bench.report import Effort, Row, Table, at_most, number
from tests.bench.timing import p95
from tests.debugger import extremes
from tests.debugger.app.driving import Driven, driven

MOST = 60.0                     # ms, the goal
PRESSES = 60                    # of each key
WAYS = {"s": 1, "S": -1}
_PATIENCE = 60.0                # s
_MOVES = 3                      # of the mouse, for each press of a key
_LEFT = 20                      # the first cell that a drag passes over

Argument = Callable[[float], int]


@dataclass(frozen=True)
class Case:
    """Keys pressed at a share of a program's recording, or at its start, not recorded (None).

    `program` is one of the repository's, or has a module's `text`; `argument` is by the share of
    the whole work. `drags` says that the timeline is to be dragged, too.
    """

    program: str
    invoke: str | None
    argument: Argument | None
    at: float | None
    keys: tuple[str, ...]
    text: str = ""
    drags: bool = False


BOTH = ("s", "S")
CASES = (
    Case("corruption", None, None, 0.5, BOTH),
    Case("billion", "billion", BILLION.argument, 0.5, BOTH, drags=True),
    Case("20,000 instructions", "run", None, 0.5, BOTH, extremes.long_function(20_000)),
    Case("100,000 frames", "run", linear(100_000), 0.5, BOTH, extremes.deep_stack()),
    Case("names of 10,000 letters", "run", linear(1000), 0.5, BOTH, extremes.long_names()),
    Case("200,000 lines printed", "run", linear(200_000), 0.5, BOTH, extremes.many_events(),
         drags=True),
    Case("fib", "fib", lambda _share: 20, None, ("s",)),
)


def measure(effort: Effort, cases: Sequence[Case] = CASES) -> Iterator[Table]:
    """A row for each case and key, and for each drag."""
    rows: list[Row] = []
    worst = 0.0
    for case in cases:
        for what, times in asyncio.run(_drive(case, effort)).items():
            where = "recording" if case.at is None else "recorded"
            rows.append((f"{case.program}, {where}: {what}", str(len(times)),
                         number(median(times)), number(p95(times)), number(max(times))))
            worst = max(worst, p95(times))
    goal = at_most("key or mouse to paint, worst p95", worst, MOST, " ms")
    yield Table("Key to paint, 120x40", ("key", "times", "median ms", "p95 ms", "worst ms"),
                rows, (goal,), ("s steps forward, S steps back; a drag previews",))


async def _drive(case: Case, effort: Effort) -> dict[str, list[float]]:
    presses = max(2, round(PRESSES * effort.share))
    with tempfile.TemporaryDirectory() as folder:
        path = PROGRAMS / f"{case.program}.wasm"
        if case.text:
            path = Path(folder) / "program.wasm"
            path.write_bytes(wat2wasm(case.text))
        args = () if case.argument is None else (str(case.argument(effort.share)),)
        with Session.open(path, invoke=case.invoke, args=args) as session:
            if case.at is not None:
                session.run_to_end()
                session.goto(int(session.total * case.at))
            async with driven(session) as it:
                watch = PaintWatch(it)
                found = {key: [await watch.key(key, session.cursor + WAYS[key])
                               for _ in range(presses)] for key in case.keys}
                if case.drags:
                    found["drag"] = await watch.drag(_MOVES * presses)
                return found


class PaintWatch:
    """Renders what the app paints as for a terminal (headless it would not), and looks at it."""

    def __init__(self, it: Driven) -> None:
        self._it = it
        self._wanted = ""
        self._painted = asyncio.Event()
        self._at = 0.0
        self._display = it.app._display
        it.app._display = self._paint  # type: ignore

    async def key(self, key: str, step: int) -> float:
        """Milliseconds from the key to the paint in which the header shows `step`."""
        start = self._await(f"step {step:,} of")
        await self._it.pilot.press(key)
        taken = await self._passed(start)
        await self._it.rest()
        return taken

    async def drag(self, moves: int) -> list[float]:
        """Milliseconds from each move of a mouse that drags the timeline to the paint in which
        the header asks where it is to go. It never rests: nothing is sought before it is let go.
        """
        pane, times = self._it.pane(Timeline), []
        left, row = pane.content_region.x + _LEFT, pane.content_region.y + 1
        self._mouse(events.MouseDown, left, row)
        await self._it.pilot.pause()
        for move in range(1, moves + 1):
            cell = _LEFT + move % (pane.cells - _LEFT)
            wanted = pane._step_at(cell, 1)
            start = self._await(f"to step {wanted:,}?")
            self._mouse(events.MouseMove, pane.content_region.x + cell, row)
            times.append(await self._passed(start))
        self._mouse(events.MouseUp, left, row)
        await self._it.rest()
        return times

    def _mouse(self, kind: type[events.MouseEvent], x: int, y: int) -> None:
        """As a terminal's driver tells of it."""
        self._it.app.post_message(kind(None, x, y, 0, 0, 1, False, False, False, x, y))

    def _await(self, text: str) -> float:
        self._wanted = text
        self._painted.clear()
        return time.perf_counter()

    async def _passed(self, start: float) -> float:
        await asyncio.wait_for(self._painted.wait(), _PATIENCE)
        return 1e3 * (self._at - start)

    def _paint(self, screen: Any, update: Any) -> None:
        self._display(screen, update)
        if not hasattr(update, "render_segments"):
            return
        text = update.render_segments(self._it.app.console)
        if self._wanted and self._wanted in text:
            self._at, self._wanted = time.perf_counter(), ""
            self._painted.set()
