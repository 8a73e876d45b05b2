"""Frames, scopes and values, under numbers that hold until the program moves on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

from debugger.exchange import CommandError
from debugger.session import Session
from debugger.values import VECTOR_VIEWS, format_vector
from debugger.views import Value

_POINTERS = ("i32", "i64")


@dataclass(frozen=True, slots=True)
class Frame:
    """One level of the call stack, 0 the innermost."""

    level: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A variable: what it is worth as text, and how to look into it or at what it points to."""

    name: str
    value: str
    type: str = ""
    memory: str = ""
    inside: Children | None = None


Children = Callable[[bool], list[Shown]]        # whether integers are to be hexadecimal


@dataclass(frozen=True, slots=True)
class Scope:
    """A heading of a frame's values, and how the protocol calls its kind."""

    name: str
    hint: str
    level: int
    content: Children

    def __call__(self, hex_: bool) -> list[Shown]:
        return self.content(hex_)


class Handles:
    """Numbers for frames and for what can be opened. None is used twice in a session, so that a
    number from before the last stop is told from one of now."""

    def __init__(self) -> None:
        self._count = count(1)
        self._known: dict[int, Frame | Children] = {}

    def forget(self) -> None:
        """The program has moved: what the numbers stood for is no more."""
        self._known.clear()

    def put(self, what: Frame | Children) -> int:
        handle = next(self._count)
        self._known[handle] = what
        return handle

    def frame(self, handle: int) -> Frame:
        found = self._known.get(handle)
        if not isinstance(found, Frame):
            raise CommandError(f"there is no frame {handle} at this stop")
        return found

    def scope(self, handle: int) -> Scope | None:
        """The scope under a number; None if that is something else."""
        found = self._known.get(handle)
        return found if isinstance(found, Scope) else None

    def children(self, handle: int) -> Children:
        found = self._known.get(handle)
        if found is None or isinstance(found, Frame):
            raise CommandError(f"there is nothing under {handle} at this stop")
        return found


def scopes(session: Session, level: int) -> list[Scope]:
    """What a frame shows."""
    return [Scope(name, hint, level, content) for name, hint, content in (
        ("Locals", "locals", lambda hex_: _values(session, session.state(level).locals, hex_)),
        ("Operands", "registers", lambda hex_: _operands(session, level, hex_)),
        ("Globals", "globals", lambda hex_: _values(session, session.state(level).globals, hex_)),
        ("Memories", "memory", lambda _: _memories(session)),
        ("Time", "time", lambda _: _time(session)),
    )]


def _operands(session: Session, level: int, hex_: bool) -> list[Shown]:
    values = _values(session, session.state(level).stack, hex_)
    return [Shown(f"stack({value.name})", value.value, value.type, value.memory, value.inside)
            for value in values]


def _values(session: Session, values: Sequence[Value], hex_: bool) -> list[Shown]:
    sizes = session.memory_sizes()
    return [shown(value, sizes[0] if sizes else 0, hex_) for value in values]


def shown(value: Value, memory: int, hex_: bool) -> Shown:
    """A value; an integer that lies inside memory 0 can be followed there."""
    if value.type == "v128":
        return Shown(value.name, value.text, value.type, "", lambda _: _lanes(value.bits))
    pointer = value.type in _POINTERS and 0 < value.bits < memory
    text = f"{value.bits:#x}" if hex_ and value.type in _POINTERS else value.text
    return Shown(value.name, text, value.type, f"{value.bits:#x}" if pointer else "")


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
