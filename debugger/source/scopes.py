"""What code belongs to: source functions, what was inlined into them, and blocks with variables."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from elftools.dwarf.die import DIE

from debugger.source.demangle import base_name, demangled
from debugger.source.entries import number, origins, tag_number, text
from debugger.source.skim import Entry
from debugger.source.unit import Range, Unit

_SUBPROGRAM = tag_number("subprogram")
_INLINED = tag_number("inlined_subroutine")
_BLOCKS = {tag_number("lexical_block"), tag_number("try_block"), tag_number("catch_block")}
_VARIABLES = {tag_number("variable"), tag_number("formal_parameter")}


@dataclass(slots=True)
class Scope:
    """A function, something inlined into one, or a block: where its code lies and what it holds.

    `called` is the file and line that an inlined function was called from. `variables` are
    offsets of entries, parameters first.
    """

    offset: int
    name: str               # '' for a block
    ranges: list[Range]
    inlined: bool = False
    called: tuple[str, int] = ("", 0)
    variables: list[int] = field(default_factory=list)
    inner: list[Scope] = field(default_factory=list)

    def holds(self, address: int) -> bool:
        return any(start <= address < end for start, end in self.ranges)

    def chain(self, address: int) -> list[Scope]:
        """This scope and those in it that an address lies in, outermost first."""
        found, scope = [self], self
        while True:
            inner = next((each for each in scope.inner if each.holds(address)), None)
            if inner is None:
                return found
            found.append(inner)
            scope = inner


@dataclass(frozen=True)
class Function:
    """A source function that was compiled to code of its own."""

    unit: Unit
    index: int              # in the unit's entries
    offset: int
    ranges: tuple[Range, ...]

    @property
    def low(self) -> int:
        return self.ranges[0][0]

    @cached_property
    def die(self) -> DIE:
        return self.unit.die(self.offset)

    @cached_property
    def name(self) -> str:
        """Qualified, without parameters."""
        return entity_name(self.die)

    @cached_property
    def scope(self) -> Scope:
        """The tree of what is in it."""
        root = Scope(self.offset, self.name, list(self.ranges))
        open_ = [(self.unit.entries[self.index].depth, root)]
        for entry in self._inside():
            while entry.depth <= open_[-1][0]:
                open_.pop()
            depth, scope = open_[-1]
            if entry.tag in _VARIABLES and entry.depth == depth + 1:
                scope.variables.append(entry.offset)
            elif entry.tag == _INLINED or entry.tag in _BLOCKS:
                inner = self._inner(entry.offset, entry.tag == _INLINED)
                scope.inner.append(inner)
                open_.append((entry.depth, inner))
            elif entry.children:        # call sites, types, functions in functions: not looked at
                open_.append((entry.depth, Scope(entry.offset, "", [])))
        return root

    def _inside(self) -> Iterator[Entry]:
        entries = self.unit.entries
        depth = entries[self.index].depth
        for i in range(self.index + 1, len(entries)):
            if entries[i].depth <= depth:
                return
            yield entries[i]

    def _inner(self, offset: int, inlined: bool) -> Scope:
        die = self.unit.die(offset)
        scope = Scope(offset, "", self.unit.ranges(die), inlined)
        if inlined:
            files, file = self.unit.files, number(die, "call_file")
            scope.name = entity_name(die)
            scope.called = (files[file] if file < len(files) else "", number(die, "call_line"))
        return scope


def functions(unit: Unit) -> list[Function]:
    """Every function of a unit that has code, by address."""
    found = []
    for i, entry in enumerate(unit.entries):
        if entry.tag == _SUBPROGRAM:
            ranges = unit.ranges(unit.die(entry.offset))
            if ranges:
                found.append(Function(unit, i, entry.offset, tuple(ranges)))
    return sorted(found, key=lambda each: each.low)


def function_at(found: list[Function], address: int) -> Function | None:
    """The function whose code an address lies in."""
    at = bisect_right([each.low for each in found], address) - 1
    if at < 0 or not any(a <= address < b for a, b in found[at].ranges):
        return None
    return found[at]


def entity_name(die: DIE) -> str:
    """A function's qualified name, from its symbol where it has one."""
    plain = ""
    for each in origins(die):
        symbol = text(each, "linkage_name") or text(each, "MIPS_linkage_name")
        if symbol:
            readable = demangled(symbol)
            if readable != symbol:
                return base_name(readable)
        plain = plain or text(each, "name")
    return plain
