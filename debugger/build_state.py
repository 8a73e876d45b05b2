"""Views of values: operand stack, locals, globals, call frames, memory; and what has changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from debugger.exchange import CommandError
from debugger.symbols import Symbols
from debugger.values import format_value, format_vector, short_value
from debugger.views import CallsView, FrameView, MemoryView, StateView, Value
from gabagool import Frame, Machine, Snapshot
from gabagool.native.layout import REF_SHIFT
from gabagool.runtime.pages import PAGE, Pages
from gabagool.types import (
    EXN,
    F32,
    I32,
    NOEXN,
    V128,
    ValType,
    heap_of,
    slots_of,
    valtype_name,
)

_KIND_BITS = 3      # low bits of a reference: 0 is a function, anything else a host object
# Beyond this size a memory is not compared with what it was: the copy would cost too much.
_LARGEST_COMPARED = 256 << 20

_SLOT = 8

_VECTOR = valtype_name(V128)

Named = dict[str, Value]                # by name within one frame or instance
# frame number (outermost 1), instance, funcidx and what of it; or an instance and what of it
Key = tuple[int, int, int, str] | str


class Changes:
    """What the user has last seen, so that views can say what has changed since.

    A frame is compared with how it was last shown, however deep the cursor went in between; for
    globals and memory it is the previous cursor that counts.
    """

    def __init__(self) -> None:
        self._cursor: int | None = None
        self._now: dict[Key, Named] = {}
        self._before: dict[Key, Named] = {}
        self.memory: Snapshot | None = None
        self._memory_now: Snapshot | None = None

    def at(self, cursor: int, depth: int, machine: Machine) -> None:
        """A view is about to be made at `cursor`: on a new one, what was shown is the past."""
        if cursor == self._cursor:
            return
        self._before = {key: texts for key, texts in (self._before | self._now).items()
                        if isinstance(key, str) or key[0] <= depth}
        self._now = {}
        self._cursor = cursor
        size = sum(memory.size for memory in machine.store.memories)
        self.memory = self._memory_now
        self._memory_now = machine.capture() if size <= _LARGEST_COMPARED else None

    def compare(self, key: Key, values: Iterable[Value], view: str) -> tuple[Value, ...]:
        """The values, with what they were where that was different; vectors in this view."""
        values = tuple(values)
        self._now[key] = {value.name: value for value in values}
        before = self._before.get(key, {})
        return tuple(_compared(value, before.get(value.name), view) for value in values)


def _compared(value: Value, before: Value | None, view: str) -> Value:
    if before is None:
        return value
    # a vector may have been shown in another view
    text = format_vector(view, before.bits) if before.type == _VECTOR else before.text
    return value if text == value.text else replace(value, before=text)


class StateBuilder:
    """Makes views of a machine's values at its boundary."""

    def __init__(self, machine: Machine, symbols: Symbols) -> None:
        self._machine = machine
        self._symbols = symbols
        self.changes = Changes()
        self.vectors = "i32x4"          # one of VECTOR_VIEWS

    def note_cursor(self) -> None:
        """Views are about to be shown to the user: changes count from what was shown before."""
        self.changes.at(self._machine.step, self._machine.depth, self._machine)

    def state(self, level: int, compare: bool = True) -> StateView:
        """Operands, locals and globals of the frame `level` up; without frames, globals only."""
        machine = self._machine
        frames = machine.frames(level + 1)
        if len(frames) <= level:
            return StateView(machine.step, (), (), self._globals(0, compare))
        frame = frames[level]
        names = self._symbols.instances[frame.instance].names.locals.get(frame.funcidx, {})
        found = [self._value(f"${names.get(i, i)}", t, bits)
                 for i, (t, bits) in enumerate(machine.locals(level))]
        stack = [self._value(str(i), t, bits)
                 for i, (t, bits) in enumerate(reversed(machine.operands(level)))]
        if compare:
            key = machine.depth - level, frame.instance, frame.funcidx
            found = list(self.compare((*key, "locals"), found))
            stack = self._from_bottom((*key, "stack"), stack)
        return StateView(machine.step, tuple(stack), tuple(found),
                         self._globals(frame.instance, compare))

    def _globals(self, instance: int, compare: bool) -> tuple[Value, ...]:
        machine = self._machine
        inst = machine.store.instances[instance]
        names = self._symbols.instances[instance].global_names
        values = [self._value(names[i], machine.store.globals[addr].type.valtype,
                              machine.store.globals[addr].bits,
                              machine.store.globals[addr].type.mutable)
                  for i, addr in enumerate(inst.globals)]
        return self.compare(f"globals {instance}", values) if compare else tuple(values)

    def compare(self, key: Key, values: Sequence[Value]) -> tuple[Value, ...]:
        return self.changes.compare(key, values, self.vectors)

    def _from_bottom(self, key: Key, stack: Sequence[Value]) -> list[Value]:
        """Compare operands by their height: the slot is what stays the same when the top moves."""
        height = len(stack)
        by_height = [replace(v, name=f"{height - 1 - i}") for i, v in enumerate(stack)]
        compared = self.compare(key, by_height)
        return [replace(v, before=c.before) for v, c in zip(stack, compared, strict=True)]

    def _value(self, name: str, type_: ValType, bits: int, mutable: bool = True) -> Value:
        if type_ in (I32, F32):         # the upper half of their slots means nothing
            bits &= (1 << 32) - 1
        return Value(name, valtype_name(type_), self.text(type_, bits), bits, None, mutable)

    def text(self, type_: ValType, bits: int) -> str:
        """A value as all panels show it."""
        return format_value(type_, bits, self.ref_text, self.vectors)

    def ref_text(self, type_: ValType, bits: int) -> str:
        """`func[12] name`, `extern[3]` or `exception tag(1, 2)`."""
        if heap_of(type_) in (EXN, NOEXN):
            return f"exception {self._machine.exception_text(bits)}"
        address = bits >> REF_SHIFT
        if bits & _KIND_BITS:
            return f"extern[{address}]"
        funcs = self._machine.store.funcs
        if address >= len(funcs):
            return f"ref {bits:#x}"
        func = funcs[address]
        if func.instance is None:
            return f"host {func.name}"
        return self._symbols.label(func.instance.index, func.funcidx)

    def calls(self, limit: int | None, selected: int) -> CallsView:
        """Frames innermost first, at most `limit`."""
        frames = self._machine.frames(limit)
        return CallsView(tuple(self.frame_view(frame, level, level == selected)
                               for level, frame in enumerate(frames)), self._machine.depth)

    def frame(self, level: int) -> FrameView:
        """One frame, as selected."""
        frames = self._machine.frames(level + 1)
        if len(frames) <= level:
            raise CommandError("no frames: the program has ended")
        return self.frame_view(frames[level], level, True)

    def frame_view(self, frame: Frame, level: int, selected: bool) -> FrameView:
        return FrameView(level, frame.instance, frame.funcidx,
                         self._symbols.name(frame.instance, frame.funcidx), frame.offset,
                         self._arguments(frame), selected)

    def _arguments(self, frame: Frame) -> str:
        """The parameters as they are now, read off the stack: `locals` would walk it again."""
        at, texts = frame.fp, []
        stack = self._machine.stack.view
        for t in self._symbols.instances[frame.instance].functype(frame.funcidx).params:
            width = slots_of(t) * _SLOT
            value = self._value("", t, int.from_bytes(stack[at:at + width], "little"))
            texts.append(short_value(value.text))
            at += width
        return ", ".join(texts)

    def memory(self, index: int, address: int, size: int) -> MemoryView:
        """Bytes from `address`, fewer at the memory's end; none if there is no such memory."""
        memories = self._machine.store.memories
        if not 0 <= index < len(memories):
            return MemoryView(index, 0, b"", 0, frozenset(), len(memories))
        memory = memories[index]
        address = max(0, min(address, memory.size - 1))
        data = memory.read(address, max(0, min(size, memory.size - address)))
        before = self.changes.memory
        old = None if before is None else before.regions.get(f"memory {index}")
        return MemoryView(index, address, data, memory.size, _changed(old, address, data),
                          len(memories))


def _changed(old: Pages | None, address: int, data: bytes) -> frozenset[int]:
    """Addresses in `data` whose bytes were different; new memory was zero."""
    if old is None:
        return frozenset()
    before = _bytes(old, address, len(data))
    return frozenset(address + i for i, (a, b) in enumerate(zip(data, before, strict=True))
                     if a != b)


def _bytes(pages: Pages, address: int, size: int) -> bytes:
    first, last = address // PAGE, (address + size + PAGE - 1) // PAGE
    data = b"".join(pages.pages[first:last])[address - first * PAGE:][:size]
    return data.ljust(size, b"\0")
