"""Variables in sight and their values, and types by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from elftools.dwarf.dwarf_expr import DWARFExprOp

from debugger.source import kinds
from debugger.source.cnodes import Typed, whole
from debugger.source.entries import number as number_of
from debugger.source.entries import origins, tag_number, text
from debugger.source.held import Held
from debugger.source.kinds import Type
from debugger.source.locations import Frame, locate
from debugger.source.places import Places
from debugger.source.placing import Sights, number, spot
from debugger.source.scopes import Function, entity_name
from debugger.source.unit import Unit

_VARIABLE = tag_number("variable")
_ENUMERATION, _ENUMERATOR = tag_number("enumeration_type"), tag_number("enumerator")
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


@dataclass(frozen=True)
class _Kept:
    """A variable's type, and its constant value or else how to find it."""

    type: Type
    constant: bytes | None
    ops: list[DWARFExprOp] | None = None
    base: list[DWARFExprOp] | None = None


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

    def variable(self, name: str, offset: int, inlined: int = 0, outwards: bool = False
                 ) -> Variable | None:
        """A variable by name: of the function, with `outwards` of those that it is inlined in,
        then of its file, then of any file."""
        calls = self.faults.attempt("scopes", lambda: sum(
            scope.inlined for scope in self._chain(offset)), 0) if outwards else 0
        for out in range(inlined, max(inlined, calls) + 1):
            for each in self.variables(offset, out):
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
        known = self._kept(variable, offset)
        if known.constant is not None:
            return Held(known.type, None, known.constant)
        place = locate(variable.unit, known.ops, frame, known.base)
        return Held(known.type, place.address, place.data)

    def typed(self, variable: Variable, offset: int, sights: Sights) -> Typed:
        """A variable as native code finds it whenever the instruction at an offset is reached."""
        known = self._kept(variable, offset)
        if known.constant is not None:
            return whole(known.type, number(int.from_bytes(known.constant[:8], "little")))
        return Typed(known.type, spot(variable.unit, known.ops, sights, known.base))

    def wasm_local(self, variable: Variable, offset: int) -> int | None:
        """The wasm local that holds a variable, whole and as it is; None if none does."""
        ops = self._ops(variable, offset)
        if len(ops) == 2 and ops[1].op_name == "DW_OP_stack_value":
            ops = ops[:1]
        if len(ops) != 1 or ops[0].op_name != "DW_OP_WASM_location" or ops[0].args[0] != 0:
            return None
        return int(ops[0].args[1])

    def in_frame(self, variable: Variable, offset: int) -> bool:
        """Whether a variable ends with its function's frame: static ones don't."""
        return variable.function is not None and any(
            "fbreg" in op.op_name or "WASM" in op.op_name
            for op in self._ops(variable, offset))

    def _ops(self, variable: Variable, offset: int) -> list[DWARFExprOp]:
        none: list[DWARFExprOp] = []
        return self.faults.attempt("locations", lambda: self._kept(variable, offset).ops or none,
                                   none)

    def _kept(self, variable: Variable, offset: int) -> _Kept:
        assert self.dwarf is not None
        address, unit, function = offset - self.dwarf.base, variable.unit, variable.function
        die = unit.die(variable.offset)
        type_ = kinds.type_of(unit, die)
        if "DW_AT_location" not in die.attributes:
            for each in origins(die):
                constant = each.attributes.get("DW_AT_const_value")
                if constant is not None:
                    return _Kept(type_, _constant(constant.value))
        base = None
        if function is not None:
            base = function.unit.expression(function.die, "frame_base", address)
        return _Kept(type_, None, unit.expression(die, "location", address), base)

    def enumerator(self, name: str, offset: int) -> tuple[Type, int] | None:
        """An enumerator's type and value, as the unit at an offset knows it."""
        return self.faults.attempt("types", lambda: self._enumerator(name, offset), None)

    def _enumerator(self, name: str, offset: int) -> tuple[Type, int] | None:
        found, plain = self._unit(offset), name.rpartition("::")[2]
        if found is None or not self._mentions(plain.encode()):
            return None
        unit, enum = found[0], -1
        for entry in unit.entries:
            if entry.tag == _ENUMERATION:
                enum = entry.offset
            elif entry.tag == _ENUMERATOR and enum >= 0:
                die = unit.die(entry.offset)
                if text(die, "name") == plain:
                    return kinds.made(unit, unit.die(enum)), number_of(die, "const_value")
        return None

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
