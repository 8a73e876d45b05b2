"""Variables in sight and their values, and types by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from debugger.source import kinds
from debugger.source.entries import origins, tag_number, text
from debugger.source.kinds import Type
from debugger.source.locations import Frame, locate
from debugger.source.places import Places
from debugger.source.scopes import Function, entity_name
from debugger.source.unit import Unit
from debugger.source.values import Held

_VARIABLE = tag_number("variable")
_MEMBERSHIP = {tag_number(name) for name in ("namespace", "compile_unit", "module")}
_RECORD_TAGS = {tag_number(name): word for name, word in (
    ("structure_type", "struct"), ("union_type", "union"), ("class_type", "class"),
    ("enumeration_type", "enum"), ("typedef", ""), ("base_type", ""))}


@dataclass(frozen=True)
class Variable:
    """A variable in sight. `outer` counts the scopes around it that hide it less."""

    name: str
    parameter: bool
    unit: Unit
    offset: int
    function: Function | None


class Variables(Places):
    """Variables by the offset of the code that sees them."""

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


def _constant(value: int | list[int] | bytes) -> bytes:
    if isinstance(value, int):
        return (value & (1 << 64) - 1).to_bytes(8, "little")
    return bytes(value)
