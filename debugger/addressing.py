"""How locations in memory are written: `i32[A]`, and of other memories `mem1.i32[A]`, `mem1[A]`,
`mem1: A` or `memory 1: A`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from debugger.expression import reading
from debugger.parsing import Indexed, parse

_PREFIX = re.compile(r"mem(?:ory\s+)?(?P<index>\d+)\s*:\s*(?P<rest>.*)", re.S)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a memory: the expression of its address, and as what it is read, '' if that is
    not said."""

    memory: int
    kind: str
    address: str


def split_memory(text: str) -> tuple[int, str]:
    """The memory that `mem1: REST` or `memory 1: REST` names, and the rest; 0 if none is named."""
    match = _PREFIX.fullmatch(text.strip())
    return (int(match["index"]), match["rest"].strip()) if match else (0, text.strip())


def spot(text: str, memory: int = 0) -> Spot:
    """What is meant by `i32[A]`, `mem1.i32[A]`, `mem1[A]`, or else by an expression as an
    address in `memory`; CommandError if it can't be understood."""
    tree = parse(text)
    found = reading(tree.text) if isinstance(tree, Indexed) else None
    if found is None:
        return Spot(memory, "", text)
    named, kind = found
    inside = text[text.index("[") + 1:text.rindex("]")]
    return Spot(memory if named is None else named, kind, inside)


def address(text: str) -> Spot:
    """As `spot` where an address is wanted: `i32[A]` is the address that is stored at A."""
    memory, rest = split_memory(text)
    tree = parse(rest)
    if isinstance(tree, Indexed) and (found := reading(tree.text)) and found[0] is not None \
            and not found[1]:
        return spot(rest)
    return Spot(memory, "", rest)
