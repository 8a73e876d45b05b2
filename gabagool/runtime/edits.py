"""Edits: changes of a machine's state from outside, at a step, as a part of its journal.

A run that reaches the step of an edit takes it over before anything else looks. An edit sets
values and computes nothing, so that taking it over twice is the same as once: snapshots of its
step are of the state afterwards, and who goes on from one needs to know nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from gabagool.errors import GabagoolError
from gabagool.native.layout import Header
from gabagool.records import dataclass
from gabagool.runtime.slots import write_values
from gabagool.types import F32, I32, ValType, is_nullable, is_ref, slots_of, valtype_name

if TYPE_CHECKING:
    from gabagool.runtime.inspect import Inspection

Change = (
    tuple[Literal["memory"], int, int, bytes]      # memory address, byte offset, the bytes
    | tuple[Literal["global"], int, int]           # global address, bits
    | tuple[Literal["local"], int, int, int]       # frame (1 the outermost), index, bits
    | tuple[Literal["operand"], int, int, int]     # frame, index from the bottom, bits
)


@dataclass(frozen=True, slots=True)
class Edit:
    """Changes that take place at the boundary before `step` executes, in order."""

    step: int
    changes: tuple[Change, ...]


def apply(machine: Inspection, edit: Edit) -> None:
    """Let the changes take place. GabagoolError if one can't; those before it have, then."""
    for change in edit.changes:
        _apply(machine, change)


def _apply(machine: Inspection, change: Change) -> None:
    store = machine.store
    match change:
        case ("memory", addr, offset, data):
            region = store.memories[addr].region
            if offset < 0 or offset + len(data) > region.size:
                raise GabagoolError(f"0x{offset:x} is outside of memory {addr}, which has "
                                    f"{region.size:,} bytes")
            region.view[offset:offset + len(data)] = data
        case ("global", addr, bits):
            target = store.globals[addr]
            if not target.type.mutable:
                raise GabagoolError("an immutable global can't be changed: code relies on it")
            _check(target.type.valtype, bits)
            target.preset(bits)
        case ("local", frame, index, bits):
            _put(machine, machine.locals(_level(machine, frame)), "local", frame, index, bits)
        case ("operand", frame, index, bits):
            _put(machine, machine.operands(_level(machine, frame)), "operand", frame, index, bits)


def _put(machine: Inspection, values: Sequence[tuple[ValType, int]], kind: str, frame: int,
         index: int, bits: int) -> None:
    if not 0 <= index < len(values):
        raise GabagoolError(f"there is no {kind} {index}: the frame has {len(values)}")
    _check(values[index][0], bits)
    found = machine.frames(1, _level(machine, frame))[0]
    at = found.fp
    if kind == "operand":
        lowered = machine.store.funcs[found.funcaddr].lowered
        assert lowered is not None
        at += lowered.header + Header.SIZE
    first = (at >> 3) + sum(slots_of(t) for t, _ in values[:index])
    write_values(machine.stack.words, first, [values[index][0]], [bits])


def _level(machine: Inspection, frame: int) -> int:
    """How far up a frame is, counted from the innermost."""
    level = machine.depth - frame
    if machine.ended is not None or not 0 <= level < machine.depth:
        raise GabagoolError(f"there is no frame {frame}: the stack has {machine.depth}")
    return level


def _check(t: ValType, bits: int) -> None:
    """Numbers are anything that fits; of references only null can be made."""
    if is_ref(t):
        if bits or not is_nullable(t):
            raise GabagoolError(f"a {valtype_name(t)} can only be set to null"
                                if is_nullable(t) else f"a {valtype_name(t)} can't be changed")
    elif not 0 <= bits < 1 << (32 if t in (I32, F32) else 64 * slots_of(t)):
        raise GabagoolError(f"0x{bits:x} is no {valtype_name(t)}")
