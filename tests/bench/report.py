"""What a section has measured, and how it looks on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

Row = tuple[str, ...]


@dataclass(frozen=True)
class Effort:
    """How much to measure: `share` scales the work of a run, `rounds` the number of runs."""

    share: float
    rounds: int


FULL = Effort(1.0, 7)
QUICK = Effort(0.4, 3)
TINY = Effort(0.001, 1)     # to see that the benchmarks still work


@dataclass(frozen=True)
class Goal:
    """What a number should be. `met` is None where it couldn't be measured."""

    text: str
    met: bool | None


@dataclass(frozen=True)
class Table:
    """One section: rows under a head, then goals and notes."""

    title: str
    head: Row
    rows: Sequence[Row]
    goals: tuple[Goal, ...] = ()
    notes: tuple[str, ...] = ()


Section = Callable[[Effort], Iterable[Table]]


def at_most(what: str, value: float, limit: float, unit: str = "") -> Goal:
    """The goal `value` ≤ `limit`."""
    return _goal(f"{what}: {number(value)}{unit}, goal ≤ {number(limit)}{unit}", value / limit)


def at_least(what: str, value: float, limit: float, unit: str = "") -> Goal:
    """The goal `value` ≥ `limit`."""
    return _goal(f"{what}: {number(value)}{unit}, goal ≥ {number(limit)}{unit}", limit / value)


def _goal(text: str, excess: float) -> Goal:
    missed = f" (by {100 * (excess - 1):.0f} %)" if excess > 1 else ""
    return Goal(text + missed, not missed)


def number(value: float) -> str:
    """Three significant digits, and no more zeros than it takes."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def show(table: Table) -> str:
    """The table as text; the first column is on the left, numbers are on the right."""
    lines = [table.head, *table.rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(table.head))]
    text = [table.title, "=" * len(table.title)]
    for line in lines:
        first, *rest = (cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        text.append("  ".join([line[0].ljust(len(first)), *rest]).rstrip())
    text += [f"{_VERDICTS[goal.met]} {goal.text}" for goal in table.goals]
    text += [f"- {note}" for note in table.notes]
    return "\n".join(text) + "\n"


_VERDICTS = {True: "[reached]", False: "[MISSED] ", None: "[unknown]"}
