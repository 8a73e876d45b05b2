"""Call frames as the source has them, and as the locations of variables see them."""

from __future__ import annotations

from dataclasses import dataclass

from debugger.exchange import CommandError
from debugger.source import kinds
from debugger.source.program import Line
from gabagool import Frame, Machine


@dataclass(frozen=True, slots=True)
class Level:
    """A frame as the source has it: the machine's frame, how far up that is, and how many calls
    inlined into it lie between it and its innermost line. `line` is None where unknown."""

    frame: Frame
    machine_level: int
    inlined: int
    line: Line | None


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an expression's value lies: in memory, or in a local of wasm's. `bound`: it is found by
    way of a variable that ends with its frame."""

    type: kinds.Type
    address: int
    size: int
    local: int | None
    bound: bool


class MachineFrame:
    """A call frame as locations see it."""

    def __init__(self, machine: Machine, level: int) -> None:
        self._machine = machine
        self._level = level
        self._frame = machine.frames(1, level)[0]
        self._locals: list[int] | None = None
        self._operands: list[int] | None = None

    def local(self, index: int) -> int | None:
        if self._locals is None:
            self._locals = [bits for _, bits in self._machine.locals(self._level)]
        return _item(self._locals, index)

    def operand(self, index: int) -> int | None:
        if self._operands is None:
            self._operands = [bits for _, bits in self._machine.operands(self._level)]
        return _item(self._operands, index)

    def global_(self, index: int) -> int | None:
        store = self._machine.store
        found = store.instances[self._frame.instance].globals
        return store.globals[found[index]].bits if 0 <= index < len(found) else None

    def read(self, address: int, size: int) -> bytes:
        memories = self._machine.store.memories
        if not memories or not 0 <= address <= address + size <= memories[0].size:
            raise CommandError(f"there is no memory at {address:#x}")
        return memories[0].read(address, size)


def _item(values: list[int], index: int) -> int | None:
    return values[index] if 0 <= index < len(values) else None
