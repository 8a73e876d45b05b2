"""Two branches next to each other: where they part, and how unlike they are at a step."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, zip_longest

from debugger.branches import Branch, forked_at
from debugger.exchange import CommandError
from debugger.run import Run
from debugger.steps import grouped
from gabagool import FuncType, Snapshot
from gabagool.history import events
from gabagool.history.differences import Difference, differences
from gabagool.runtime.difference import common
from gabagool.runtime.journal import Entry

_MOST = 1000        # ranges of memory that are told one by one
_CALLERS = 8        # that are told of
_LONGEST = 200      # bytes of a line of output


_Line = tuple[int | None, str]


@dataclass(frozen=True, slots=True)
class Side:
    """One of two branches: where it first differs in what it does to the outside, and in what it
    prints (None: it doesn't; `output` is the line that it's in), how it ends ('' if it isn't
    known), and the step its state was compared at."""

    name: str
    total: int
    event_step: int | None
    event: str
    end: str
    step: int
    where: str
    output_step: int | None = None
    output: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What `sides` (this one, the other) have in common up to `forked`, and what not.

    `printed` is how many bytes of output are the same. `values` are globals, the operands and
    locals of the innermost frame, its callers with theirs (8 of them), and the depth, where they
    differ, as (name, ours, theirs); `memory` what differs in memories (at most 1000 ranges of
    `ranges`), old is theirs.
    """

    forked: int
    sides: tuple[Side, Side]
    values: tuple[tuple[str, str, str], ...]
    memory: tuple[Difference, ...]
    ranges: int
    bytes: int
    printed: int = 0


@dataclass(frozen=True, slots=True)
class _Look:
    """A branch's state at a step."""

    snapshot: Snapshot
    where: str
    values: dict[str, str]


def compared(ours: Branch, other: Branch, step: int, asked: bool, functype: FuncType,
             run: Run) -> Comparison:
    """The cursor is afterwards where it was. CommandError if cancelled."""
    if asked and step > min(ours.recorder.total, other.recorder.total):
        raise CommandError(f"step {grouped(step)} is not recorded in both: {ours.name} has "
                           f"{grouped(ours.recorder.total)}, {other.name} "
                           f"{grouped(other.recorder.total)}")
    both = step <= min(ours.recorder.total, other.recorder.total)
    steps = (step, step) if both else (ours.recorder.total, other.recorder.total)
    here = ours.nav.cursor
    try:
        mine = _look(ours, steps[0], run)
        other.recorder.activate()
        theirs = _look(other, steps[1], run)
    finally:
        ours.recorder.activate()
        ours.recorder.seek(here)
    first, (printed, *lines) = _first(ours, other), _printed(ours, other)
    sides = tuple(Side(branch.name, branch.recorder.total, *_event(branch, entry),
                       _end(branch, functype), at, look.where, *line)
                  for branch, entry, at, look, line in zip(
                      (ours, other), first, steps, (mine, theirs), lines, strict=True))
    names = list(dict.fromkeys([*mine.values, *theirs.values]))
    values = tuple((name, mine.values.get(name, "-"), theirs.values.get(name, "-"))
                   for name in names if mine.values.get(name) != theirs.values.get(name))
    memory = differences(theirs.snapshot, mine.snapshot)
    return Comparison(forked_at(ours.recorder, other.recorder), (sides[0], sides[1]), values,
                      tuple(memory[:_MOST]), len(memory),
                      sum(max(len(each.old), len(each.new)) for each in memory), printed)


def _look(branch: Branch, step: int, run: Run) -> _Look:
    if not branch.recorder.seek(step, run.cancel, run.report):
        raise CommandError("stopped")
    state = branch.panels.state.state(0, compare=False)
    where = branch.panels.where()
    values = {"place": where or "ended", "call depth": str(branch.nav.machine.depth)}
    function = where.partition("+")[0]
    values |= {f"{value.name} of {function}": value.text for value in state.locals}
    stack = [value.text for value in state.stack]
    values |= {f"stack({i}) of {function}": text for i, text in enumerate(stack)}
    values |= dict(_callers(branch))
    values |= {value.name: value.text for value in state.globals}
    return _Look(branch.nav.machine.capture(), where, values)


def _callers(branch: Branch) -> Iterator[tuple[str, str]]:
    """Where the callers stand, and their locals; counted from the outermost, which both have."""
    panels, depth = branch.panels, branch.nav.machine.depth
    for level in range(1, min(depth, _CALLERS + 1)):
        where = panels.where(level)
        yield f"call {depth - level}", where
        for value in panels.state.state(level, compare=False).locals:
            yield f"{value.name} of call {depth - level} {where.partition('+')[0]}", value.text


def _printed(ours: Branch, other: Branch) -> tuple[int, _Line, _Line]:
    """How many bytes of output are the same, and what each prints next."""
    journals = [branch.recorder.journal.entries for branch in (ours, other)]
    parts = [[(entries.columns.steps[i], data) for i in entries.columns.outputs
              for _, data in entries[i].output] for entries in journals]
    texts = [b"".join(data for _, data in part) for part in parts]
    same = common(*texts)
    if all(same == len(text) for text in texts):
        return same, (None, ""), (None, "")
    return same, _line(parts[0], texts[0], same), _line(parts[1], texts[1], same)


def _line(parts: list[tuple[int, bytes]], text: bytes, at: int) -> _Line:
    """The step that prints the byte number `at`, and the line that it is in."""
    if at >= len(text):
        return None, ""
    begin = text.rfind(b"\n", 0, at) + 1
    end = text.find(b"\n", at)
    line = text[begin:end if end >= 0 else len(text)][:_LONGEST]
    ends = list(accumulate(len(data) for _, data in parts))
    return parts[bisect_right(ends, at)][0], line.decode("utf-8", "replace")


def _first(ours: Branch, other: Branch) -> tuple[Entry | None, Entry | None]:
    """The first host calls that differ."""
    pairs = zip_longest(ours.recorder.journal.entries, other.recorder.journal.entries)
    return next((pair for pair in pairs if _told(pair[0]) != _told(pair[1])), (None, None))


def _told(entry: Entry | None) -> tuple[object, ...]:
    return () if entry is None else (entry.name, entry.args, entry.results, entry.output,
                                     entry.effects, entry.end)


def _event(branch: Branch, entry: Entry | None) -> tuple[int | None, str]:
    if entry is None:
        return None, ""
    return entry.step, "; ".join(_texts(entry))


def _texts(entry: Entry) -> Iterator[str]:
    for event in events.between([entry], None, entry.step, entry.step + 1):
        yield f"{event.kind} {event.text}"


def _end(branch: Branch, functype: FuncType) -> str:
    ended = branch.recorder.ended
    return "" if ended is None else branch.panels.end_text(ended, functype)
