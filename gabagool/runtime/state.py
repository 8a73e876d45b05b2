"""A machine's whole state at a boundary, as frozen data (what `Machine.capture` returns)."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from gabagool.errors import SnapshotError
from gabagool.records import dataclass
from gabagool.runtime import wire
from gabagool.runtime.pages import Pages

# () while running; then ("finished", result bits…), ("exit", code), ("trap", message) or
# ("exception", reference bits).
Outcome = tuple[int | str, ...]
Dropped = tuple[str, int, int, int]
MAX_STEP = 1 << 60        # a century's; native code adds to steps
_DROPPED = struct.Struct("<BIII")
_KINDS = ("data", "elem")


@dataclass(frozen=True, slots=True)
class Control:
    """Where execution stands: all that isn't in a region.

    `func` is the store address of the innermost frame's function (0 when ended or not started)
    and `offset` the byte offset of its next instruction in the module (-1 when ended); `fp` is
    that frame's offset in the stack region, `height` its operand slots; `depth` the number of
    frames, `stack_size` the bytes of stack in use; `dropped` the segments dropped, as ranges
    ("data" or "elem", instance, first, end).
    """

    func: int
    offset: int
    fp: int
    height: int
    depth: int
    stack_size: int
    dropped: tuple[Dropped, ...] = ()
    outcome: Outcome = ()

    def wire(self) -> tuple[object, ...]:
        """This for msgpack."""
        dropped = b"".join(_DROPPED.pack(_KINDS.index(kind), *span) for kind, *span in self.dropped)
        return (self.func, self.offset, self.fp, self.height, self.depth, self.stack_size,
                dropped, _outcome_wire(self.outcome))

    @classmethod
    def unwire(cls, value: object) -> Control:
        """The inverse of `wire`; SnapshotError unless every field has its type and range."""
        func, offset, fp, height, depth, size, dropped, outcome = wire.array(
            value, "the control state", 8)
        return cls(
            wire.integer(func, "the current function", 0, wire.U32),
            wire.integer(offset, "the current offset", -1, wire.U32),
            wire.integer(fp, "the frame offset"),
            wire.integer(height, "the operand height", 0, wire.U32),
            wire.integer(depth, "the call depth", 0, wire.U32),
            wire.integer(size, "the stack size"),
            _dropped(wire.blob(dropped, "the dropped segments")), _outcome(outcome))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """State at the boundary before `step` executes: regions by name, control state, host state
    (bytes of the host objects), and how many journal entries came before."""

    step: int
    regions: Mapping[str, Pages]
    control: Control
    host: bytes
    journal: int


def _outcome_wire(outcome: Outcome) -> object:
    return [wire.pack_bits(part) if isinstance(part, int) and part > 0 else part
            for part in outcome]


def _outcome(value: object) -> Outcome:
    match wire.array(value, "the outcome"):
        case ():
            return ()
        case ("finished", *results):
            return ("finished", *(wire.bits(bits, "a result") for bits in results))
        case ("exit", code):
            return ("exit", wire.integer(code, "the exit code", -1 << 31, wire.U32))
        case ("trap", message):
            return ("trap", wire.text(message, "the trap"))
        case ("exception", ref):
            return ("exception", wire.integer(ref, "the uncaught exception"))
    raise SnapshotError("the outcome is of no known kind")


def _dropped(data: bytes) -> tuple[Dropped, ...]:
    if len(data) % _DROPPED.size:
        raise SnapshotError("the dropped segments are cut short")
    items = []
    for kind, instance, first, end in _DROPPED.iter_unpack(data):
        if kind >= len(_KINDS) or first >= end:
            raise SnapshotError("the dropped segments are damaged")
        items.append((_KINDS[kind], instance, first, end))
    return tuple(items)
