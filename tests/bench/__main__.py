"""Measures gabagool, and others beside it: `python -m tests.bench [--quick] [SECTION…]`."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Sequence

from gabagool.native.engine import native
from tests.bench import (
    cpython,
    opening,
    painting,
    plain,
    recording,
    seeking,
    snapshots,
    startup,
    suspending,
)
from tests.bench.report import FULL, QUICK, Effort, Goal, Section, show

SECTIONS: dict[str, Section] = {
    "plain": plain.measure,
    "recording": recording.measure,
    "snapshots": snapshots.measure,
    "seeking": seeking.measure,
    "suspending": suspending.measure,
    "painting": painting.measure,
    "opening": opening.measure,
    "startup": startup.measure,
    "cpython": cpython.measure,
}


def run(names: list[str], effort: Effort) -> list[Goal]:
    """Measures and prints sections; returns all their goals."""
    goals: list[Goal] = []
    for name in names:
        for table in SECTIONS[name](effort):
            print(show(table), flush=True)
            goals += table.goals
    return goals


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything: under a minute")
    parser.add_argument("sections", nargs="*", metavar="SECTION",
                        help=f"what to measure, by default all: {', '.join(SECTIONS)}")
    options = parser.parse_args(words)
    unknown = [name for name in options.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"there is no section {unknown[0]}, but {', '.join(SECTIONS)}")
    native(best=True)       # on a computer that has none yet, code gets faster meanwhile
    print(_computer(), end="\n\n")
    goals = run(options.sections or list(SECTIONS), QUICK if options.quick else FULL)
    print(f"{sum(goal.met is True for goal in goals)} of {len(goals)} goals reached")


def _computer() -> str:
    """Where this runs, and how busy it is with other things."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (f"{platform.python_implementation()} {platform.python_version()}, "
            f"{platform.machine()}, {os.cpu_count()} processors{load}")


if __name__ == "__main__":
    main()
