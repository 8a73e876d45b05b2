"""From the command to the result: the first time ever, and every time after."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

from tests.bench.kernels import PROGRAMS
from tests.bench.report import Effort, Table, at_most, number
from tests.bench.timing import wall

COLD, WARM = 3.0, 0.5           # s, the goals

RUN = f"""
from gabagool import Instance, Module, Store
store = Store()
instance = Instance(store, Module.from_file({str(PROGRAMS / "fib.wasm")!r}))
assert instance.exports(store)["fib"](store, 10) == 55
"""


def measure(effort: Effort) -> Iterator[Table]:
    """Rows: Python alone, with an empty cache of native code, with a full one."""
    times: dict[str, list[float]] = {"Python alone": [], "empty cache": [], "cache": []}
    for _ in range(effort.rounds):
        with tempfile.TemporaryDirectory() as cache:
            environment = {**os.environ, "GABAGOOL_CACHE": cache}
            times["empty cache"].append(_run(RUN, environment))
            await_handlers(Path(cache))
            times["cache"].append(_run(RUN, environment))
            times["Python alone"].append(_run("pass", environment))
    rows = [(name, str(len(t)), number(median(t)), number(max(t))) for name, t in times.items()]
    goals = (at_most("first use", median(times["empty cache"]), COLD, " s"),
             at_most("later use", median(times["cache"]), WARM, " s"))
    yield Table("Start-up: process, import, native code, fib(10)",
                ("with", "times", "median s", "worst s"), rows, goals)


def await_handlers(cache: Path) -> None:
    """The worker that builds the best handlers goes on behind a first run; wait for its end."""
    while list(cache.glob("*.lock")) or not list(cache.glob("handlers-*.bin")):
        time.sleep(0.05)


def _run(code: str, environment: Mapping[str, str]) -> float:
    return wall(lambda: subprocess.run([sys.executable, "-c", code], env=environment, check=True))
