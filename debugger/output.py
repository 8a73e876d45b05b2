"""What the program printed, found by step in the journal."""

from __future__ import annotations

from bisect import bisect_left

from debugger.views import EventView, OutputView
from gabagool.runtime.journal import Entry, Journal


class OutputIndex:
    """The journal's entries by step, with sums of output.

    It grows with the journal, so that a look costs a few bisections however long the recording.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._steps: list[int] = []                     # of all entries
        self._printed: list[int] = []                   # bytes printed up to each entry's end
        self._printing: list[int] = []                  # entries that print

    def _entries(self) -> list[Entry]:
        """The journal, after what is new in it has been taken in."""
        entries = self._journal.entries
        for i in range(len(self._steps), len(entries)):
            entry = entries[i]
            size = sum(len(data) for _, data in entry.output)
            self._steps.append(entry.step)
            self._printed.append((self._printed[-1] if self._printed else 0) + size)
            if size:
                self._printing.append(i)
        return entries

    def view(self, cursor: int, limit: int,
             events: tuple[EventView, ...] = ()) -> OutputView:
        """Output as of the cursor, its last `limit` bytes as text, and the events around it."""
        entries = self._entries()
        done = bisect_left(self._steps, cursor)
        total = self._printed[done - 1] if done else 0
        last = self._printed[-1] if self._printed else 0
        text = self._tail(entries, done, limit).decode("utf-8", "replace")
        return OutputView(text, total, last - total, events)

    def _tail(self, entries: list[Entry], done: int, limit: int) -> bytes:
        """The last `limit` bytes that the first `done` entries printed."""
        printing = self._printing
        parts: list[bytes] = []
        size = 0
        for i in reversed(printing[:bisect_left(printing, done)]):
            if size >= limit:
                break
            parts.append(b"".join(data for _, data in entries[i].output))
            size += len(parts[-1])
        return b"".join(reversed(parts))[-limit:] if limit else b""
