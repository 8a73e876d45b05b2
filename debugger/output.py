"""What the program printed, found by step in the journal."""

from __future__ import annotations

from bisect import bisect_left

from debugger.views import EventView, OutputView
from gabagool.runtime.journal import Journal


class OutputIndex:
    """Bisects the journal, so that a look costs little however much has been printed."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def view(self, cursor: int, limit: int, events: tuple[EventView, ...] = (),
             end: int | None = None) -> OutputView:
        """Output as of the cursor, at most `limit` bytes of it as text, which end at byte `end` or
        with the last; and the events around the cursor."""
        columns = self._journal.entries.columns
        done = bisect_left(columns.steps, cursor)
        total = columns.printed[done - 1] if done else 0
        last = columns.printed[-1] if columns.printed else 0
        paged, end = end is not None, total if end is None else max(0, min(end, total))
        data = self._before(end, limit)
        start = end - len(data)
        if paged and start and start < end:
            cut = data.find(b"\n") + 1
            data, start = data[cut:], start + cut
        return OutputView(data.decode("utf-8", "replace"), total, last - total, events, start, end)

    def _before(self, end: int, limit: int) -> bytes:
        """The last `limit` of the first `end` bytes printed."""
        entries = self._journal.entries
        printing, printed = entries.columns.outputs, entries.columns.printed
        parts: list[bytes] = []
        at = bisect_left(printing, end, key=printed.__getitem__)     # it prints byte `end` - 1
        size = -(printed[printing[at]] - end) if end else limit
        while size < limit and at >= 0:
            parts.append(b"".join(data for _, data in entries[printing[at]].output))
            size += len(parts[-1])
            at -= 1
        data = b"".join(reversed(parts))
        first = len(data) - size
        return data[max(0, size - limit):size] if first >= 0 and end else b""
