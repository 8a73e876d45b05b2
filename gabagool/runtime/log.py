"""What changes a store from outside of the guest, noted while somebody wants to know."""

from __future__ import annotations

from gabagool.records import dataclass
from gabagool.runtime.journal import Effect, Read


@dataclass(frozen=True, slots=True)
class Touch:
    """Something outside native code has written `count` bytes of a memory or elements of a table
    from `start` on, or a global. `old` and `new` are the bytes there, for memories none. It has
    read them if `kind` ends with "read"."""

    kind: str
    addr: int
    start: int
    count: int
    old: bytes
    new: bytes

    @property
    def width(self) -> int:
        """Bytes of an element."""
        return len(self.new) // self.count


class Log:
    """Effects of the host call under way; None when nobody is recording.

    `reads` are the ranges of memory that it has read. `touched` collects what Python writes,
    whether in a host call or not; None while nothing is tapped.
    """

    __slots__ = ("effects", "reads", "touched")

    def __init__(self) -> None:
        self.effects: list[Effect] | None = None
        self.reads: list[Read] = []
        self.touched: list[Touch] | None = None

    def note(self, effect: Effect) -> None:
        if self.effects is not None:
            self.effects.append(effect)

    def touch(self, kind: str, addr: int, start: int, count: int, old: bytes = b"",
              new: bytes = b"") -> None:
        if self.touched is not None and count:
            self.touched.append(Touch(kind, addr, start, count, old, new))

    def saw(self, kind: str, addr: int, start: int, count: int) -> None:
        """So many bytes of a memory, or elements of a table, have been read."""
        self.touch(f"{kind} read", addr, start, count)
