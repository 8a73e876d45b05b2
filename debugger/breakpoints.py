"""The list of breakpoints: numbers, places, on or off, and how often each has stopped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from debugger.exchange import CommandError
from gabagool import Position


@dataclass(slots=True)
class Breakpoint:
    """One breakpoint. `hits` counts the stops it has made, in either direction."""

    number: int
    place: Position
    enabled: bool = True
    hits: int = 0


class Breakpoints:
    """Breakpoints by number, at most one at a place; numbers are not used twice."""

    def __init__(self) -> None:
        self._by_number: dict[int, Breakpoint] = {}
        self._next = 1

    def __iter__(self) -> Iterator[Breakpoint]:
        return iter(self._by_number.values())

    def at(self, place: Position) -> Breakpoint | None:
        return next((point for point in self if point.place == place), None)

    def hit(self, place: Position) -> None:
        """Count a stop at a place."""
        point = self.at(place)
        if point is not None:
            point.hits += 1

    def number_at(self, place: Position | None) -> int:
        """The number of the breakpoint at a place; 0 if there is none."""
        point = None if place is None else self.at(place)
        return 0 if point is None else point.number

    def enabled(self) -> set[Position]:
        return {point.place for point in self if point.enabled}

    def get(self, number: int) -> Breakpoint:
        if number not in self._by_number:
            known = ", ".join(map(str, self._by_number)) or "none"
            raise CommandError(f"there is no breakpoint {number} (breakpoints: {known})")
        return self._by_number[number]

    def add(self, place: Position) -> Breakpoint:
        """A new breakpoint, or the one that is there already, enabled."""
        point = self.at(place)
        if point is None:
            point = Breakpoint(self._next, place)
            self._by_number[self._next] = point
            self._next += 1
        point.enabled = True
        return point

    def delete(self, number: int | None) -> None:
        """Delete one, or all if None."""
        if number is None:
            self._by_number.clear()
        else:
            del self._by_number[self.get(number).number]

    def enable(self, number: int | None, enabled: bool) -> None:
        for point in list(self) if number is None else [self.get(number)]:
            point.enabled = enabled
