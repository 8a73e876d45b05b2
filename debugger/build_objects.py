"""What is inside of objects and tables, as values: lazily, by the keys of what is opened."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from debugger.objects import IN_HEAP, ObjectTexts
from debugger.views import Key, Value
from gabagool.runtime.heapreader import Source
from gabagool.runtime.objects import ObjectView
from gabagool.types import I8, I16, ValType

PAGE = 100                  # elements in a group; more come in groups of groups
_CHARACTERS = 16            # … of 8 or 16 bits: as many as a row has room for
_HEADER = 8                 # bytes of an object's header
_COMPARED = 1 << 20         # bytes of an object or group that are compared with what they were
_WORD = 8


@dataclass(frozen=True, slots=True)
class Times:
    """The heap's bytes now, and at the cursor before; tables' likewise. None: not known."""

    now: Source
    before: Source | None = None


@dataclass(frozen=True, slots=True)
class _Object:
    """An object (or null, …) under a key; `same` is the heap in which it was what it is now."""

    key: Key
    type: ValType
    bits: int
    same: Source | None


class Opener:
    """Fills the items of values whose keys are opened."""

    def __init__(self, texts: ObjectTexts) -> None:
        self._texts = texts

    def value(self, name: str, t: ValType, type_text: str, bits: int, key: Key,
              mutable: bool = True) -> Value:
        """A value, closed. Its key says whether there is something to open."""
        text, ref = self._texts.look(t, bits)
        opens = ref is not None and ref.kind in IN_HEAP and ref.length > 0
        return Value(name, type_text, text, bits, None, mutable, ref, key if opens else ())

    def opened(self, value: Value, t: ValType, opened: Collection[Key], times: Times) -> Value:
        """The value with its items, if it is among the opened ones; a closed one whose object has
        changed says so."""
        if not value.key or value.ref is None:
            return value
        found = _Object(value.key, t, value.bits, _unless_another(times, value.bits))
        if value.key not in opened:
            changed = value.before is None and self._changed(found, times)
            return replace(value, before=value.text) if changed else value
        return replace(value, items=tuple(
            self._part(found, 0, value.ref.length, opened, times)))

    def members(self, t: ValType, bits: int, start: int, count: int) -> tuple[Value, ...]:
        """Some fields, elements or values of an object, with nothing opened."""
        view = self._texts.view(t, bits, None, start, count)
        return tuple(self._members(_Object((), t, bits, None), view))

    # -- objects -----------------------------------------------------------------------------

    def _part(self, found: _Object, first: int, last: int, opened: Collection[Key],
              times: Times) -> Iterator[Value]:
        few = self._few(found)
        if last - first > few:
            for start, end in groups(first, last, few):
                group = self._group(found, start, end, times)
                if group.key in opened:
                    group = replace(group, items=tuple(
                        self._part(found, start, end, opened, times)))
                yield group
            return
        view = self._texts.view(found.type, found.bits, None, first, last - first)
        for value, item in zip(self._members(found, view), view.items, strict=True):
            yield self.opened(value, item.type, opened, times)

    def _members(self, found: _Object, view: ObjectView) -> Iterator[Value]:
        before = None if found.same is None else self._texts.view(
            found.type, found.bits, found.same, view.start, len(view.items))
        for i, item in enumerate(view.items):
            number = view.start + i
            name = f"[{number}]" if view.kind == "array" else item.name or str(number)
            value = self.value(name, item.type, item.text, item.bits, (*found.key, number),
                               item.mutable)
            # of the same reference only the object may have changed: that is told without its text
            bits = before.items[i].bits if before and i < len(before.items) else item.bits
            if bits != item.bits:
                was = self._texts.text(item.type, bits, found.same)
                value = replace(value, before=was)
            yield value

    def _few(self, found: _Object) -> int:
        """How many elements are shown without groups."""
        view = self._texts.view(found.type, found.bits, None, 0, 1)
        packed = view.kind == "array" and view.items[0].type in (I8, I16)
        return _CHARACTERS if packed else PAGE

    def _group(self, found: _Object, first: int, last: int, times: Times) -> Value:
        """Some elements of an array under one name, with how they begin."""
        text = self._texts.beginning(
            self._texts.view(found.type, found.bits, None, first, min(_CHARACTERS, last - first)))
        width = self._texts.width(found.bits)
        start, size = found.bits + _HEADER + first * width, (last - first) * width
        changed = found.same is not None and size <= _COMPARED and (
            found.same.read(start, size) != times.now.read(start, size))
        name = f"[{first}…{last - 1}]"
        return Value(name, "", text, 0, text if changed else None, True, None, (*found.key, name))

    def _changed(self, found: _Object, times: Times) -> bool:
        """Whether anything in an object itself is different from before."""
        size = 0 if found.same is None else self._texts.size(found.bits)
        return found.same is not None and size <= _COMPARED and (
            found.same.read(found.bits, size) != times.now.read(found.bits, size))

    # -- tables ------------------------------------------------------------------------------

    def table(self, name: str, t: ValType, type_text: str, key: Key, entries: Times,
              opened: Collection[Key], heap: Times) -> Value:
        """A table as a value; `entries` are its bytes."""
        length = entries.now.size // _WORD
        start = [self._texts.text(t, _entry(entries.now, i), None, 0)
                 for i in range(min(3, length))]
        more = ["…"] if length > len(start) else []
        text = f"[{length}] {', '.join([*start, *more])}".rstrip()
        value = Value(name, type_text, text, length, None, True, None, key if length else ())
        if value.key in opened:
            items = self._entries(t, type_text, key, entries, (0, length), opened, heap)
            return replace(value, items=tuple(items))
        return value

    def _entries(self, t: ValType, type_text: str, key: Key, entries: Times,
                 span: tuple[int, int], opened: Collection[Key], heap: Times) -> Iterator[Value]:
        first, last = span
        for start, end in groups(first, last) if last - first > PAGE else ():
            name = f"[{start}…{end - 1}]"
            group = Value(name, "", "", 0, None, True, None, (*key, name))
            if group.key in opened:
                group = replace(group, items=tuple(self._entries(
                    t, type_text, key, entries, (start, end), opened, heap)))
            yield group
        for i in range(first, last if last - first <= PAGE else first):
            yield self.opened(self.entry(t, type_text, key, entries, i, heap), t, opened, heap)

    def entry(self, t: ValType, type_text: str, key: Key, entries: Times, i: int,
              heap: Times) -> Value:
        """One element of a table."""
        value = self.value(f"[{i}]", t, type_text, _entry(entries.now, i), (*key, i))
        if entries.before is None:
            return value
        was = self._texts.text(t, _entry(entries.before, i), heap.before)
        return value if was == value.text else replace(value, before=was)


def _entry(entries: Source, i: int) -> int:
    return int.from_bytes(entries.read(i * _WORD, _WORD), "little")


def _unless_another(times: Times, offset: int) -> Source | None:
    """The heap before, if it had an object of this type and length at the offset, too."""
    before = times.before
    if before is None or before.read(offset, _HEADER) != times.now.read(offset, _HEADER):
        return None
    return before


def groups(first: int, last: int, few: int = PAGE) -> Iterator[tuple[int, int]]:
    """Parts of a long array: at most PAGE of them, of `few` elements, or PAGE times so many, …"""
    size = few
    while size * PAGE < last - first:
        size *= PAGE
    for start in range(first, last, size):
        yield start, min(start + size, last)


