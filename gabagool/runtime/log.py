"""What changes a store from outside of the guest, noted while somebody wants to know."""

from __future__ import annotations

from gabagool.runtime.journal import Effect, Read


class Log:
    """Effects of the host call under way; None when nobody is recording.

    `reads` are the ranges of memory that it has read. `watched` is a memory's address and a byte range [start, end) in it; `hit` is set when
    something outside native code writes there.
    """

    __slots__ = ("effects", "hit", "reads", "watched")

    def __init__(self) -> None:
        self.effects: list[Effect] | None = None
        self.reads: list[Read] = []
        self.watched: tuple[int, int, int] | None = None
        self.hit = False

    def note(self, effect: Effect) -> None:
        if self.effects is not None:
            self.effects.append(effect)
        if self.watched is not None and effect[0] == "memory" and effect[3]:
            memory, start, end = self.watched
            self.hit |= effect[1] == memory and effect[2] < end and (
                effect[2] + len(effect[3]) > start)
