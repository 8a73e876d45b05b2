"""Views of values: operand stack, locals, globals, call frames, memory; and what has changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from debugger.build_objects import Opener, Times
from debugger.changes import ChangeKey, Changes
from debugger.exchange import CommandError
from debugger.objects import ObjectTexts, known_type, slot_bits
from debugger.symbols import Symbols
from debugger.typetext import definition
from debugger.values import short_value
from debugger.views import CallsView, FrameView, Key, MemoryView, StateView, Value
from gabagool import Frame, Machine
from gabagool.code.operands import valtype_text
from gabagool.runtime.census import HeapView, heap_view
from gabagool.runtime.pages import PAGE, Pages
from gabagool.types import ValType, slots_of, valtype_name

_SLOT = 8


@dataclass(frozen=True, slots=True)
class _Shown:
    """How values are shown: compared with what they were, and which of them are opened."""

    compare: bool
    opened: Collection[Key] = ()


class StateBuilder:
    """Makes views of a machine's values at its boundary."""

    def __init__(self, machine: Machine, symbols: Symbols) -> None:
        self._machine = machine
        self._symbols = symbols
        self.changes = Changes()
        self.objects = ObjectTexts(machine, symbols)
        self.opener = Opener(self.objects)

    @property
    def vectors(self) -> str:
        """How vectors are shown: one of VECTOR_VIEWS."""
        return self.objects.vectors

    def show_vectors(self, view: str) -> None:
        self.objects.vectors = view

    def follow(self, other: StateBuilder) -> None:
        """Go on from what another one has shown last."""
        self.show_vectors(other.vectors)
        self.changes.follow(other.changes)

    def note_cursor(self) -> None:
        """Views are about to be shown to the user: changes count from what was shown before."""
        self.changes.at(self._machine.step, self._machine.depth, self._machine)

    def state(self, level: int, compare: bool = True,
              opened: Collection[Key] = ()) -> StateView:
        """Operands, locals, globals and tables of the frame `level` up; once there are no frames,
        globals, tables and results. What is inside of the `opened` values is in it."""
        machine = self._machine
        frame = machine.frame(level)
        shown = _Shown(compare, opened)
        if frame is None:
            return StateView(machine.step, (), (), self._globals(0, shown),
                             self._tables(0, shown), self._results(shown))
        names = self._symbols.instances[frame.instance].names.locals.get(frame.funcidx, {})
        key = machine.depth - level, frame.instance, frame.funcidx
        found = [self._value(frame.instance, f"${names.get(i, i)}", t, bits, (*key, "locals", i))
                 for i, (t, bits) in enumerate(machine.locals(level))]
        # the name of an operand is its height: that stays the same when the top moves
        stack = [self._value(frame.instance, str(i), t, bits, (*key, "stack", i))
                 for i, (t, bits) in enumerate(machine.operands(level))]
        operands = reversed(self._shown((*key, "stack"), stack, shown))
        return StateView(machine.step,
                         tuple(replace(v, name=str(i)) for i, v in enumerate(operands)),
                         self._shown((*key, "locals"), found, shown),
                         self._globals(frame.instance, shown),
                         self._tables(frame.instance, shown), depth=machine.depth)

    def _globals(self, instance: int, shown: _Shown) -> tuple[Value, ...]:
        inst = self._machine.store.instances[instance]
        code = self._symbols.instances[instance]
        found = []
        for i, addr in enumerate(inst.globals):
            each, own = self._machine.store.globals[addr], code.module.global_types[i].valtype
            found.append(self._value(instance, code.global_names[i], own, each.bits,
                                     ("globals", instance, i), each.type.mutable))
        return self._shown(f"globals {instance}", found, shown)

    def _tables(self, instance: int, shown: _Shown) -> tuple[Value, ...]:
        found = []
        heap = self._heap()
        code = self._symbols.instances[instance]
        for i, addr in enumerate(self._machine.store.instances[instance].tables):
            value = self.opener.table(
                code.table_names[i], *self._table_type(instance, i), ("tables", instance, i),
                self._entries(addr), shown.opened, heap)
            found.append(value)
        return self._shown(f"tables {instance}", found, _Shown(shown.compare))

    def _table_type(self, instance: int, index: int) -> tuple[ValType, str]:
        code = self._symbols.instances[instance]
        own = code.module.table_types[index].element
        return self.objects.close(instance, own), valtype_text(own, code.names.types)

    def _entries(self, addr: int) -> Times:
        """The bytes of a table now and before."""
        before = self.changes.memory
        return Times(self._machine.store.tables[addr].region,
                     None if before is None else before.regions.get(f"table {addr}"))

    def _heap(self) -> Times:
        before = self.changes.memory
        return Times(self._machine.store.heap.region,
                     None if before is None else before.regions.get("heap"))

    def _results(self, shown: _Shown) -> tuple[Value, ...]:
        ended, entry = self._machine.ended, self._machine.entry
        if ended is None or ended.results is None or entry is None or entry.instance is None:
            return ()
        instance = entry.instance.index
        types = self._symbols.instances[instance].functype(entry.funcidx).results
        found = [self._value(instance, str(i), t, bits, ("results", i))
                 for i, (t, bits) in enumerate(zip(types, ended.results, strict=True))]
        return self._shown("results", found, shown)

    def _shown(self, key: ChangeKey, values: Sequence[Value], shown: _Shown) -> tuple[Value, ...]:
        """The values compared with what they were, and those opened that are to be."""
        if shown.compare:
            values = self.compare(key, values)
        heap = self._heap()
        return tuple(self.opener.opened(value, known_type(value.ref.kind), shown.opened, heap)
                     if value.ref is not None else value for value in values)

    def compare(self, key: ChangeKey, values: Sequence[Value]) -> tuple[Value, ...]:
        """The values, with what they were where that was different."""
        return self.changes.compare(key, values, self.vectors)

    def _value(self, instance: int, name: str, type_: ValType, bits: int, key: Key = (),
               mutable: bool = True) -> Value:
        names = self._symbols.instances[instance].names.types
        return self.opener.value(name, self.objects.close(instance, type_),
                                 valtype_text(type_, names), slot_bits(type_, bits), key, mutable)

    def text(self, type_: ValType, bits: int) -> str:
        """A value of a closed type as all panels show it."""
        return self.objects.text(type_, bits)

    # -- by place ----------------------------------------------------------------------------

    def object(self, offset: int) -> Value:
        """The object at an offset of the heap; CommandError if there is none."""
        if not self.objects.is_object(offset):
            raise CommandError(f"there is no object at {offset:#x} of the heap now")
        t = self.objects.type_at(offset)
        return self.opener.value(f"@{offset:#x}", t, valtype_name(t), offset, ("heap", offset))

    def _element(self, instance: int, index: int, element: int) -> Value:
        """One element of a table of an instance."""
        addr = self._machine.store.instances[instance].tables[index]
        entries = Times(self._machine.store.tables[addr].region)
        return self.opener.entry(*self._table_type(instance, index), ("tables", instance, index),
                                 entries, element, self._heap())

    def type_of(self, offset: int) -> str:
        """The definition of the type of an object."""
        view = self.objects.view(self.objects.type_at(offset), offset, count=0)
        place = None if view.type_id is None else self.objects.place(view.type_id)
        if place is None:
            return view.text
        code = self._symbols.instances[place[0]]
        return definition(code.module, code.names, place[1])

    def members(self, value: Value, start: int, count: int) -> tuple[Value, ...]:
        """Some fields, elements or values of what a value refers to, or elements of a
        table."""
        if value.key[:1] == ("tables",) and value.ref is None:
            _, instance, index = value.key
            end = min(start + count, value.bits)
            return tuple(self._element(int(instance), int(index), i) for i in range(start, end))
        if value.ref is None or value.ref.offset is None:
            return ()
        return self.opener.members(known_type(value.ref.kind), value.ref.offset, start, count)

    def heap(self) -> HeapView:
        """What lies in the heap."""
        return heap_view(self._machine.store)

    # -- frames and memory -------------------------------------------------------------------

    def calls(self, limit: int | None, selected: int, first: int = 0) -> CallsView:
        """Frames innermost first, at most `limit` from level `first` on."""
        first = max(0, min(first, self._machine.depth - 1))
        frames = self._machine.frames(limit, first)
        return CallsView(tuple(self.frame_view(frame, level, level == selected)
                               for level, frame in enumerate(frames, first)),
                         self._machine.depth, first)

    def frame(self, level: int) -> FrameView:
        """One frame, as selected."""
        frame = self._machine.frame(level)
        if frame is None:
            raise CommandError("no frames: the program has ended")
        return self.frame_view(frame, level, True)

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
            bits = slot_bits(t, int.from_bytes(stack[at:at + width], "little"))
            own = self.objects.close(frame.instance, t)
            texts.append(short_value(self.objects.text(own, bits, depth=0)))
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
                          len(memories), 8 if memory.declared.is64 else 4)


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
