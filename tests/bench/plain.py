"""Plain execution, against other engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

from tests.bench.engines import GABAGOOL, INSTALL, OTHERS, Call, Engine
from tests.bench.kernels import KERNELS, Kernel
from tests.bench.report import Effort, Goal, Row, Table, at_least, number
from tests.bench.timing import busy, geometric_mean, interleaved, ratio

WASM3, PWASM = 0.45, 8.0        # the goals


@dataclass(frozen=True)
class Measured:
    """Nanoseconds per step of one kernel, one number each round."""

    kernel: str
    steps: int
    times: dict[str, list[float]]

    def faster(self, than: str) -> float:
        """How many times as fast gabagool is."""
        return ratio(self.times[than], self.times[GABAGOOL.name])


def measure(effort: Effort, kernels: Sequence[Kernel] = KERNELS) -> Iterator[Table]:
    """A row for each kernel: steps per second, and gabagool's speed over each other engine's."""
    here, missing = _installed()
    results = [_measure(kernel, here, effort) for kernel in kernels]
    others = [engine.name for engine in here if engine is not GABAGOOL]
    means = {name: geometric_mean(r.faster(name) for r in results) for name in others}
    blank = [""] * (1 + len(here))
    rows = [_row(result, here, others) for result in results]
    rows.append(("geometric mean", *blank, *(number(means[name]) for name in others)))
    head = ("kernel", "steps", *(e.name for e in here), *(f"÷ {name}" for name in others))
    notes = ["in millions of steps per second; then gabagool's speed divided by the other's"]
    notes += [f"{name} is not installed: {INSTALL}" for name in missing]
    yield Table("Plain execution", head, rows, _goals(means), tuple(notes))


def _installed() -> tuple[list[Engine], list[str]]:
    here, missing = [GABAGOOL], []
    for engine in OTHERS:
        try:
            engine.prepare(KERNELS[0])
            here.append(engine)
        except ImportError:
            missing.append(engine.name)
    return here, missing


def _measure(kernel: Kernel, engines: Sequence[Engine], effort: Effort) -> Measured:
    shares = {engine.name: effort.share / engine.slower for engine in engines}
    steps = {share: kernel.steps(share) for share in set(shares.values())}
    expected = {share: GABAGOOL.prepare(kernel)(kernel.argument(share)) for share in steps}
    runs: dict[str, Callable[[], float]] = {}
    for engine in engines:
        share = shares[engine.name]
        argument, call = kernel.argument(share), engine.prepare(kernel)
        result = call(argument)             # compiles, too
        if result != expected[share]:
            raise RuntimeError(f"{engine.name}: {kernel.name(share)} is {result}, "
                               f"not {expected[share]}")
        runs[engine.name] = partial(_nanoseconds, call, argument, steps[share])
    times = interleaved(runs, effort.rounds)
    return Measured(kernel.name(effort.share), steps[effort.share], times)


def _nanoseconds(call: Call, argument: int, steps: int) -> float:
    return 1e9 * busy(partial(call, argument)) / steps


def _row(result: Measured, engines: Sequence[Engine], others: Sequence[str]) -> Row:
    speeds = (number(1e3 / median(result.times[engine.name])) for engine in engines)
    return (result.kernel, f"{result.steps:,}", *speeds,
            *(number(result.faster(name)) for name in others))


def _goals(means: dict[str, float]) -> tuple[Goal, ...]:
    goals = []
    for name, least in (("wasm3", WASM3), ("pwasm", PWASM)):
        what = f"speed ÷ {name}'s, geometric mean"
        goals.append(at_least(what, means[name], least) if name in means
                     else Goal(f"{what}: not measured, goal ≥ {number(least)}", None))
    return tuple(goals)
