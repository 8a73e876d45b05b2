"""Source level of one module: what is known of lines, functions and variables, by byte offset."""

from __future__ import annotations

from collections.abc import Iterator

from debugger.source.files import base
from debugger.source.lines import Line, Lines, Stop
from debugger.source.locations import NowhereError
from debugger.source.variables import Variable, Variables


class Source(Lines, Variables):
    """The source level of a module. Nothing here raises because debug info is damaged."""

    def body(self, start: int, end: int) -> int:
        """The offset at which a function's own work begins, behind its prologue: there its
        parameters are where its debug info says. `start` if that isn't known."""
        return self.faults.attempt("lines", lambda: self._body(start, end), start)

    def _body(self, start: int, end: int) -> int:
        shift = self.dwarf.base if self.dwarf is not None else 0
        rows = [row for row in self._rows_between(start, end) if not row.end]
        for row in rows:
            if row.prologue_end:
                return row.address + shift
        later = [row for row in rows if row.stmt and row.address > rows[0].address]
        return later[0].address + shift if self.dwarf is not None and later else start

    def named(self, name: str) -> list[int]:
        """Offsets of functions with a source name: `main` has another symbol than its name."""
        return [] if self.dwarf is None else self.faults.attempt(
            "functions", lambda: list(self._find_named(name)), [])

    def _find_named(self, name: str) -> Iterator[int]:
        assert self.dwarf is not None
        if not self._mentions(name.rpartition("::")[2].encode()):
            return
        for unit in self.dwarf.units:
            for function in self._unit_functions(unit):
                if function.name == name:
                    yield function.low + self.dwarf.base

    def name_between(self, start: int, end: int) -> str:
        """The source function whose code begins at an offset in [start, end); '' if unknown."""
        found = self.faults.attempt("names", lambda: self._unit(start) or self._unit(end - 1), None)
        if found is None or self.dwarf is None:
            return ""
        for function in reversed(self._unit_functions(found[0])):
            if start <= function.low + self.dwarf.base < end:
                with self.faults.guard("names"):
                    return function.name
        return ""


__all__ = ["Line", "NowhereError", "Source", "Stop", "Variable", "base"]
