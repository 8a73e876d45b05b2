"""Understands an edit, `LOCATION = VALUE`, at the cursor: as the changes that it makes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from debugger.addressing import split_memory, spot
from debugger.exchange import CommandError
from debugger.expression import READS, evaluate, reading
from debugger.literals import SIZES, is_quoted, quoted, type_name, value_bits, value_bytes
from debugger.panels import Panels
from debugger.parsing import Indexed, Name, parse
from debugger.steps import parse_count
from debugger.values import format_value, short_value
from debugger.views import StateView, Value
from gabagool import Machine
from gabagool.runtime.edits import Change
from gabagool.types import ValType, is_ref

EQUALS = re.compile(r"(?<![=!<>])=(?!=)")
_CAST = re.compile(r"\{\s*(?P<type>[^}\[]+?)\s*(?:\[\s*\d*\s*\])?\s*\}\s*(?P<address>.+)", re.S)
FORMS = "$n, a global's name, stack(0), i32[0x1000], {int}0x1000, 0x1000 or 0x1000, 8"


@dataclass(frozen=True, slots=True)
class Asked:
    """The changes of an edit, and the edit as people read it: `$n 5 → 6`."""

    changes: tuple[Change, ...]
    label: str


class Editing:
    """Edits in a frame at the cursor."""

    def __init__(self, machine: Machine, panels: Panels, level: int) -> None:
        self._machine = machine
        self._panels = panels
        self._level = level
        self._memory = 0
        self._state: StateView = panels.state.state(level, compare=False)

    def parse(self, text: str) -> Asked:
        """`LOCATION = VALUE`; CommandError says what can't be."""
        text = re.sub(r"^var(?:iable)?\s+", "", text.strip())
        match = EQUALS.search(text)
        where = text[:match.start()].strip() if match else ""
        value = text[match.end():].strip() if match else ""
        if not where or not value:
            raise CommandError(f"an edit is LOCATION = VALUE; a location is {FORMS}")
        self._memory, where = split_memory(where)
        if cast := _CAST.fullmatch(where):
            return self._bytes(self._address(cast["address"]), type_name(cast["type"]), value)
        address, comma, size = where.rpartition(",")
        if comma:
            place = spot(address, self._memory)
            if not place.kind:
                self._memory, address = place.memory, place.address
            return self._sized(self._address(address), size, value)
        tree = parse(where)
        if isinstance(tree, Name):
            return self._named(tree.text, value)
        if isinstance(tree, Indexed) and tree.index is not None:
            inside = where[where.index(tree.text) + len(tree.text) + 1:-1]
            if reading(tree.text) is not None:
                place = spot(where, self._memory)
                self._memory = place.memory
                return self._bytes(self._address(place.address), place.kind or "u8", value)
            index = self._address(inside)
            if tree.text == "global":
                return self._global(index, value)
            if tree.text == "stack":
                return self._operand(index, value)
        return self._bytes(self._address(where), "u8", value)

    # -- memory ------------------------------------------------------------------------------

    def _read(self, address: int, size: int) -> bytes:
        return self._panels.read_memory(self._memory, address, size)

    def _address(self, text: str) -> int:
        return evaluate(text, self._state, self._panels.read_memory).address

    def _sized(self, address: int, size_text: str, value: str) -> Asked:
        size = parse_count(size_text.strip())
        kind = {1: "u8", 2: "u16", 4: "u32", 8: "u64", 16: "v128"}.get(size or 0)
        if is_quoted(value):
            data = quoted(value)
            if size is None or len(data) > size:
                raise CommandError(f"{value} has {len(data)} bytes, not {size_text.strip()}")
            return self._written(address, data.ljust(size, b"\0"), value)
        if kind is None:
            raise CommandError(f"a number has 1, 2, 4, 8 or 16 bytes, not {size_text.strip()}")
        return self._bytes(address, kind, value)

    def _bytes(self, address: int, kind: str, value: str) -> Asked:
        if is_quoted(value):
            return self._written(address, quoted(value), value)
        data = value_bytes(kind, value, self._state, self._panels.read_memory)
        old = self._read(address, SIZES[kind])
        return self._written(address, data, _number(kind, data), _number(kind, old), kind)

    def _written(self, address: int, data: bytes, new: str, old: str = "",
                 kind: str = "") -> Asked:
        before = self._read(address, len(data))
        if not data:
            raise CommandError("there is nothing to write")
        place = f"{kind}[{address:#x}]" if kind else f"{address:#x}, {len(data)}"
        place = f"memory {self._memory}: {place}" if self._memory else place
        return Asked((("memory", self._memory, address, data),),
                     f"{place} {old or _shown(before)} → {new}")

    # -- values ------------------------------------------------------------------------------

    def _bits(self, name: str, type_: ValType, value: str) -> int:
        if is_ref(type_):
            if value != "null":
                raise CommandError(f"{name} is a reference: it can only be set to null")
            return 0
        return value_bits(type_, value, self._state, self._panels.read_memory)

    def _named(self, name: str, value: str) -> Asked:
        for i, each in enumerate(self._state.locals):
            if name.lstrip("$") in (each.name.lstrip("$"), str(i) if name[0] == "$" else ""):
                type_ = self._machine.locals(self._level)[i][0]
                bits = self._bits(each.name, type_, value)
                return Asked((("local", self._machine.depth - self._level, i, bits),),
                             _change(each, type_, bits))
        wanted = name.lstrip("$")
        for alias in (wanted, "__stack_pointer") if wanted == "sp" else (wanted,):
            for i, each in enumerate(self._state.globals):
                if each.name.lstrip("$") == alias:
                    return self._global(i, value)
        raise CommandError(f"no local or global is called '{name}' here; a location is {FORMS}")

    def _global(self, index: int, value: str) -> Asked:
        position = self._panels.position(self._level)
        inst = self._machine.store.instances[position.instance if position else 0]
        if not 0 <= index < len(inst.globals):
            raise CommandError(f"there are {len(inst.globals)} globals, so there is no number "
                               f"{index}")
        shown, found = self._state.globals[index], self._machine.store.globals[inst.globals[index]]
        if not found.type.mutable:
            raise CommandError(f"{shown.name} is constant: code relies on it")
        bits = self._bits(shown.name, found.type.valtype, value)
        return Asked((("global", found.addr, bits),), _change(shown, found.type.valtype, bits))

    def _operand(self, index: int, value: str) -> Asked:
        stack = self._state.stack
        if not 0 <= index < len(stack):
            raise CommandError(f"the operand stack has {len(stack)} values, so there is no "
                               f"number {index}")
        place = len(stack) - 1 - index
        type_ = self._machine.operands(self._level)[place][0]
        bits = self._bits(f"stack({index})", type_, value)
        return Asked((("operand", self._machine.depth - self._level, place, bits),),
                     _change(stack[index], type_, bits, f"stack({index})"))


def _change(value: Value, type_: ValType, bits: int, name: str = "") -> str:
    new = "null" if is_ref(type_) else short_value(format_value(type_, bits))
    return f"{name or value.name} {short_value(value.text)} → {new}"


def _number(kind: str, data: bytes) -> str:
    """Bytes of memory as the number they are."""
    if kind[0] == "f" or kind == "v128":
        return short_value(format_value(READS[kind][1], int.from_bytes(data, "little")))
    return str(int.from_bytes(data, "little", signed=kind[0] == "i"))


def _shown(data: bytes) -> str:
    """Bytes as text where they are that."""
    if data and all(32 <= byte < 127 for byte in data):
        return '"' + data.decode() + '"'
    return data[:16].hex(" ") + ("…" if len(data) > 16 else "")
