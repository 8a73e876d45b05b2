"""Frames, scopes and values, under numbers that hold until the program moves on."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count

from debugger.exchange import CommandError
from debugger.session import Session
from debugger.sourcevalues import SourceValue
from debugger.values import VECTOR_VIEWS, format_vector
from debugger.views import Value

_POINTERS = ("i32", "i64")
_EXPRESSIONS = ("$", "global[", "table[")
_INDEX = re.compile(r"\[(\d{1,12})\]")
MOST = 10_000           # values that are given at once


@dataclass(frozen=True, slots=True)
class Frame:
    """One level of the call stack, 0 the innermost."""

    level: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A variable: what it is worth as text, and how to look into it or at what it points to.

    `expression` gives it again in its frame, '' if nothing does. `place` and `size` say where in
    memory it lies (-1: not there).
    """

    name: str
    value: str
    type: str = ""
    memory: str = ""
    inside: Inside | None = None
    expression: str = ""
    place: int = -1
    size: int = 0


@dataclass(frozen=True, slots=True)
class Inside:
    """What is in something: `get(hexadecimal, first, count)` gives some of it. `indexed` are
    elements, else it is `named` members; 0 and 0 where counting them would be work.

    Of a frame's values `level` is its number; `name` and `hint` are those of a scope.
    """

    get: Callable[[bool, int, int], list[Shown]]
    named: int = 0
    indexed: int = 0
    level: int = -1
    name: str = ""
    hint: str = ""

    def find(self, name: str) -> Shown | None:
        """One of them by its name."""
        if self.indexed and (match := _INDEX.fullmatch(name)):
            return next(iter(self.get(False, int(match[1]), 1)), None)
        return next((each for each in self.get(False, 0, MOST) if each.name == name), None)


def listed(content: Callable[[bool], list[Shown]]) -> Callable[[bool, int, int], list[Shown]]:
    """Pages of what comes as a whole."""
    return lambda hex_, first, count: content(hex_)[first:first + count]


class Handles:
    """Numbers for frames and for what can be opened. None is used twice in a session, so that a
    number from before the last stop is told from one of now."""

    def __init__(self) -> None:
        self._count = count(1)
        self._known: dict[int, Frame | Inside] = {}

    def forget(self) -> None:
        """The program has moved: what the numbers stood for is no more."""
        self._known.clear()

    def put(self, what: Frame | Inside) -> int:
        handle = next(self._count)
        self._known[handle] = what
        return handle

    def frame(self, handle: int) -> Frame:
        found = self._known.get(handle)
        if not isinstance(found, Frame):
            raise CommandError(f"there is no frame {handle} at this stop")
        return found

    def inside(self, handle: int) -> Inside:
        found = self._known.get(handle)
        if not isinstance(found, Inside):
            raise CommandError(f"there is nothing under {handle} at this stop")
        return found


def scopes(session: Session, level: int) -> list[Inside]:
    """What a frame shows: the source's variables first where they are known."""
    found = [(name, hint, listed(content)) for name, hint, content in (
        ("Locals", "locals", lambda hex_: _values(session, session.state(level).locals, hex_)),
        ("Operands", "registers", lambda hex_: _operands(session, level, hex_)),
        ("Globals", "globals", lambda hex_: _values(session, session.state(level).globals, hex_)),
        ("Tables", "tables", lambda hex_: _values(session, session.state(level).tables, hex_)),
        ("Memories", "memory", lambda _: _memories(session)),
        ("Time", "time", lambda _: _time(session)),
    )]
    if session.variables() is not None:
        found[0] = ("Wasm locals", "registers", found[0][2])
        found.insert(0, ("Locals", "locals", listed(lambda hex_: [
            from_source(session, each) for each in session.source_values(hex_)])))
    return [Inside(content, level=level, name=name, hint=hint) for name, hint, content in found
            if not (name == "Tables" and not session.state(level).tables)
            and not (name == "Memories" and not session.memory_sizes())]


def from_source(session: Session, value: SourceValue) -> Shown:
    """A value of the source, with the frame selected that it belongs to."""
    level, inside = session.frame, None
    if value.named or value.indexed:
        def get(hex_: bool, first: int, count: int) -> list[Shown]:
            session.select_frame(level)
            return [from_source(session, each)
                    for each in session.inside(value, first, count, hex_)]
        inside = Inside(get, value.named, value.indexed, level)
    place = value.pointer or (-1 if value.address is None else value.address)
    return Shown(value.name, value.text, value.type, f"{place:#x}" if place >= 0 else "", inside,
                 value.expression, -1 if value.address is None else value.address, value.size)


def _operands(session: Session, level: int, hex_: bool) -> list[Shown]:
    values = _values(session, session.state(level).stack, hex_)
    return [replace(value, name=f"stack({value.name})", expression=f"stack({value.name})")
            for value in values]


def _values(session: Session, values: Sequence[Value], hex_: bool) -> list[Shown]:
    return [shown(session, value, hex_) for value in values]


def shown(session: Session, value: Value, hex_: bool, of: str = "") -> Shown:
    """A value of wasm, or a part `of` one; an integer that lies inside memory 0 can be followed
    there, and what a reference refers to be opened."""
    expression = value.name if value.name.startswith(_EXPRESSIONS) else ""
    if of:
        expression = of + ("" if value.name.startswith("[") else ".") + value.name
    if value.type == "v128":
        lanes = Inside(listed(lambda _: _lanes(value.bits)), len(VECTOR_VIEWS))
        return Shown(value.name, value.text, value.type, "", lanes, expression)
    if value.key:
        return Shown(value.name, value.text, value.type, "",
                     _object(session, value, expression), expression)
    sizes = session.memory_sizes()
    pointer = value.type in _POINTERS and 0 < value.bits < (sizes[0] if sizes else 0)
    text = f"{value.bits:#x}" if hex_ and value.type in _POINTERS else value.text
    return Shown(value.name, text, value.type, f"{value.bits:#x}" if pointer else "", None,
                 expression)


def _object(session: Session, value: Value, expression: str) -> Inside:
    """What is in a structure, array, exception or table."""
    count = value.bits if value.ref is None else value.ref.length
    elements = value.ref is None or value.ref.kind == "array"

    def get(hex_: bool, first: int, count: int) -> list[Shown]:
        return [shown(session, each, hex_, expression)
                for each in session.members(value, first, count)]
    return Inside(get, 0 if elements else count, count if elements else 0)


def _lanes(bits: int) -> list[Shown]:
    return [Shown(view, format_vector(view, bits)) for view in VECTOR_VIEWS]


def _memories(session: Session) -> list[Shown]:
    return [Shown(f"memory {i}", f"{size:,} bytes", f"{size >> 16} pages",
                  reference(i, 0)) for i, size in enumerate(session.memory_sizes())]


def _time(session: Session) -> list[Shown]:
    history = session.history()
    return [Shown("step", f"{session.cursor}"), Shown("recorded", f"{session.total}"),
            Shown("end", history.end or "not reached yet")]


def reference(memory: int, address: int) -> str:
    """A memory reference: the address, and before it the memory's index if it isn't the first."""
    return f"{memory}:{address:#x}" if memory else f"{address:#x}"


def parse_reference(text: str) -> tuple[int, int]:
    """The memory's index and the address of a memory reference."""
    memory, colon, address = text.rpartition(":")
    try:
        return int(memory) if colon else 0, int(address, 0)
    except ValueError:
        raise CommandError(f"'{text[:40]}' is no memory reference: 0x1f40, or 1:0x1f40 in "
                           "memory 1") from None
