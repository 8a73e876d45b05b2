"""What has changed in frames, globals and memory since the user has last seen them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from debugger.values import format_vector
from debugger.views import Value
from gabagool import Machine, Snapshot
from gabagool.types import V128, valtype_name

# Beyond this size memories and heap are not compared with what they were: the copy would cost
# too much.
_LARGEST_COMPARED = 256 << 20

_VECTOR = valtype_name(V128)

Named = dict[str, Value]                # by name within one frame or instance
# frame number (outermost 1), instance, funcidx and what of it; or an instance and what of it
ChangeKey = tuple[int, int, int, str] | str


class Changes:
    """What the user has last seen, so that views can say what has changed since.

    A frame is compared with how it was last shown, however deep the cursor went in between; for
    globals and memory it is the previous cursor that counts.
    """

    def __init__(self) -> None:
        self._cursor: int | None = None
        self._now: dict[ChangeKey, Named] = {}
        self._before: dict[ChangeKey, Named] = {}
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
        size = machine.store.heap.region.size
        size += sum(memory.size for memory in machine.store.memories)
        self.memory = self._memory_now
        self._memory_now = machine.capture() if size <= _LARGEST_COMPARED else None

    def against(self, before: Snapshot, cursor: int, machine: Machine) -> None:
        """Memory is compared with another snapshot, until there is a new cursor."""
        self.at(cursor, machine.depth, machine)
        self.memory = before

    def follow(self, other: Changes) -> None:
        """What was shown last was shown by another: compare with that."""
        self._cursor, self._now, self._before = None, dict(other._now), dict(other._before)
        self._memory_now = other._memory_now

    def compare(self, key: ChangeKey, values: Iterable[Value], view: str) -> tuple[Value, ...]:
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
