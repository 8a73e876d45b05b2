"""Finds the sequences worth a fused handler: `python -m tests.bench.fusions > sequences.txt`.

Counts what programs execute, then joins the most frequent neighbours again and again, as
byte-pair encoding does, until there are enough. The output is `gabagool/native/sequences.txt`.
"""

from __future__ import annotations

import argparse
import ctypes
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

from llvmlite import ir

from gabagool import Exit, Func, Linker, Module, Position, Store, Trap, WasiConfig
from gabagool.isa import FORM_NUMBER, FORMS
from gabagool.isa.row import CONTROL, SERVICE
from gabagool.native.emitter import Emitter
from gabagool.native.handlers import STOPS, new_handler, new_stop
from gabagool.native.ir_types import FusionError
from gabagool.runtime.entities import FuncInst
from gabagool.runtime.threaded import ARENA

PROGRAMS = Path(__file__).parents[2] / "programs"
LONGEST = 8
# (program, export or None for _start, arguments)
RUNS: list[tuple[str, str | None, list[str]]] = [
    ("collatz", "collatz", ["3000"]), ("fib", "fib", ["22"]), ("fib", "fib64", ["20"]),
    ("sieve", "sieve", ["100000"]), ("sha256", "bench", ["1"]), ("nbody", "nbody", ["1000"]),
    ("stackvm", "run", ["2000"]), ("quicksort", "sort_test", ["3000"]),
    ("matmul", "matmul", ["60"]), ("billion", "billion", ["20000"]), ("life", None, ["5"]),
    ("mandelbrot", None, []), ("readfile", None, []), ("corruption", None, []),
]

Run = tuple[tuple[str, ...], int]    # forms in a row, executions


def straight_runs(path: Path, export: str | None, args: list[str]) -> list[Run]:
    """What one run of a program executed, cut where control flow goes elsewhere."""
    called = [f.funcidx for f in _execute(path, export, args, [])]   # tells what gets called
    runs: list[Run] = []
    for func in _execute(path, export, args, called):
        lowered, store = func.lowered, func.instance
        assert lowered is not None and store is not None
        names = [FORMS[lowered.form_number(at)].name for at in lowered.words]
        runs += _cut(names, _counts(func))
    return runs


def _counts(func: FuncInst) -> list[int]:
    """Executions per word, from the probes' shadows."""
    assert func.lowered is not None
    shadow = func.base + ARENA + 8
    return [ctypes.c_uint64.from_address(shadow + at).value for at in func.lowered.words]


def _cut(names: list[str], numbers: list[int]) -> list[Run]:
    runs: list[Run] = []
    current: list[str] = []
    for i, name in enumerate(names):
        if current and numbers[i] != numbers[i - 1]:
            runs.append((tuple(current), numbers[i - 1]))
            current = []
        current.append(name)
        if FORMS[FORM_NUMBER[name]].kind in (CONTROL, SERVICE):
            runs.append((tuple(current), numbers[i]))
            current = []
    if current:
        runs.append((tuple(current), numbers[-1]))
    return [(names, count) for names, count in runs if count and len(names) > 1]


_alive: list[Store] = []     # counts are read from a store's arena after the run


def _execute(path: Path, export: str | None, args: list[str],
             probed: list[int]) -> list[FuncInst]:
    """Run a program with every instruction of the functions `probed` counted."""
    store = Store()
    _alive.append(store)
    linker = Linker(store)
    linker.define_wasi(WasiConfig(args=(path.name, *args), stdout=len, stderr=len,
                                  env={"PYTHONHASHSEED": "0"}))
    instance = linker.instantiate(Module.from_file(path, lazy=True))
    func = instance.exports(store)[export or "_start"]
    assert isinstance(func, Func)
    machine = func.start(store, *(map(int, args) if export else ()))
    wanted = [store.inner.funcs[instance.inst.funcs[i]] for i in probed]
    for f in wanted:
        if not f.base:
            store.inner.thread(f)
    machine.set_probes(_positions(wanted))
    machine.run(1 << 60)
    return [f for f in store.inner.funcs if f.lowered is not None]


def _positions(funcs: list[FuncInst]) -> list[Position]:
    return [Position(f.instance.index, f.funcidx, f.lowered.offset_at(at))
            for f in funcs if f.lowered is not None and f.instance is not None
            for at in f.lowered.words if FORMS[f.lowered.form_number(at)].steps]


class Checker:
    """Asks the emitter whether a sequence can be one handler."""

    def __init__(self) -> None:
        self._module = ir.Module()
        self._stops = {name: new_stop(self._module, name, r) for name, r in STOPS.items()}
        self._plain = new_handler(self._module, "plain")
        self._known: dict[tuple[str, ...], bool] = {}

    def __call__(self, names: tuple[str, ...]) -> bool:
        if names not in self._known:
            self._known[names] = self._try(names)
        return self._known[names]

    def _try(self, names: tuple[str, ...]) -> bool:
        forms = [FORMS[FORM_NUMBER[n]] for n in names]
        if len(names) > LONGEST or not forms[0].fields or forms[0].fields[0][0] != "slot":
            return False
        function = new_handler(self._module, f"try{len(self._known)}")
        try:
            Emitter(function, forms, self._plain, self._stops).build()
        except FusionError:
            return False
        return True


def choose(runs: list[tuple[list[tuple[str, ...]], float]], wanted: int) -> list[tuple[str, ...]]:
    """Join the heaviest neighbours until `wanted` sequences are chosen."""
    fusable = Checker()
    chosen: list[tuple[str, ...]] = []
    tiled = [(list(tiles), weight) for tiles, weight in runs]
    while len(chosen) < wanted:
        pairs: Counter[tuple[tuple[str, ...], tuple[str, ...]]] = Counter()
        for tiles, weight in tiled:
            for left, right in pairwise(tiles):
                pairs[left, right] += weight
        best = next((p for p, _ in pairs.most_common() if fusable(p[0] + p[1])), None)
        if best is None:
            break
        joined = best[0] + best[1]
        if joined not in chosen:
            chosen.append(joined)
        for tiles, _ in tiled:
            _join(tiles, best, joined)
    return chosen


def _join(tiles: list[tuple[str, ...]], pair: tuple[tuple[str, ...], tuple[str, ...]],
          joined: tuple[str, ...]) -> None:
    i = 0
    while i + 1 < len(tiles):
        if (tiles[i], tiles[i + 1]) == pair:
            tiles[i:i + 2] = [joined]
        i += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=280)
    parser.add_argument("--also", action="append", default=[], metavar="PROG.wasm,ARG…",
                        help="another WASI program to count, with twice the weight")
    options = parser.parse_args()
    sources = [(PROGRAMS / f"{name}.wasm", export, args, 1.0) for name, export, args in RUNS]
    for text in options.also:
        path, *args = text.split(",")
        sources.append((Path(path), None, args, 3.0))
    runs: list[tuple[list[tuple[str, ...]], float]] = []
    for path, export, args, share in sources:
        try:
            found = straight_runs(path, export, args)
        except (Exit, Trap) as end:
            sys.exit(f"{path}: {end}")
        total = sum(len(names) * count for names, count in found)
        print(f"{path.name}: {total} steps in {len(found)} runs", file=sys.stderr)
        runs += [([(n,) for n in names], share * count / total) for names, count in found]
    for sequence in choose(runs, options.count):
        print("|".join(sequence))


if __name__ == "__main__":
    main()
