"""Code views: a function's disassembly with cursor, breakpoints and executed counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from debugger.breakpoints import Breakpoints, marker
from debugger.codeviews import CodeLine, CodeView
from debugger.symbols import Symbols


class _Listing:
    """A function's lines, without the cursor, as they were last marked."""

    def __init__(self, lines: list[CodeLine]) -> None:
        self.lines = lines
        self.rows = {line.offset: i for i, line in enumerate(lines)}
        self._marked: tuple[Mapping[int, str], Mapping[int, int] | None] = {}, None

    def mark(self, breaks: Mapping[int, str], counts: Mapping[int, int] | None) -> None:
        """Put breakpoints and counts into the lines where they have changed."""
        if self._marked[0] == breaks and self._marked[1] is counts:
            return
        self._marked = breaks, counts
        for i, line in enumerate(self.lines):
            count = counts.get(line.offset, 0) if counts is not None and line.steppable else None
            point = breaks.get(line.offset, "")
            if (line.breakpoint, line.count) != (point, count):
                self.lines[i] = replace(line, breakpoint=point, count=count)


class CodeBuilder:
    """Makes code views. Lines that haven't changed since the last view are the same objects, so
    that a function of fifty thousand lines costs little when one of them has."""

    def __init__(self, symbols: Symbols, points: Breakpoints) -> None:
        self._symbols = symbols
        self._points = points
        self._listing = lru_cache(maxsize=16)(self._fresh)

    def view(self, instance: int, funcidx: int, current: int,
             counts: Mapping[int, int] | None) -> CodeView:
        """One function; `current` is the offset of the cursor's instruction there, or -1.

        `counts` are executions by offset; None if they aren't known.
        """
        listing = self._listing(instance, funcidx)
        breaks = {place.offset: marker(point) for point in self._points for place in point.places
                  if (place.instance, place.funcidx) == (instance, funcidx)}
        listing.mark(breaks, counts)
        at = listing.rows.get(current, -1)
        shown = list(listing.lines)
        if at >= 0:
            shown[at] = replace(shown[at], current=True)
        code = self._symbols.instances[instance]
        return CodeView(instance, funcidx, code.name(funcidx),
                        code.signature(funcidx), tuple(shown), at)

    def _fresh(self, instance: int, funcidx: int) -> _Listing:
        code = self._symbols.instances[instance]
        listing, stops = code.listing(funcidx), code.stops(funcidx)
        return _Listing([
            CodeLine(line.offset, line.depth, line.mnemonic,
                     line.text.removeprefix(line.mnemonic).strip(), line.offset in stops)
            for line in listing])
