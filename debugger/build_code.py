"""Code views: a function's disassembly with cursor, breakpoints and executed counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from debugger.breakpoints import Breakpoints
from debugger.symbols import Symbols
from debugger.views import CodeLine, CodeView

_Mark = tuple[str, int | None]      # breakpoint, count


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
        lines, marks, rows = self._listing(instance, funcidx)
        breaks = {point.place.offset: "on" if point.enabled else "off" for point in self._points
                  if (point.place.instance, point.place.funcidx) == (instance, funcidx)}
        for i, line in enumerate(lines):
            count = counts.get(line.offset, 0) if counts is not None and line.steppable else None
            mark = breaks.get(line.offset, ""), count
            if mark != marks[i]:
                marks[i] = mark
                lines[i] = replace(line, breakpoint=mark[0], count=mark[1])
        at = rows.get(current, -1)
        shown = list(lines)
        if at >= 0:
            shown[at] = replace(shown[at], current=True)
        code = self._symbols.instances[instance]
        return CodeView(instance, funcidx, code.function_names[funcidx],
                        str(code.functype(funcidx)), tuple(shown), at)

    def _fresh(self, instance: int, funcidx: int
               ) -> tuple[list[CodeLine], list[_Mark], dict[int, int]]:
        """Lines without marks, the marks they have now, and rows by offset."""
        code = self._symbols.instances[instance]
        listing, stops = code.listing(funcidx), code.stops(funcidx)
        lines = [CodeLine(line.offset, line.depth, line.mnemonic,
                          line.text.removeprefix(line.mnemonic).strip(), line.offset in stops)
                 for line in listing]
        unmarked: list[_Mark] = [("", None)] * len(lines)
        return lines, unmarked, {line.offset: i for i, line in enumerate(lines)}
