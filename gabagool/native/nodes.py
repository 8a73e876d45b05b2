"""Typed expressions over a frame, globals and memory: what `condition` makes native code of.

No name is looked up here and no type found out: that is for whoever makes the tree.
"""

from __future__ import annotations

from gabagool.records import dataclass
from gabagool.types import I32, ValType

FRAME, GLOBAL, OLD, NEW = "frame", "global", "old", "new"


@dataclass(frozen=True, slots=True)
class Const:
    """A number: bits of its type."""

    type: ValType
    bits: int


@dataclass(frozen=True, slots=True)
class Place:
    """What lies `offset` bytes into the frame, the globals, or the old or new value written."""

    type: ValType
    where: str
    offset: int


@dataclass(frozen=True, slots=True)
class Depth:
    """How many frames are on the stack."""

    type: ValType = I32


@dataclass(frozen=True, slots=True)
class Read:
    """`layout` (a `struct` format) at an address in a memory, by store address; None is memory 0
    of the frame's instance."""

    type: ValType
    layout: str
    address: Node
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class Unary:
    """`-`, `~` or `!`."""

    type: ValType
    sign: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands and a sign of C's: + - * / % & | ^ << >> == != < <= > >= && ||."""

    type: ValType
    sign: str
    left: Node
    right: Node


Node = Const | Place | Depth | Read | Unary | Binary
