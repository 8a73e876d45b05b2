"""What the user looks at, apart from the cursor: a function, a memory, a stretch of history."""

from __future__ import annotations

from dataclasses import dataclass

from debugger.exchange import Layout
from debugger.session import Session
from debugger.views import Key, TimelineView

_SEARCHED = 1 << 20
_MEMORY_ROW = 16  # bytes per row that a Layout counts in


def first_used_address(session: Session) -> int:
    """The row of the first byte that isn't zero, since programs leave the beginning empty."""
    size = min(session.memory_sizes()[0], _SEARCHED) if session.memory_sizes() else 0
    data = session.read_memory(0, 0, size) if size else b""
    zeros = len(data) - len(data.lstrip(b"\0"))
    return zeros // _MEMORY_ROW * _MEMORY_ROW if zeros < len(data) else 0


@dataclass
class Looking:
    """The mutable half of a `Layout`; the sizes of the panes are the other half."""

    code_func: tuple[int, int] | None = None
    frames_first: int | None = None
    output_end: int | None = None
    memory: int = 0
    memory_address: int = 0
    viewport: tuple[int, int] | None = None
    event_kinds: tuple[str, ...] = ()
    opened: frozenset[Key] = frozenset()
    heat: bool = False

    def layout(self, *, memory_bytes: int, cells: int) -> Layout:
        """What the session is to show."""
        return Layout(
            code_func=self.code_func,
            frames_first=self.frames_first,
            output_end=self.output_end,
            memory=self.memory,
            memory_address=self.memory_address,
            memory_rows=max(1, -(-memory_bytes // _MEMORY_ROW)),
            cells=max(1, cells),
            view=self.viewport,
            event_kinds=self.event_kinds,
            opened=self.opened,
            heat=self.heat,
        )

    def show_steps(self, first: int, last: int, total: int) -> None:
        """Another viewport; all of history is none, so that it grows with it."""
        self.viewport = None if first <= 0 and last > total else (first, last)

    def follow(self, timeline: TimelineView) -> bool:
        """Moves the viewport to a cursor that has left it; whether it had to."""
        if self.viewport is None:
            return False
        first, last = self.viewport
        if first <= timeline.cursor < last:
            return False
        span = last - first
        first = max(0, min(timeline.cursor - span // 2, timeline.total + 1 - span))
        self.show_steps(first, first + span, timeline.total)
        return True
