"""What the program printed and what happened to it, found by step in the journal."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from debugger.views import EventView, OutputView
from gabagool import Machine
from gabagool.history import events
from gabagool.history.recorder import Recorder
from gabagool.runtime.journal import Entry, Journal

_AROUND = 100       # events that the output view has on either side of the cursor


class OutputIndex:
    """The journal's entries by step: sums of output, and first events of a kind in a range.

    It grows with the journal, so that a look costs a few bisections however long the recording.
    """

    def __init__(self, machine: Machine, recorder: Recorder) -> None:
        self._machine = machine
        self._recorder = recorder
        self._journal = machine.journal or Journal()
        self._steps: list[int] = []                     # of all entries
        self._printed: list[int] = []                   # bytes printed up to each entry's end
        self._kinds: dict[str, list[int]] = {}          # entries with such an event

    def _entries(self) -> list[Entry]:
        """The journal, after what is new in it has been taken in."""
        entries = self._journal.entries
        for i in range(len(self._steps), len(entries)):
            entry = entries[i]
            size = sum(len(data) for _, data in entry.output)
            self._steps.append(entry.step)
            self._printed.append((self._printed[-1] if self._printed else 0) + size)
            if size:
                self._kinds.setdefault("output", []).append(i)
            if any(effect[0] == "grow" for effect in entry.effects):
                self._kinds.setdefault("grow", []).append(i)
        return entries

    def view(self, cursor: int, limit: int) -> OutputView:
        """Output as of the cursor, its last `limit` bytes as text, and the events around it."""
        entries = self._entries()
        done = bisect_left(self._steps, cursor)
        total = self._printed[done - 1] if done else 0
        last = self._printed[-1] if self._printed else 0
        text = self._tail(entries, done, limit).decode("utf-8", "replace")
        return OutputView(text, total, last - total, tuple(self._around(entries, done, cursor)))

    def _tail(self, entries: list[Entry], done: int, limit: int) -> bytes:
        """The last `limit` bytes that the first `done` entries printed."""
        printing = self._kinds.get("output", [])
        parts: list[bytes] = []
        size = 0
        for i in reversed(printing[:bisect_left(printing, done)]):
            if size >= limit:
                break
            parts.append(b"".join(data for _, data in entries[i].output))
            size += len(parts[-1])
        return b"".join(reversed(parts))[-limit:] if limit else b""

    def _around(self, entries: list[Entry], done: int, cursor: int) -> Iterator[EventView]:
        near = entries[max(0, done - _AROUND):done + _AROUND]
        first = near[0].step if near else cursor
        called = events.between(near, self._recorder.ended, min(first, cursor), 1 << 62)
        thrown = _stretch(self._recorder.throws.steps, cursor)
        collected = _stretch(self._recorder.collections.steps, cursor)
        for event in heapq.merge(self._thrown(*thrown), self._collected(*collected), called,
                                 key=lambda e: e.step):
            yield EventView(event.step, event.kind, event.text)

    def _thrown(self, first: int, last: int) -> Iterator[events.Event]:
        return events.thrown(self._recorder.throws, self._machine.throw_text, first, last)

    def _collected(self, first: int, last: int) -> Iterator[events.Event]:
        return events.collected(self._recorder.collections, first, last)

    def first_events(self, edges: list[int]) -> Iterator[EventView]:
        """For each cell between two edges, the first event of each kind in it, and the end."""
        entries = self._entries()
        for first, last in pairwise(edges):
            if first >= last:
                continue
            for kind, found in self._kinds.items():
                at = bisect_left(found, first, key=self._steps.__getitem__)
                if at < len(found) and self._steps[found[at]] < last:
                    yield next(EventView(event.step, event.kind, event.text)
                               for event in events.between([entries[found[at]]], None, first, last)
                               if event.kind == kind)
            for each in (self._thrown(first, last), self._collected(first, last)):
                for event in islice(each, 1):
                    yield EventView(event.step, event.kind, event.text)
        for event in events.between((), self._recorder.ended, edges[0], edges[-1]):
            yield EventView(event.step, event.kind, event.text)


def _stretch(steps: Sequence[int], cursor: int) -> tuple[int, int]:
    """[first, last) of the steps around the cursor."""
    done = bisect_left(steps, cursor)
    near = steps[max(0, done - _AROUND):done + _AROUND]
    return (near[0], near[-1] + 1) if near else (0, 0)
