"""What has happened in the recording: by kind, around a step, next to it, and in words."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import pairwise
from threading import Event

from debugger.run import Run
from debugger.views import EventView
from gabagool import Machine
from gabagool.history import events, hits
from gabagool.history.recorder import Recorder
from gabagool.isa import FORMS
from gabagool.runtime.host import Caller
from gabagool.runtime.journal import Entry
from gabagool.runtime.tapping import Forms, TapSpec
from gabagool.wasi import describe

# As the user names them. 'call' are host calls that print nothing, 'collect' garbage
# collections, 'end' how the program ended.
KINDS = ("output", "call", "grow", "throw", "collect", "break", "end")
_GROWS = frozenset(form.name for form in FORMS if form.name.startswith("memory.grow"))
_GROW_NUMBERS = frozenset(i for i, form in enumerate(FORMS) if form.name in _GROWS)
_AROUND = 100       # events that are shown on either side of the cursor
_MOST = 10_000      # instructions that grow memory which are remembered
_STEPS_AT_ONCE, _CALLS_AT_ONCE = 1 << 26, 2000      # looked through at a time: some 100 ms
_LONGEST = 200      # characters of a text


class EventList:
    """Events are found by bisection, however many there are. Looking never moves the cursor."""

    def __init__(self, machine: Machine, recorder: Recorder,
                 stops: Callable[[], Sequence[int]]) -> None:
        self._machine = machine
        self._recorder = recorder
        self._journal = recorder.journal
        self._stops = stops
        self._texts: dict[int, str] = {}                    # by entry, with what memory told
        self._brief: dict[int, str] = {}                    # by entry, of those in cells
        self._checked: set[int] = set()                     # functions …
        self._growers = False                               # … and whether one of them grows
        self._wordless: set[int] = set()                    # entries in cells, not looked at yet
        self._grows: dict[int, str] = {}                    # by step
        self._grown = 0                                     # up to which step these are known

    def _numbers(self, kind: str) -> Sequence[int] | None:
        """The entries of a kind; None if it has not to do with entries."""
        columns = self._journal.entries.columns
        return {"output": columns.outputs, "call": columns.calls}.get(kind)

    @property
    def _steps(self) -> Sequence[int]:
        """Of all entries."""
        return self._journal.entries.columns.steps

    # -- steps -------------------------------------------------------------------------------

    def _near(self, kind: str, step: int, count: int) -> list[int]:
        """Steps of a kind: the last `count` before a step and as many from it on, rising."""
        found = self._numbers(kind)
        if found is not None:
            at = bisect_left(found, step, key=self._steps.__getitem__)
            return [self._steps[i] for i in found[max(0, at - count):at + count]]
        steps = self._plain(kind)
        at = bisect_left(steps, step)
        return list(steps[max(0, at - count):at + count])

    def _plain(self, kind: str) -> Sequence[int]:
        """All steps of a kind that has not to do with entries."""
        if kind == "grow":
            host = (self._steps[i] for i in self._journal.entries.columns.grown)
            return sorted({*self._grows, *host})
        if kind == "throw":
            return self._recorder.throws.steps
        if kind == "collect":
            return self._recorder.collections.steps
        if kind == "break":
            return sorted(set(self._stops()))
        ended = self._recorder.ended
        return [ended.step] if ended is not None else []

    def beside(self, step: int, forward: bool, kinds: Collection[str]) -> int | None:
        """The step of the next event of some kinds, or the one before."""
        found = [other for kind in kinds or KINDS for other in self._near(kind, step + forward, 2)
                 if (other > step if forward else other < step)]
        return (min if forward else max)(found, default=None)

    # -- views -------------------------------------------------------------------------------

    def around(self, cursor: int, kinds: Collection[str] = ()) -> tuple[EventView, ...]:
        """The events of some kinds (none: all) around the cursor, rising."""
        found = [view for kind in kinds or KINDS for view in self._views(kind, cursor)]
        found.sort(key=lambda view: view.step)
        at = bisect_left(found, cursor, key=lambda view: view.step)
        return tuple(found[max(0, at - _AROUND):at + _AROUND])

    def _views(self, kind: str, cursor: int) -> Iterator[EventView]:
        steps = self._near(kind, cursor, _AROUND)
        if self._numbers(kind) is not None:
            for i in self._indices(kind, steps):
                yield self._entry_view(i, self._journal.entries[i])
        elif kind == "grow":
            for step in steps:
                yield EventView(step, "grow", self._grows.get(step) or self._host_growth(step))
        elif kind == "break":
            for step in steps:
                yield EventView(step, "break", "stopped here")
        elif kind == "collect" and steps:
            for event in events.collected(self._recorder.collections, steps[0], steps[-1] + 1):
                yield EventView(event.step, event.kind, event.text)
        elif kind == "throw" and steps:
            for event in events.thrown(self._recorder.throws, self._machine.throw_text, steps[0],
                                       steps[-1] + 1):
                yield EventView(event.step, event.kind, event.text)
        elif kind == "end":
            for event in events.between((), self._recorder.ended, 0, 1 << 62):
                yield EventView(event.step, event.kind, event.text)

    def _indices(self, kind: str, steps: Sequence[int]) -> Sequence[int]:
        """The entries of a kind at these steps, which follow each other."""
        found = self._numbers(kind)
        if not steps or not found:
            return ()
        first = bisect_left(found, steps[0], key=self._steps.__getitem__)
        return found[first:first + len(steps)]

    def _host_growth(self, step: int) -> str:
        i = bisect_left(self._steps, step)
        return next((f"memory {effect[1]} by {effect[2]} pages, by the host"
                     for effect in self._journal.entries[i].effects if effect[0] == "grow"), "")

    def _entry_view(self, i: int, entry: Entry) -> EventView:
        kind = "output" if entry.output else "call"
        text = self._texts.get(i)
        return EventView(entry.step, kind, self._text(entry, None) if text is None else text)

    def _text(self, entry: Entry, memory: describe.Read | None) -> str:
        if not describe.known(entry.name):
            values = ", ".join(map(str, entry.args))
            results = ", ".join(map(str, entry.results))
            return f"{entry.name}({values}){f' = {results}' if results else ''}"[:_LONGEST]
        written = [(effect[2], effect[3]) for effect in entry.effects if effect[0] == "memory"]
        output = b"".join(data for _, data in entry.output) if entry.output else None
        return describe.describe(entry.name, entry.args, entry.results, written, memory, output)

    def first_of_cells(self, edges: Sequence[int]) -> Iterator[EventView]:
        """For each cell between two edges, the first event of each kind in it."""
        for first, last in pairwise(edges):
            if first >= last:
                continue
            for kind in KINDS[:-1]:
                near = self._near(kind, first, 1)
                if not near or not first <= near[-1] < last or kind == "break":
                    continue
                yield self._in_cell(kind, near[-1])
        yield from (view for view in self._views("end", 0)
                    if edges[0] <= view.step < edges[-1])

    def _in_cell(self, kind: str, step: int) -> EventView:
        """The first event of a kind at a step. What would have to be unpacked has no words yet."""
        numbers = self._numbers(kind)
        if numbers is None:
            return EventView(step, kind, self._grows.get(step, ""))
        i = numbers[bisect_left(numbers, step, key=self._steps.__getitem__)]
        entry = self._journal.entries.at_hand(i)
        if entry is not None:
            return self._entry_view(i, entry)
        if i not in self._brief:
            self._wordless.add(i)
        return EventView(step, kind, self._brief.get(i, ""))

    def _describe_cells(self, run: Run) -> bool:
        """Find words for what is in cells. Whether there are new ones."""
        todo, self._wordless = sorted(self._wordless), set()
        for i in todo:
            if run.cancelled:
                break
            self._brief[i] = self._text(self._journal.entries[i], None)
        while len(self._brief) > _MOST:
            del self._brief[next(iter(self._brief))]
        return bool(todo)

    # -- what takes longer -------------------------------------------------------------------

    def refine(self, cursor: int, kinds: Collection[str], cancel: Event) -> bool:
        """Find out what memory tells of the calls around the cursor, and where memory grew. The
        machine is left anywhere. Whether there is something new."""
        run = Run("events", cancel, None)
        found = self._describe_cells(run)
        found |= "grow" in (kinds or KINDS) and self._find_grows(run)
        todo = [i for kind in ("output", "call") if kind in (kinds or KINDS)
                for i in self._indices(kind, self._near(kind, cursor, _AROUND // 4))]
        return self._decode(todo, run) or found

    def _decode(self, indices: Sequence[int], run: Run) -> bool:
        """Texts of entries, with the memory at their steps. Whether there are new ones."""
        entries, found = self._journal.entries, False
        todo = [i for i in sorted(indices) if i not in self._texts
                and describe.reads(entries[i].name) and not entries[i].output]
        if not todo:
            return False
        with self._recorder.excursion():
            for number, i in enumerate(todo):
                if run.cancelled or not self._recorder.seek(entries[i].step, run.cancel):
                    break
                self._texts[i] = self._text(entries[i], self._read)
                found = True
                run.report(number, len(todo))
        return found

    def _read(self, at: int, length: int) -> bytes:
        """Bytes of the memory of the instance that the machine is in, fewer at its end."""
        memory = Caller(self._machine, self._machine.instance).memory
        return memory.read(min(at, memory.size), max(0, min(length, memory.size - at)))

    def _find_grows(self, run: Run) -> bool:
        total, found = self._recorder.total, False
        if not self._may_grow():
            self._grown = total
        while self._grown < total and len(self._grows) < _MOST:
            rows = self._growing(self._grown, end := self._part(self._grown, total), run)
            if rows is None:
                break
            self._grows |= dict.fromkeys(rows, "memory.grow")
            self._grown, found = end, found or bool(rows)
        return found

    def _may_grow(self) -> bool:
        """Whether any code that has been executed grows memories. Only what this process has
        executed is known: nothing is of a file's recording."""
        if not all(type(recorder) is Recorder for recorder in self._recorder.lineage()):
            return True
        if not self._growers:
            for func in self._machine.store.funcs:
                if func.base and func.lowered is not None and func.addr not in self._checked:
                    self._checked.add(func.addr)
                    words = map(func.lowered.form_number, func.lowered.words)
                    self._growers |= not _GROW_NUMBERS.isdisjoint(words)
        return self._growers

    def _part(self, first: int, total: int) -> int:
        """The end of what is looked through at once: what has been stays known when one stops."""
        steps = self._steps
        call = bisect_left(steps, first) + _CALLS_AT_ONCE
        return min(total, first + _STEPS_AT_ONCE, steps[call] if call < len(steps) else total)

    def _growing(self, first: int, last: int, run: Run) -> list[int] | None:
        """Steps in [first, last) that grow memory; None if cancelled."""
        tally = hits.tally(self._recorder, [TapSpec(Forms(_GROWS))], first, last, run.cancel)
        if tally is None or not tally.total:
            return None if tally is None else []
        rows = hits.page(self._recorder, tally, 0, _MOST, run.cancel)
        return None if rows is None else [hit.step for _, hit in rows]

    def find(self, text: str, cursor: int, forward: bool, run: Run) -> int | None:
        """The step of the next event (or the one before) whose text has `text` in it."""
        wanted, entries = text.lower(), self._journal.entries
        self._find_grows(run)
        others = [view.step for kind in KINDS[2:] for view in self._views(kind, cursor)
                  if wanted in f"{view.kind} {view.text}".lower()
                  and (view.step > cursor if forward else view.step < cursor)]
        best = (min if forward else max)(others, default=None)
        at = bisect_right(self._steps, cursor) if forward else bisect_left(self._steps, cursor)
        order = range(at, len(entries)) if forward else range(at - 1, -1, -1)
        for i in order:
            step = self._steps[i]
            if run.cancelled or (best is not None and (step > best if forward else step < best)):
                break
            self._decode([i], run)
            view = self._entry_view(i, entries[i])
            if wanted in f"{view.kind} {view.text}".lower():
                return view.step
        return best
