"""What can be watched: memory, globals, table elements, and a local of one activation."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from debugger.activations import Activation, activation
from debugger.addressing import split_memory, spot
from debugger.exchange import CommandError
from debugger.expression import READS, evaluate, reading
from debugger.parsing import Indexed, Name, parse
from debugger.run import Run
from debugger.scopes import SeenFrame, Written, width_type
from debugger.steps import parse_count
from debugger.symbols import Symbols
from debugger.values import format_value, short_value
from debugger.views import StateView
from gabagool import Machine, Position
from gabagool.history.recorder import Recorder
from gabagool.native.layout import Header
from gabagool.runtime.tapping import (
    Code,
    GlobalWrites,
    Hit,
    LocalWrites,
    MemoryWrites,
    TableWrites,
    Where,
)
from gabagool.types import ValType, slots_of_all, valtype_name
from gabagool.valid.lowered import SLOT

_TABLE = re.compile(r"table(?:\s+(?P<index>\d+))?\s*\[(?P<element>[^\]]+)\]")
_MOST = 65536            # bytes that may be watched at once
_WORDS = (2, 4, 8)       # bytes that are shown as a number rather than one by one
_SIZES = {name: int(name[1:]) // 8 for name in READS}


@dataclass(frozen=True, slots=True)
class Target:
    """A location. `spec` says it so that it is understood again (locals: at the same place).

    `type` is as what its values are shown, 0 for bytes; `place` is where conditions find locals;
    `life` is set for a local, also for one of the source's that is in memory; `seen` is the frame
    that it was named in. Of an operand `where` are the instructions that may have left it, and
    `slot` is its offset in the frame.
    """

    spec: str
    label: str
    where: Where
    type: ValType
    written: Written
    place: Position | None = None
    life: Activation | None = None
    seen: SeenFrame | None = None
    slot: int = -1

    def text(self, data: bytes) -> str:
        """What was there, or is there now."""
        if self.type:
            return short_value(format_value(self.type, int.from_bytes(data, "little")))
        if isinstance(self.where, TableWrites):
            bits = int.from_bytes(data, "little")
            return f"ref {bits:#x}" if bits else "null"
        if len(data) in _WORDS:
            return str(int.from_bytes(data, "little"))
        return data.hex(" ") or "nothing"

    def change(self, hit: Hit) -> str:
        """`5 → 6` or `read 5`, with the address where that isn't the whole."""
        text = f"{self.text(hit.old)} → {self.text(hit.new)}"
        if hit.read:
            text = f"read {self.text(hit.new)}"
        if isinstance(self.where, MemoryWrites) and self.where.size > 16:
            more = "…" if hit.length > len(hit.new) else ""
            return f"{hit.at:#x}+{hit.length}: {text}{more}"
        if isinstance(self.where, TableWrites) and self.where.count > 1:
            return f"[{hit.at}]: {text}"
        return text


class Targets:
    """Understands locations at the cursor."""

    def __init__(self, machine: Machine, recorder: Recorder, symbols: Symbols,
                 read: Callable[[int, int, int], bytes]) -> None:
        """`read(memory, address, size)` raises CommandError outside of memory."""
        self._read = read
        self._machine = machine
        self._recorder = recorder
        self._symbols = symbols

    def parse(self, text: str, state: StateView, level: int, run: Run) -> Target:
        """`$n`, a global's name, `global[0]`, `table[3]`, `i32[ADDRESS]`, `ADDRESS[, SIZE]`, and of
        other memories `mem1.i32[ADDRESS]`, `mem1[ADDRESS][, SIZE]`."""
        text = text.strip()
        if match := _TABLE.fullmatch(text):
            return self._element(int(match["index"] or 0), match["element"], state)
        memory, text = split_memory(text)
        where, comma, size_text = text.rpartition(",")
        if comma:
            size = parse_count(size_text.strip())
            if size is None:
                raise CommandError(f"'{size_text.strip()}' is not a size of 1 to {_MOST} bytes")
            place = spot(where, memory)
            if place.kind:      # the address is what is stored there
                return self.memory(memory, self._number(where, state), size)
            return self.memory(place.memory, self._number(place.address, state), size)
        tree = parse(text)
        if isinstance(tree, Indexed) and tree.text == "stack" and tree.index is not None:
            return self._operand(self._number(text[text.index("(") + 1:-1], state), level, run)
        if isinstance(tree, Name):
            return self._named(tree.text, state, level, run)
        if isinstance(tree, Indexed) and tree.index is not None:
            if tree.text == "global":
                return self._global(self._number(text[text.index("[") + 1:-1], state), state)
            if reading(tree.text) is not None:
                place = spot(text, memory)
                address = self._number(place.address, state)
                return self.memory(place.memory, address, _SIZES[place.kind or "u8"], place.kind)
        return self.memory(memory, self._number(text, state), 1)

    def _number(self, text: str, state: StateView) -> int:
        return evaluate(text, state, self._read).address

    def memory(self, index: int, address: int, size: int, kind: str = "") -> Target:
        """`size` bytes at an address; CommandError outside of the memory."""
        memories = self._machine.store.memories
        if not 0 <= index < len(memories):
            raise CommandError("the program has no memory" if not memories else
                               f"there is no memory {index}")
        if not 1 <= size <= _MOST:
            raise CommandError(f"'{size}' is not a size of 1 to {_MOST} bytes")
        if not 0 <= address <= address + size <= memories[index].size:
            raise CommandError(f"{address:#x} to {address + size:#x} is outside of memory {index},"
                               f" which has {memories[index].size:,} bytes")
        label = f"{kind}[{address:#x}]" if kind else (
            f"{address:#x}, {size}" if size > 1 else f"{address:#x}")
        spec = f"memory {index}: {label}" if index else label
        type_ = READS[kind][1] if kind[1:] in ("32", "64") and kind[0] != "u" else 0
        return Target(spec, spec, MemoryWrites(index, address, size), type_,
                      Written(width_type(size)))

    def _element(self, index: int, text: str, state: StateView) -> Target:
        tables, element = self._machine.store.tables, self._number(text, state)
        if index >= len(tables) or not 0 <= element < tables[index].size:
            raise CommandError(f"there is no table {index}" if index >= len(tables) else
                               f"table {index} has {tables[index].size} elements")
        spec = f"table {index}[{element}]" if index else f"table[{element}]"
        return Target(spec, spec, TableWrites(index, element, 1), 0, Written(width_type(8)))

    def _named(self, name: str, state: StateView, level: int, run: Run) -> Target:
        """A local, or else a global."""
        for i, value in enumerate(state.locals):
            if name.lstrip("$") in (value.name.lstrip("$"), str(i) if name[0] == "$" else ""):
                return self.local(i, value.name, level, run)
        wanted = name.lstrip("$")
        for alias in (wanted, "__stack_pointer") if wanted == "sp" else (wanted,):
            for i, value in enumerate(state.globals):
                if value.name.lstrip("$") == alias:
                    return self._global(i, state)
        raise CommandError(f"no local or global is called '{name}' here; memory is watched as "
                           "i32[address] or ADDRESS, SIZE")

    def _operand(self, index: int, level: int, run: Run) -> Target:
        """An operand of the frame `level` up, counted from the top: what may have left it there."""
        frames = self._machine.frames(level + 1)
        if len(frames) <= level:
            raise CommandError("the program has ended: there are no operands")
        operands = self._machine.operands(level)
        if not 0 <= index < len(operands):
            raise CommandError(f"the operand stack has {len(operands)} values, so there is no "
                               f"number {index}")
        frame = frames[level]
        compiled = self._machine.store.instances[frame.instance].compiled
        below = slots_of_all([t for t, _ in operands][index + 1:][::-1])
        at = compiled.lowered(frame.funcidx).header + Header.SIZE + SLOT * below
        places = tuple(Position(frame.instance, frame.funcidx, offset)
                       for offset, low, high in compiled.pushes(frame.funcidx) if low <= at < high)
        label = f"stack({index})"
        return Target(label, label, Code(places, frame.fp), operands[index][0], Written(None),
                      life=activation(self._recorder, level, run), slot=at)

    def _global(self, index: int, state: StateView) -> Target:
        inst = self._machine.store.instances[self._instance()]
        if not 0 <= index < len(inst.globals):
            raise CommandError(f"there are {len(inst.globals)} globals, so there is no number "
                               f"{index}")
        name = state.globals[index].name
        found = self._machine.store.globals[inst.globals[index]]
        if not found.type.mutable:
            raise CommandError(f"{name} is constant: nothing can write it")
        return Target(f"global[{index}]", name, GlobalWrites(found.addr), found.type.valtype,
                      _written(found.type.valtype, name))

    def _instance(self) -> int:
        position = self._machine.position
        return position.instance if position else 0

    def life(self, level: int, run: Run) -> Activation:
        """How long the frame `level` up is there."""
        return activation(self._recorder, level, run)

    def local(self, index: int, name: str, level: int, run: Run) -> Target:
        """A local of the frame `level` up, as long as that lives."""
        frame = self._machine.frame(level)
        if frame is None:
            raise CommandError("the program has ended: there are no locals")
        func = self._machine.store.funcs[frame.funcaddr]
        assert func.lowered is not None
        type_ = func.lowered.locals[index]
        life = activation(self._recorder, level, run)
        label = f"{name} of {self._symbols.name(frame.instance, frame.funcidx)}"
        return Target(name, label,
                      LocalWrites(frame.instance, frame.funcidx, index, frame.fp), type_,
                      _written(type_, name),
                      Position(frame.instance, frame.funcidx, frame.offset), life)


def _written(type_: ValType, name: str) -> Written:
    known = type_ if valtype_name(type_) in ("i32", "i64", "f32", "f64") else None
    return Written(known, name)
