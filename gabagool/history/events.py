"""What happened in a recording, as the timeline and the event list show it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from gabagool.records import dataclass
from gabagool.runtime.collected import Collections
from gabagool.runtime.journal import Entry
from gabagool.runtime.stops import Stop, StopReason
from gabagool.runtime.throws import Throw, Throws

_LONGEST = 200       # characters of an event's text


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at a step. `kind` is 'output', 'host' (a host call), 'grow' (the
    host grew a memory), 'throw' (an exception that was caught), 'collect' (garbage), or how it
    ended: 'trap', 'exit', 'exception' (one that was not), 'finished'."""

    step: int
    kind: str
    text: str


def between(entries: Sequence[Entry], ended: Stop | None, first: int, last: int) -> list[Event]:
    """The events of the steps [first, last), from a journal (rising steps) and the end."""
    start = bisect_left(entries, first, key=_step)
    stop = bisect_left(entries, last, lo=start, key=_step)
    events = [event for entry in entries[start:stop] for event in _of_call(entry)]
    if ended is not None and first <= ended.step < last:
        events.append(_of_end(ended))
    return events


def thrown(throws: Throws, text: Callable[[Throw], str], first: int,
           last: int) -> Iterator[Event]:
    """The exceptions thrown in the steps [first, last) and caught; `text` describes one."""
    for i in range(throws.index(first), throws.index(last)):
        if throws[i].caught is not None:
            yield Event(throws[i].step, "throw", text(throws[i])[:_LONGEST])


def collected(collections: Collections, first: int, last: int) -> Iterator[Event]:
    """The garbage collections of the steps [first, last)."""
    steps = collections.steps
    for i in range(bisect_left(steps, first), bisect_left(steps, last)):
        yield Event(steps[i], "collect", f"garbage collection {i + 1}: {collections[i]}")


def _step(entry: Entry) -> int:
    return entry.step


def _of_call(entry: Entry) -> Iterator[Event]:
    for fd, data in entry.output:
        shown = data[:_LONGEST].decode("utf-8", "replace")
        yield Event(entry.step, "output", f"{fd}: {shown!r}")
    if not entry.output:
        values = ", ".join(map(str, entry.args))
        results = ", ".join(map(str, entry.results))
        text = f"{entry.name}({values})" + (f" = {results}" if results else "")
        yield Event(entry.step, "host", text[:_LONGEST])
    for effect in entry.effects:
        if effect[0] == "grow":
            yield Event(entry.step, "grow", f"memory {effect[1]} by {effect[2]} pages")


def _of_end(ended: Stop) -> Event:
    if ended.reason is StopReason.TRAP:
        text = ended.trap.message if ended.trap else "trap"
    elif ended.exception is not None:
        text = ended.exception.message
    elif ended.reason is StopReason.EXIT:
        text = f"exit code {ended.exit_code}"
    else:
        text = "finished"
    return Event(ended.step, ended.reason.value, text)
