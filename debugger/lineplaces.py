"""Which instructions belong to which line of the source: what stepping by line goes by.

A line is (file, line, calls inlined there).
"""

from __future__ import annotations

from debugger.source.program import Stop
from debugger.symbols import Symbols
from gabagool import Frame, Position

_CALLS = ("call", "call_indirect", "call_ref", "return_call", "return_call_indirect",
          "return_call_ref")

Line = tuple[str, int, tuple[int, ...]]


def _line_of(stop: Stop) -> Line:
    return stop.file, stop.line, stop.inlined


class LinePlaces:
    """Where lines begin and calls are, in the function of a position."""

    def __init__(self, symbols: Symbols) -> None:
        self._symbols = symbols

    def stops(self, at: Position) -> tuple[Stop, ...]:
        """Where lines begin."""
        return self._symbols.line_stops(at.instance, at.funcidx)

    def line(self, at: Position) -> Line | None:
        """The line that a position belongs to."""
        found = None
        for stop in self.stops(at):
            if stop.offset > at.offset:
                break
            found = stop
        return None if found is None else _line_of(found)

    def body(self, at: Position) -> Position:
        """Where the function begins, behind its prologue."""
        return Position(at.instance, at.funcidx, self._symbols.body(at.instance, at.funcidx))

    def calls(self, at: Position) -> set[Position]:
        """The function's instructions that call."""
        code = self._symbols.instances[at.instance]
        stops = code.stops(at.funcidx)
        return {Position(at.instance, at.funcidx, line.offset)
                for line in code.listing(at.funcidx)
                if line.mnemonic in _CALLS and line.offset in stops}

    def others(self, at: Position, line: Line | None, into: bool) -> set[Position]:
        """Where lines other than `line` begin; without `into` not those of calls inlined in it."""
        found = set()
        for stop in self.stops(at):
            deeper = line is not None and len(stop.inlined) > len(line[2]) \
                and stop.inlined[:len(line[2])] == line[2]
            if _line_of(stop) != line and (into or not deeper):
                found.add(Position(at.instance, at.funcidx, stop.offset))
        return found

    def of_line(self, at: Position, line: Line) -> set[Position]:
        """Where this line begins; it may do so at several places."""
        return {Position(at.instance, at.funcidx, stop.offset)
                for stop in self.stops(at) if _line_of(stop) == line}

    def outside(self, frame: Frame, inlined: int) -> set[Position]:
        """The instructions of a frame's function that lie in no part of an inlined call: what is
        inlined there, `inlined` calls out. Empty if that is the function itself."""
        code = self._symbols.instances[frame.instance]
        scope = code.source.inlined_scope(frame.offset, inlined)
        if scope is None:
            return set()
        return {Position(frame.instance, frame.funcidx, offset)
                for offset in code.stops(frame.funcidx) if not code.source.holds(scope, offset)}
