"""Values of the source with what is inside of them, looked into a page at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from debugger.exchange import CommandError
from debugger.source import kinds, rust
from debugger.source.held import Held
from debugger.source.kinds import Member, Type
from debugger.source.values import Shower

_DEEPEST = 8            # records without names in records


@dataclass(frozen=True, slots=True)
class SourceValue:
    """A variable, or a part of one. `expression` gives it again in its frame.

    `held` is None where it has no value; `text` says why. `named` and `indexed` count what is
    inside, members and elements.
    """

    name: str
    expression: str
    type: str
    text: str
    held: Held | None = None
    named: int = 0
    indexed: int = 0
    pointer: int = 0        # where it points to, if it is a pointer

    @property
    def size(self) -> int:
        """Bytes."""
        return 0 if self.held is None else kinds.size_of(self.held.type)

    @property
    def address(self) -> int | None:
        return None if self.held is None else self.held.address


class Looker:
    """Makes values and what is inside of them; `shower` reads memory."""

    def __init__(self, shower: Shower) -> None:
        self.shower = shower

    def value(self, name: str, expression: str, held: Held, hex_: bool = False) -> SourceValue:
        try:
            text = self.shower.show(held)
        except CommandError as error:
            return SourceValue(name, expression, kinds.spelled(held.type), f"<{error}>", held)
        named, indexed = self._sizes(held)
        if hex_:
            text = self._hexadecimal(held) or text
        return SourceValue(name, expression, kinds.spelled(held.type), text, held, named, indexed,
                           self.target(held))

    def _hexadecimal(self, held: Held) -> str:
        type_ = kinds.bare(held.type)
        if type_.kind != "base" or type_.encoding not in ("int", "uint", "char", "uchar") \
                or held.bits:
            return ""
        return f"{int.from_bytes(self.shower.data(held), 'little'):#x}"

    def _sizes(self, held: Held) -> tuple[int, int]:
        """(members, elements)."""
        held = self._array(held)
        type_ = kinds.bare(held.type)
        if (variant := self._variant(held)) is not None:
            return len(list(_members(kinds.bare(variant.type)))), 0
        if type_.kind == "array":
            return 0, max(0, type_.counts[0])
        if type_.kind == "record":
            return len(list(_members(type_))), 0
        if type_.kind != "pointer":
            return 0, 0
        to = kinds.bare(kinds.target(type_))
        if to.kind in ("void", "function") or not self.target(held):
            return 0, 0
        return (len(list(_members(to))), 0) if to.kind == "record" else (1, 0)

    def _array(self, held: Held) -> Held:
        """A slice as what it is of."""
        try:
            return rust.as_array(held, self.shower.read)
        except CommandError:
            return held

    def _variant(self, held: Held) -> Member | None:
        try:
            return rust.active(held, self.shower.read)
        except CommandError:
            return None

    def target(self, held: Held) -> int:
        """The address that a pointer holds."""
        if kinds.bare(held.type).kind != "pointer":
            return 0
        try:
            return int.from_bytes(self.shower.data(held), "little") & 0xFFFFFFFF
        except CommandError:
            return 0

    def inside(self, value: SourceValue, first: int, count: int, hex_: bool = False
               ) -> list[SourceValue]:
        """Some of what is inside: members in their order, elements by their index."""
        held = value.held
        if held is None:
            return []
        held = self._array(held)
        type_ = kinds.bare(held.type)
        if (variant := self._variant(held)) is not None:
            prefix = f"{_grouped(value.expression)}.{variant.name}."
            return self._parts(held.member(variant), prefix, first, count, hex_)
        if type_.kind == "pointer":
            return self._behind(value, held, type_, first, count, hex_)
        if type_.kind == "array":
            last = min(first + count, max(0, type_.counts[0]))
            of = _grouped(value.expression)
            return [self.value(f"[{i}]", f"{of}[{i}]", held.item(i), hex_)
                    for i in range(first, last)]
        return self._parts(held, _grouped(value.expression) + ".", first, count, hex_)

    def _behind(self, value: SourceValue, held: Held, type_: Type, first: int, count: int,
                hex_: bool) -> list[SourceValue]:
        to = kinds.target(type_)
        there = self._array(Held(to, self.target(held)))
        if kinds.bare(to).kind == "record":
            sign = "." if kinds.is_reference(type_) else "->"
            return self._parts(there, _grouped(value.expression) + sign, first, count, hex_)
        found = [self.value(f"*{value.name}", f"*{_grouped(value.expression)}", there, hex_)]
        return found[first:first + count]

    def _parts(self, held: Held, prefix: str, first: int, count: int, hex_: bool
               ) -> list[SourceValue]:
        """Members, also of records without a name; a base class is one of itself."""
        found = []
        for way in list(_members(kinds.bare(held.type)))[first:first + count]:
            part = held
            for member in way:
                part = part.member(member)
            last = way[-1]
            if last.base:
                spelled = kinds.spelled(last.type)
                where = "" if part.address is None else f"*({spelled} *){part.address:#x}"
                found.append(self.value(f"<{spelled}>", where, part, hex_))
            else:
                found.append(self.value(last.name, prefix + last.name, part, hex_))
        return found


def _members(record: Type, depth: int = 0) -> Iterator[list[Member]]:
    """The ways to a record's members; those of one without a name are its own."""
    for member in kinds.members(record):
        inner = kinds.bare(member.type)
        if not member.name and not member.base and inner.kind == "record" and depth < _DEEPEST:
            yield from ([member, *way] for way in _members(inner, depth + 1))
        else:
            yield [member]


def _grouped(expression: str) -> str:
    """An expression that something may follow."""
    plain = expression.replace("->", "").replace(".", "").replace("[", "").replace("]", "")
    return expression if plain.replace("::", "").isidentifier() else f"({expression})"


def stored(held: Held, value: Held, shower: Shower) -> tuple[int, bytes]:
    """Where the bytes of an assignment go, and what they are: `value` is of the type of `held`."""
    if held.address is None:
        raise CommandError("that has no address: it is kept in a local, not in memory")
    data = shower.data(replace(value, bits=0))
    size = kinds.size_of(held.type)
    if not held.bits:
        return held.address, data[:size].ljust(size, b"\0")
    size = (held.bit + held.bits + 7) // 8
    old = int.from_bytes(shower.data(held), "little")
    mask = (1 << held.bits) - 1
    new = old & ~(mask << held.bit) | (int.from_bytes(data, "little") & mask) << held.bit
    return held.address, new.to_bytes(size, "little")
