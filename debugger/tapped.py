"""Breakpoints as what a machine can see: the taps that each of them needs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from debugger.breakpoints import WATCH, Breakpoint
from debugger.run import Run
from gabagool.runtime.tapping import Code, Exceptions, Forms, Hit, TapSpec

Tapped = tuple[Breakpoint, TapSpec]


@dataclass(frozen=True, slots=True)
class Reached:
    """The breakpoint that has stopped a motion, and what it has seen."""

    point: Breakpoint
    hit: Hit | None = None


def tapped(point: Breakpoint, run: Run) -> list[Tapped]:
    """The taps of a breakpoint, which see all that it sees."""
    after, until = -1, 1 << 62
    life = point.target.life if point.target else None
    if life is not None:
        life.follow(run)
        after, until = life.first - 1, until if life.last is None else life.last
    return [(point, TapSpec(part.where, point.kind == WATCH and point.changed, part.check,
                            part.values, after=after, until=until, logged=False,
                            group=point.number, reads=part.reads))
            for part in point.parts]


def noticed_first(spec: TapSpec) -> bool:
    """Whether a tap is noticed as soon as its instruction is reached, before it does anything."""
    return isinstance(spec.where, Code | Forms | Exceptions)


def narrowed(spec: TapSpec, after: int, stop: bool = False, ignore: int = 0,
          logged: bool = True) -> TapSpec:
    """The same tap, for steps beyond `after`."""
    return replace(spec, stop=stop, ignore=ignore, after=max(after, spec.after), logged=logged)
