"""Attributes of debugging entries, as plain values."""

from __future__ import annotations

from collections.abc import Iterator

from elftools.dwarf.die import DIE
from elftools.dwarf.enums import ENUM_DW_TAG

_TAGS = {name: number for name, number in ENUM_DW_TAG.items() if isinstance(number, int)}
_HOPS = 8               # from an entry to the one it was made from


def tag_number(name: str) -> int:
    """The number of `DW_TAG_…`."""
    return int(_TAGS[f"DW_TAG_{name}"])


def tag_name(die: DIE) -> str:
    """`subprogram` for `DW_TAG_subprogram`."""
    return str(die.tag).removeprefix("DW_TAG_")


def text(die: DIE, attribute: str) -> str:
    """A string attribute; '' if it isn't there."""
    found = die.attributes.get(f"DW_AT_{attribute}")
    return "" if found is None else _decoded(found.value)


def number(die: DIE, attribute: str, default: int = 0) -> int:
    """A number attribute."""
    found = die.attributes.get(f"DW_AT_{attribute}")
    return found.value if found is not None and isinstance(found.value, int) else default


def _decoded(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def origins(die: DIE) -> Iterator[DIE]:
    """An entry, and those it was made from: its abstract instance, its declaration."""
    for _ in range(_HOPS):
        yield die
        link = next((name for name in ("DW_AT_abstract_origin", "DW_AT_specification")
                     if name in die.attributes), None)
        if link is None:
            return
        die = die.get_DIE_from_attribute(link)
