"""How often each instruction of a function has executed, as of the cursor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event

from debugger.symbols import Symbols
from gabagool import Machine, Position
from gabagool.history.player import replay
from gabagool.history.recorder import Recorder

# What a view may wait for, a few milliseconds: so many steps of replay, so many host calls in
# them, so many probes to set.
_AT_ONCE = 2_000_000
_CALLS_AT_ONCE = 100
_PROBES_AT_ONCE = 1000
_PROBES = 10_000            # functions with more instructions are not counted at all
_KEPT = 64                  # functions whose counts are remembered

Func = tuple[int, int]      # instance, funcidx


@dataclass(frozen=True, slots=True)
class _Known:
    """Executions by byte offset of the steps before `step`, whose instruction is at `position`."""

    step: int
    counts: Mapping[int, int]
    position: Position | None = None


_NOTHING = _Known(0, {})


class Counts:
    """Counts by probes and replay. What is known at one step makes those near it cheap: only
    the steps between have to be replayed, and added or subtracted."""

    def __init__(self, machine: Machine, recorder: Recorder, symbols: Symbols) -> None:
        self._machine = machine
        self._recorder = recorder
        self._symbols = symbols
        self._known: dict[Func, _Known] = {}

    def at(self, func: Func, cursor: int) -> Mapping[int, int] | None:
        """Counts at the cursor if they are known or cheap to find out, else None.

        The machine is left where it is.
        """
        known = self._nearest(func, cursor)
        if known.step == cursor:
            return known.counts
        if abs(cursor - known.step) == 1 and known is not _NOTHING:
            return self._stepped(func, known, cursor)
        probes = len(self._symbols.instances[func[0]].stops(func[1]))
        first, last = sorted((known.step, cursor))
        calls = self._recorder.journal.entries.number_between(first, last)
        if probes > _PROBES_AT_ONCE or last - first > _AT_ONCE or calls > _CALLS_AT_ONCE:
            return None
        return self._find_out(func, known, cursor, None)

    def _stepped(self, func: Func, known: _Known, cursor: int) -> Mapping[int, int]:
        """Counts one step after or before what is known: which instruction that was is known."""
        executed = known.position if cursor > known.step else self._machine.position
        counts = known.counts
        if executed is not None and (executed.instance, executed.funcidx) == func:
            change = cursor - known.step
            counts = {**counts, executed.offset: counts.get(executed.offset, 0) + change}
        return self._know(func, cursor, counts)

    def refine(self, func: Func, cursor: int, cancel: Event) -> bool:
        """Find out the counts at the cursor, however long it takes. False if cancelled or known."""
        known = self._nearest(func, cursor)
        probes = len(self._symbols.instances[func[0]].stops(func[1]))
        if known.step == cursor or probes > _PROBES:
            return False
        return self._find_out(func, known, cursor, cancel) is not None

    def _nearest(self, func: Func, cursor: int) -> _Known:
        """What to start from: the counts known last, or those at step 0."""
        known = self._known.get(func, _NOTHING)
        return known if abs(cursor - known.step) <= cursor else _NOTHING

    def _find_out(self, func: Func, known: _Known, cursor: int,
                  cancel: Event | None) -> Mapping[int, int] | None:
        here = self._machine.capture()
        try:
            between = self._replayed(func, min(known.step, cursor), max(known.step, cursor),
                                     cancel)
        finally:
            self._machine.restore(here)
        if between is None:
            return None
        sign = 1 if cursor > known.step else -1
        return self._know(func, cursor, {offset: known.counts.get(offset, 0) + sign * n
                                         for offset, n in between.items()})

    def _know(self, func: Func, cursor: int, counts: Mapping[int, int]) -> Mapping[int, int]:
        self._known.pop(func, None)
        self._known[func] = _Known(cursor, counts, self._machine.position)
        while len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]
        return counts

    def _replayed(self, func: Func, first: int, last: int,
                  cancel: Event | None) -> dict[int, int] | None:
        """Executions in the steps [first, last); None if cancelled."""
        instance, funcidx = func
        stops = self._symbols.instances[instance].stops(funcidx)
        positions = [Position(instance, funcidx, offset) for offset in stops]
        machine = self._machine
        if not positions or not self._recorder.seek(first, cancel):
            return {} if not positions else None
        machine.set_probes(positions)
        try:
            if not replay(machine, last, cancel):
                return None
            return {p.offset: machine.probe_count(p) for p in positions}
        finally:
            machine.set_probes(())
