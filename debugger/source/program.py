"""Source level of one module: what is known of lines, functions and variables, by byte offset.

All of it is lazy, a unit at a time, and nothing here raises because debug info is damaged: what
can't be read is left out, and `notice` says so once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from debugger.source import kinds, scopes, sourcemap
from debugger.source.dwarf import Dwarf, Row, Unit, tag_number, text
from debugger.source.faults import Faults
from debugger.source.files import Files, base
from debugger.source.kinds import Type
from debugger.source.locations import Frame, NowhereError, locate
from debugger.source.scopes import Function, Scope, entity_name, origins
from debugger.source.values import Held
from gabagool.syntax import Module

_VARIABLE = tag_number("variable")
_MEMBERSHIP = {tag_number(name) for name in ("namespace", "compile_unit", "module")}
_RECORD_TAGS = {tag_number(name): word for name, word in (
    ("structure_type", "struct"), ("union_type", "union"), ("class_type", "class"),
    ("enumeration_type", "enum"), ("typedef", ""), ("base_type", ""))}


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


@dataclass(frozen=True)
class Variable:
    """A variable in sight. `outer` counts the scopes around it that hide it less."""

    name: str
    parameter: bool
    unit: Unit
    offset: int
    function: Function | None


class Source:
    """The source level of a module."""

    def __init__(self, module: Module, path: Path, directories: tuple[str, ...] = ()) -> None:
        self.faults = Faults()
        self._module = module
        self.dwarf = Dwarf.of(module, self.faults)
        self._map = sourcemap.load(module, path, self.faults) if self.dwarf is None else None
        self.files = Files(path.parent, directories, self._map.texts if self._map else None)
        self._lines = lru_cache(maxsize=65536)(self._find_lines)
        self._functions: dict[int, list[Function]] = {}
        self._stops: dict[tuple[int, int], tuple[Stop, ...]] = {}

    @property
    def there(self) -> bool:
        """Whether the module says anything about its sources."""
        return self.dwarf is not None or self._map is not None

    @property
    def notice(self) -> str:
        """What is wrong with the debug info; '' if nothing has been found."""
        return self.faults.notice

    # -- addresses ---------------------------------------------------------------------------

    def _unit(self, offset: int) -> tuple[Unit, int] | None:
        """The unit of a module offset, and the address that DWARF has for it."""
        if self.dwarf is None:
            return None
        address = offset - self.dwarf.base
        unit = self.dwarf.unit_at(address)
        return None if unit is None else (unit, address)

    def _unit_functions(self, unit: Unit) -> list[Function]:
        key = unit.cu.cu_offset
        if key not in self._functions:
            self._functions[key] = self.faults.attempt(
                f"functions of {unit.name}", lambda: scopes.functions(unit), [])
        return self._functions[key]

    def function(self, offset: int) -> Function | None:
        """The source function that was compiled to the code at an offset."""
        return self.faults.attempt("functions", lambda: self._function(offset), None)

    def _function(self, offset: int) -> Function | None:
        found = self._unit(offset)
        return None if found is None else scopes.function_at(self._unit_functions(found[0]),
                                                             found[1])

    def _chain(self, offset: int) -> list[Scope]:
        """The scopes at an offset, the function outermost."""
        function = self._function(offset)
        return [] if function is None or self.dwarf is None else function.scope.chain(
            offset - self.dwarf.base)

    # -- lines -------------------------------------------------------------------------------

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
        return [name for unit in units if (name := self._unit_name(unit))]

    # -- functions ---------------------------------------------------------------------------

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

    # -- variables ---------------------------------------------------------------------------

    def variables(self, offset: int, inlined: int = 0) -> list[Variable]:
        """Parameters and variables in sight at an offset, inner ones first within their kind.

        `inlined` counts the inlined calls to go out of.
        """
        return self.faults.attempt("variables", lambda: self._variables(offset, inlined), [])

    def _variables(self, offset: int, inlined: int) -> list[Variable]:
        function, found = self._function(offset), []
        if function is None:
            return []
        chain = self._chain(offset)
        for _ in range(inlined):
            while chain and not chain[-1].inlined:
                chain.pop()
            chain = chain[:-1]
        for scope in reversed(chain):
            for each in scope.variables:
                die = function.unit.die(each)
                name = next((n for o in origins(die) if (n := text(o, "name"))), "")
                if name:
                    found.append(Variable(name, die.tag == "DW_TAG_formal_parameter",
                                          function.unit, each, function))
            if scope.inlined:
                break
        return sorted(found, key=lambda each: not each.parameter)

    def variable(self, name: str, offset: int, inlined: int = 0) -> Variable | None:
        """A variable by name: of the function, then of its file, then of any file."""
        for each in self.variables(offset, inlined):
            if each.name == name:
                return each
        found = self._unit(offset)
        units = [found[0]] if found is not None else []
        others = self.dwarf.units if self.dwarf is not None else []
        return self.faults.attempt("variables", lambda: next(
            self._globals(name, [*units, *others]), None), None)

    def _globals(self, name: str, units: Iterable[Unit]) -> Iterator[Variable]:
        plain = name.rpartition("::")[2]
        needle = plain.encode()
        for unit in units:
            if not self._mentions(needle):
                return
            outer: list[int] = []       # tags of what an entry lies in
            for entry in unit.entries:
                outer[entry.depth:] = [entry.tag]
                if entry.tag == _VARIABLE and set(outer[:-1]) <= _MEMBERSHIP:
                    die = unit.die(entry.offset)
                    if "DW_AT_location" in die.attributes and any(
                            text(each, "name") == plain for each in origins(die)):
                        if name != plain and entity_name(die) not in (name, plain):
                            continue
                        yield Variable(name, False, unit, entry.offset, None)

    def _mentions(self, name: bytes) -> bool:
        """Whether a name occurs at all: spares looking through every unit for one that doesn't."""
        assert self.dwarf is not None
        return any(name + b"\0" in self.dwarf.section(each) for each in ("str", "info"))

    def type_of(self, variable: Variable) -> Type:
        return kinds.type_of(variable.unit, variable.unit.die(variable.offset))

    def held(self, variable: Variable, offset: int, frame: Frame) -> Held:
        """A variable's value; NowhereError where it has none."""
        assert self.dwarf is not None
        address, unit = offset - self.dwarf.base, variable.unit
        die = unit.die(variable.offset)
        type_ = kinds.type_of(unit, die)
        for each in origins(die):
            constant = each.attributes.get("DW_AT_const_value")
            if constant is not None and "DW_AT_location" not in die.attributes:
                return Held(type_, None, _constant(constant.value))
        ops = unit.expression(die, "location", address)
        base_ops = None
        if variable.function is not None:
            base_ops = variable.function.unit.expression(variable.function.die, "frame_base",
                                                         address)
        place = locate(unit, ops, frame, base_ops)
        return Held(type_, place.address, place.data)

    def named_type(self, word: str, name: str, offset: int) -> Type | None:
        """A type by its name, as the unit at an offset knows it."""
        return self.faults.attempt("types", lambda: self._named_type(word, name, offset), None)

    def _named_type(self, word: str, name: str, offset: int) -> Type | None:
        found = self._unit(offset)
        if found is None:
            return None
        unit, wanted = found[0], name.rpartition("::")[2]
        for entry in unit.entries:
            if entry.tag in _RECORD_TAGS and (not word or _RECORD_TAGS[entry.tag] == word):
                die = unit.die(entry.offset)
                if text(die, "name") == wanted:
                    return kinds.made(unit, die)
        return None


def _means(wanted: str, path: str) -> bool:
    """Whether the end of a path is what the user has written."""
    path = path.replace("\\", "/")
    return path == wanted or path.endswith("/" + wanted.removeprefix("./"))


def _constant(value: int | list[int] | bytes) -> bytes:
    if isinstance(value, int):
        return (value & (1 << 64) - 1).to_bytes(8, "little")
    return bytes(value)


__all__ = ["Line", "NowhereError", "Source", "Stop", "Variable", "base"]
