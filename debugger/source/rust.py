"""Types as Rust has them: enums with data (variant parts, DWARF 5 section 5.7.10), slices, text."""

from __future__ import annotations

from dataclasses import dataclass

from debugger.exchange import CommandError
from debugger.source import kinds
from debugger.source.entries import number, tag_name
from debugger.source.held import Held, Read
from debugger.source.kinds import Member, Type

_LARGEST = 1 << 24      # elements; more only where a value makes no sense
_DEEPEST = 6            # records around the pointer of a Vec


@dataclass(frozen=True, slots=True)
class Variants:
    """What an enum may hold: by the value of its discriminant (None: by any other), a member."""

    tag: Member | None
    members: dict[int | None, Member]


@dataclass(frozen=True, slots=True)
class Sequence:
    """A slice, Vec or text: where its elements lie, how many they are and of which type."""

    element: Type
    address: int
    count: int
    text: bool


def variants(type_: Type) -> Variants | None:
    """The variants of a record; None if it has none."""
    if type_.kind != "record" or type_.unit is None:
        return None
    unit = type_.unit
    part = next((die for die in kinds.children(unit, type_.offset)
                 if tag_name(die) == "variant_part"), None)
    if part is None:
        return None
    tag, members = None, dict[int | None, Member]()
    for die in kinds.children(unit, part.offset):
        if tag_name(die) == "member":
            tag = kinds.member(unit, die)
        elif tag_name(die) == "variant":
            value = number(die, "discr_value") if "DW_AT_discr_value" in die.attributes else None
            for inner in kinds.children(unit, die.offset):
                if tag_name(inner) == "member":
                    members[value] = kinds.member(unit, inner)
    return Variants(tag, members)


def active(held: Held, read: Read) -> Member | None:
    """The variant that an enum is now; None for what is no such enum."""
    found = variants(kinds.bare(held.type))
    if found is None or not found.members:
        return None
    if found.tag is None:
        return next(iter(found.members.values()))
    size = kinds.size_of(found.tag.type)
    value = int.from_bytes(held.member(found.tag).bytes(read), "little")
    mask = (1 << 8 * size) - 1
    for known, member in found.members.items():
        if known is not None and known & mask == value:
            return member
    return found.members.get(None)


def sequence(held: Held, read: Read) -> Sequence | None:
    """The elements of a slice, `&str`, Vec or String; None for what is none of them."""
    type_ = kinds.bare(held.type)
    if type_.kind != "record" or type_.unit is None:
        return None
    name = type_.name
    if name == "String":
        return _text(_named(held, "vec"), read)
    if not name.startswith(("&str", "&mut str", "&[", "&mut [", "Vec<")):
        return None
    pointer = _pointer(_named(held, "buf" if name.startswith("Vec<") else "data_ptr"), 0)
    length = _named(held, "len" if name.startswith("Vec<") else "length")
    if pointer is None or length is None:
        return None
    count = int.from_bytes(length.bytes(read), "little")
    if count > _LARGEST:
        return None
    return Sequence(kinds.target(kinds.bare(pointer.type)),
                    int.from_bytes(pointer.bytes(read), "little"), count, name.endswith("str"))


def as_array(held: Held, read: Read) -> Held:
    """A slice as the array that it is of; other values as they are."""
    found = sequence(held, read)
    return held if found is None else Held(kinds.array_of(found.element, found.count),
                                           found.address)


def _text(held: Held | None, read: Read) -> Sequence | None:
    found = None if held is None else sequence(held, read)
    return None if found is None else Sequence(found.element, found.address, found.count, True)


def _named(held: Held, name: str) -> Held | None:
    return next((held.member(each) for each in kinds.members(kinds.bare(held.type))
                 if each.name == name), None)


def _pointer(held: Held | None, depth: int) -> Held | None:
    """The first pointer in a record of records."""
    if held is None or depth > _DEEPEST:
        return None
    type_ = kinds.bare(held.type)
    if type_.kind == "pointer":
        return held
    for member in kinds.members(type_) if type_.kind == "record" else ():
        found = _pointer(held.member(member), depth + 1)
        if found is not None:
            return found
    return None


def variant_members(type_: Type) -> list[Member]:
    """The variants of a record as if they were members: `route.Street.house`."""
    try:
        found = variants(type_)
    except CommandError:
        return []
    return [] if found is None else list(found.members.values())
