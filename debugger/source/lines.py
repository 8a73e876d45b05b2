"""Which line code belongs to, and where a line's code is."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from debugger.source.linetable import Row
from debugger.source.places import Places
from debugger.source.scopes import Scope
from debugger.source.unit import Unit
from gabagool.syntax import Module


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, with the function (inlined ones too) it was compiled in."""

    file: str
    line: int
    column: int = 0
    function: str = ""
    inlined: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """An instruction at which a line begins. `inlined` are the entries of the functions inlined
    there, outermost first, so that two stops can be told to lie in the same call."""

    offset: int
    file: str
    line: int
    inlined: tuple[int, ...]


class Lines(Places):
    """Lines by the offset of their code, and the other way."""

    def __init__(self, module: Module, path: Path, directories: tuple[str, ...] = ()) -> None:
        super().__init__(module, path, directories)
        self._lines = lru_cache(maxsize=65536)(self._find_lines)
        self._stops: dict[tuple[int, int], tuple[Stop, ...]] = {}

    def lines(self, offset: int) -> list[Line]:
        """Where execution is in the source: the line, then those that inlined it, outwards.

        Empty where nothing is known.
        """
        none: list[Line] = []
        return self.faults.attempt("lines", lambda: self._lines(offset), none)

    def _find_lines(self, offset: int) -> list[Line]:
        row = self._row(offset)
        if row is None:
            return []
        chain = [scope for scope in self._chain(offset) if scope.inlined or scope.name]
        found = []
        file, line, column = row.file, row.line, row.column
        for scope in reversed(chain):
            found.append(Line(file, line, column, scope.name, scope.inlined))
            (file, line), column = scope.called, 0
        return found or [Line(row.file, row.line, row.column)]

    def _row(self, offset: int) -> Row | None:
        if self._map is not None:
            at = bisect_right(self._map.rows, offset, key=lambda row: row.address) - 1
            return self._map.rows[at] if at >= 0 else None
        found = self._unit(offset)
        if found is None:
            return None
        unit, address = found
        at = bisect_right(unit.row_addresses, address) - 1
        return unit.rows[at] if at >= 0 and not unit.rows[at].end else None

    def stops(self, start: int, end: int) -> tuple[Stop, ...]:
        """Where lines begin in the code at offsets [start, end), ascending."""
        if (start, end) not in self._stops:
            self._stops[start, end] = self.faults.attempt(
                "lines", lambda: tuple(self._find_stops(start, end)), ())
        return self._stops[start, end]

    def _find_stops(self, start: int, end: int) -> Iterator[Stop]:
        shift = self.dwarf.base if self.dwarf is not None else 0
        seen = -1
        for row in self._rows_between(start, end):
            offset = row.address + shift
            if row.stmt and not row.end and row.line and offset != seen:
                seen = offset
                inlined = tuple(scope.offset for scope in self._chain(offset) if scope.inlined)
                yield Stop(offset, row.file, row.line, inlined)

    def _rows_between(self, start: int, end: int) -> list[Row]:
        if self._map is not None:
            rows, low, high = self._map.rows, start, end
            addresses = [row.address for row in rows]
        else:
            found = self._unit(start) or self._unit((start + end) // 2)
            if found is None or self.dwarf is None:
                return []
            rows, addresses = found[0].rows, found[0].row_addresses
            low, high = start - self.dwarf.base, end - self.dwarf.base
        return rows[bisect_left(addresses, low):bisect_left(addresses, high)]

    def _rows_of(self, file: str) -> Iterator[tuple[int, Row]]:
        """Every row of files that `file` may mean, with its module offset."""
        if self._map is not None:
            yield from ((row.address, row) for row in self._map.rows if _means(file, row.file))
        if self.dwarf is None:
            return
        for unit in self._units_of(file):
            with self.faults.guard(f"lines of {unit.name}"):
                yield from ((row.address + self.dwarf.base, row) for row in unit.rows
                            if not row.end and _means(file, row.file))

    def _units_of(self, file: str) -> list[Unit]:
        """Units compiled from a file; if there are none, those that include it."""
        assert self.dwarf is not None
        units = self.dwarf.units
        found = [unit for unit in units if _means(file, self._unit_name(unit))]
        return found or [unit for unit in units
                         if any(_means(file, each) for each in self._unit_files(unit))]

    def _unit_name(self, unit: Unit) -> str:
        return self.faults.attempt("units", lambda: unit.name, "")

    def _unit_files(self, unit: Unit) -> list[str]:
        return self.faults.attempt("line tables", lambda: unit.files, [])

    def offsets_of_line(self, file: str, line: int) -> tuple[int, list[int]]:
        """The line that has code, `line` or the next one that has, and where it begins.

        One offset for each stretch of code, so more than one where it was inlined. (0, []) if
        the file has no code from there on.
        """
        rows = [(offset, row) for offset, row in self._rows_of(file)
                if row.stmt and row.line >= line]
        if not rows:
            return 0, []
        actual = min(row.line for _, row in rows)
        firsts: dict[tuple[int, tuple[int, ...]], int] = {}
        for offset, row in rows:
            if row.line == actual:
                key = self._instance(offset)
                firsts[key] = min(offset, firsts.get(key, offset))
        return actual, sorted(firsts.values())

    def lines_with_code(self, file: str) -> set[int]:
        """Lines of a file at which code begins."""
        return {row.line for _, row in self._rows_of(file) if row.stmt and row.line}

    def every_file(self) -> list[str]:
        """Paths of all files that code was compiled from, also of those that are included."""
        if self._map is not None:
            return list(self._map.files)
        units = self.dwarf.units if self.dwarf is not None else []
        return list(dict.fromkeys(file for unit in units for file in self._unit_files(unit)
                                  if file))

    def _instance(self, offset: int) -> tuple[int, tuple[int, ...]]:
        none: list[Scope] = []
        chain = self.faults.attempt("scopes", lambda: self._chain(offset), none)
        return (chain[0].offset if chain else self._holding(offset),
                tuple(scope.offset for scope in chain if scope.inlined))

    def _holding(self, offset: int) -> int:
        """A number for the wasm function that an offset lies in."""
        return bisect_right(self._module.funcs, offset, key=lambda func: func.start)

    def known_files(self) -> list[str]:
        """Paths of the files that units were compiled from."""
        if self._map is not None:
            return list(self._map.files)
        units = self.dwarf.units if self.dwarf is not None else []
        return list(dict.fromkeys(name for unit in units for name in self._known(unit) if name))

    def _known(self, unit: Unit) -> list[str]:
        crate = self.faults.attempt("units", lambda: unit.of_crate, False)
        return self._unit_files(unit) if crate else [self._unit_name(unit)]


def _means(wanted: str, path: str) -> bool:
    """Whether the end of a path is what the user has written."""
    path = path.replace("\\", "/")
    return path == wanted or path.endswith("/" + wanted.removeprefix("./"))
