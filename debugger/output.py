"""What the program printed, found by step in the journal."""

from __future__ import annotations

from bisect import bisect_left

from debugger.views import EventView, OutputView
from gabagool import Machine
from gabagool.runtime.journal import Journal


class OutputIndex:
    """Bisects the journal, so that a look costs little however much has been printed."""

    def __init__(self, machine: Machine) -> None:
        self._journal = machine.journal or Journal()

    def view(self, cursor: int, limit: int,
             events: tuple[EventView, ...] = ()) -> OutputView:
        """Output as of the cursor, its last `limit` bytes as text, and the events around it."""
        columns = self._journal.entries.columns
        done = bisect_left(columns.steps, cursor)
        total = columns.printed[done - 1] if done else 0
        last = columns.printed[-1] if columns.printed else 0
        text = self._tail(done, limit).decode("utf-8", "replace")
        return OutputView(text, total, last - total, events)

    def _tail(self, done: int, limit: int) -> bytes:
        """The last `limit` bytes that the first `done` entries printed."""
        entries = self._journal.entries
        printing = entries.columns.outputs
        parts: list[bytes] = []
        size = 0
        for at in range(bisect_left(printing, done) - 1, -1, -1):
            if size >= limit:
                break
            parts.append(b"".join(data for _, data in entries[printing[at]].output))
            size += len(parts[-1])
        return b"".join(reversed(parts))[-limit:] if limit else b""
