"""Measuring: side by side in one run, so that what else the computer does hurts all alike."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median, quantiles
from typing import Any


def wall(call: Callable[[], Any]) -> float:
    """Seconds that a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def busy(call: Callable[[], Any]) -> float:
    """Processor seconds that a call takes: not disturbed by programs that take turns with it."""
    start = time.process_time()
    call()
    return time.process_time() - start


def interleaved(runs: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """A, B, A, B …: each of `runs` does its work and returns what it measured."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            times[name].append(run())
    return times


def ratio(times: Sequence[float], others: Sequence[float]) -> float:
    """The median over the rounds: neighbours in time are compared with each other."""
    return median(a / b for a, b in zip(times, others, strict=True))


def p95(values: Sequence[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def geometric_mean(values: Iterable[float]) -> float:
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs))
