"""What the user wants to be stopped by, or told of: breakpoints, watchpoints, catches, logs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from debugger.exchange import CommandError
from debugger.logpoint import Message
from debugger.targets import Target
from gabagool import Position
from gabagool.history.hits import Tally
from gabagool.native.nodes import Node
from gabagool.runtime.tapping import Code, Where

BREAK, WATCH, CATCH, LOG = "breakpoint", "watchpoint", "catchpoint", "logpoint"
WRITE, READ, ACCESS = ACCESSES = ("write", "read", "access")      # what a watchpoint stops at


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a breakpoint taps, with its condition and what is logged there. `reads`: its
    reads, not its writes."""

    where: Where
    check: Node | None = None
    values: tuple[Node, ...] = ()
    reads: bool = False


@dataclass(slots=True)
class Breakpoint:
    """One of them. `spec` is how it was asked for; `places` are instructions, if it has some.

    `hits` counts the stops it has made, in either direction. `ignore` hits are still passed over.
    `changed`: a watchpoint on changes only; `access` is which of ACCESSES it stops at. `commands`
    are run when it has stopped. `found` are its hits over the recording so far.
    """

    number: int
    kind: str
    spec: str
    parts: tuple[Part, ...]
    places: tuple[Position, ...] = ()
    target: Target | None = None
    message: Message | None = None
    condition: str = ""
    ignore: int = 0
    temporary: bool = False
    enabled: bool = True
    changed: bool = False
    access: str = WRITE
    commands: tuple[str, ...] = ()
    hits: int = 0
    found: Tally | None = field(default=None, repr=False)

    @property
    def place(self) -> Position | None:
        """The only instruction, if it is just one."""
        return self.places[0] if len(self.places) == 1 else None

    @property
    def plain(self) -> bool:
        """A breakpoint without more to it."""
        return self.kind == BREAK and not (self.condition or self.temporary or self.commands)


class Breakpoints:
    """By number; numbers are not used twice. At most one plain one at a place."""

    def __init__(self) -> None:
        self._by_number: dict[int, Breakpoint] = {}
        self._next = 1
        self.changed: Callable[[], None] = lambda: None       # told of every change

    def __iter__(self) -> Iterator[Breakpoint]:
        return iter(self._by_number.values())

    def __len__(self) -> int:
        return len(self._by_number)

    def at(self, place: Position) -> Breakpoint | None:
        """The one that stands at an instruction, first of all an enabled one."""
        found = [point for point in self if place in point.places]
        return min(found, key=lambda point: not point.enabled, default=None)

    def stopping(self) -> list[Breakpoint]:
        """Those that may stop a motion."""
        return [point for point in self if point.enabled and point.kind != LOG]

    def get(self, number: int) -> Breakpoint:
        if number not in self._by_number:
            known = ", ".join(map(str, self._by_number)) or "none"
            raise CommandError(f"there is no breakpoint {number} (breakpoints: {known})")
        return self._by_number[number]

    def add(self, point: Breakpoint) -> Breakpoint:
        """A new one, which gets its number; or the plain one that is there already, enabled."""
        same = next((p for p in self if p.plain and p.places == point.places), None)
        if point.plain and same is not None:
            same.enabled = True
            self.changed()
            return same
        point.number = self._next
        self._by_number[self._next] = point
        self._next += 1
        self.changed()
        return point

    def delete(self, number: int | None) -> None:
        """Delete one, or all if None."""
        if number is None:
            self._by_number.clear()
        else:
            del self._by_number[self.get(number).number]
        self.changed()

    def enable(self, number: int | None, enabled: bool) -> None:
        for point in list(self) if number is None else [self.get(number)]:
            point.enabled = enabled
        self.changed()


def with_places(parts: tuple[Part, ...]) -> tuple[Position, ...]:
    """The instructions that parts stand at."""
    return tuple(position for part in parts if isinstance(part.where, Code)
                 for position in part.where.positions)


def marker(point: Breakpoint) -> str:
    """How it shows at its lines: 'on', 'off', 'if' or 'log'."""
    if not point.enabled:
        return "off"
    if point.kind == LOG:
        return "log"
    return "if" if point.condition or point.ignore or point.temporary else "on"
