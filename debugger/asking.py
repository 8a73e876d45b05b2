"""Questions about the recording that leave the cursor where it is: for scripts and clients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Event

from debugger.codemap import CodeMap
from debugger.exchange import CommandError, OnProgress
from debugger.expression import evaluate
from debugger.moving import Moving
from debugger.navigator import Navigator
from debugger.program import Program
from debugger.recorded import Recorded
from debugger.run import Run
from debugger.views import StateView
from gabagool import Position, StopReason
from gabagool.history.search import BreakScan, Scan

TRAPPED = 134       # exit code of a program that ended by a trap or an uncaught exception


@dataclass(frozen=True, slots=True)
class Printed:
    """What one host call made at `step` wrote to a descriptor: 1 is stdout, 2 stderr."""

    step: int
    descriptor: int
    data: bytes


class Asking(Moving):
    """Looks into the past without going there. Searches may take long, as motions do."""

    _program: Program | Recorded

    def state(self, level: int | None = None) -> StateView:
        raise NotImplementedError

    def read_memory(self, index: int, address: int, size: int) -> bytes:
        raise NotImplementedError

    # -- values ------------------------------------------------------------------------------

    def value(self, expression: str) -> int | float:
        """An expression's value at the cursor, in the selected frame: `$0`, `i32[$sp+8]`, ….

        i32 and i64 are signed, references and vectors their bits. CommandError if it has none.
        """
        return evaluate(expression, self.state(), self.read_memory).number

    @property
    def exit_code(self) -> int | None:
        """What a process would have ended with; None as long as the end isn't recorded."""
        ended = self._nav.recorder.ended if self._nav else None
        if ended is None:
            return None
        if ended.reason is StopReason.EXIT:
            return ended.exit_code
        return 0 if ended.reason is StopReason.FINISHED else TRAPPED

    @cached_property
    def instructions(self) -> CodeMap:
        """The program's code, byte for byte."""
        return CodeMap(self._program.symbols.instances[0])

    def output_since(self, since: int = 0) -> tuple[Sequence[Printed], int]:
        """What the whole recording prints, from host call number `since` on; and the number of
        calls so far, to go on from."""
        with self._turn() as (nav, _):
            journal = nav.machine.journal
            entries = journal.entries[since:] if journal is not None else []
            found = [Printed(entry.step, descriptor, data) for entry in entries
                     for descriptor, data in entry.output]
            return found, since + len(entries)

    # -- searches ----------------------------------------------------------------------------

    def executed(self, place: str, *, cancel: Event | None = None,
                 progress: OnProgress | None = None) -> tuple[int | None, int | None]:
        """The steps nearest to the cursor, before and after it, that execute an instruction.

        `place` is what breakpoints take. None where the recording has no such step.
        """
        at: Position = self._program.symbols.place(place)
        with self._turn() as (nav, _), self._asking("search", cancel, progress) as run:
            scan = BreakScan({at})
            return (self._before(nav, scan, 0, nav.cursor, run),
                    self._first(nav, scan, nav.cursor + 1, run))

    @staticmethod
    def _before(nav: Navigator, scan: Scan, first: int, before: int, run: Run) -> int | None:
        """The last hit in [first, before)."""
        if first >= before:
            return None
        hit = nav.recorder.search_back(before, scan, first, run.cancel, run.report)
        if hit is None and run.cancelled:
            raise CommandError("cancelled")
        return hit

    def _first(self, nav: Navigator, scan: Scan, first: int, run: Run) -> int | None:
        """The first hit from `first` on: a window that doubles until it has one, then halving."""
        low, width, hit = first, 1, None
        while low < self.total and hit is None:
            hit = self._before(nav, scan, low, low + width, run)
            if hit is None:
                low, width = low + width, width * 2
        while hit is not None and hit > low:
            middle = (low + hit + 1) // 2
            earlier = self._before(nav, scan, low, middle, run)
            if earlier is None:
                low = middle
            else:
                hit = earlier
        return hit
