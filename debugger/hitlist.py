"""Hits over the recording: counted once, shown a page at a time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from debugger.answers import HitsView, HitView
from debugger.breakpoints import Breakpoint
from debugger.run import Run
from debugger.symbols import Symbols
from gabagool import GabagoolError
from gabagool.history.hits import Tally, page, tally
from gabagool.history.recorder import Recorder
from gabagool.runtime.tapping import Hit, TapSpec

_KEPT = 8               # tallies of locations that are remembered
_REFINE_AT_MOST = 64    # breakpoints that are counted at once

Tapped = Sequence[tuple[Breakpoint, TapSpec]]


class HitList:
    """Tallies of breakpoints and locations. Looking never moves the cursor."""

    def __init__(self, recorder: Recorder, symbols: Symbols) -> None:
        self._recorder = recorder
        self._symbols = symbols
        self._kept: dict[tuple[TapSpec, ...], Tally] = {}
        self.asked: tuple[Breakpoint, str] | None = None

    def _tally(self, specs: tuple[TapSpec, ...], run: Run) -> Tally | None:
        """All hits so far; what is known already is only carried on."""
        known = self._kept.get(specs)
        total = self._recorder.total
        if known is not None and known.upto >= total:
            return known
        start = known.upto if known is not None else self._recorder.origin
        found = tally(self._recorder, specs, start, total, run.cancel, run.report)
        if found is None:
            return None
        if known is not None:
            found = joined(known, found)
        self._kept.pop(specs, None)
        self._kept[specs] = found
        while len(self._kept) > _KEPT + _REFINE_AT_MOST:
            del self._kept[next(iter(self._kept))]
        return found

    def page(self, point: Breakpoint, what: str, taps: Tapped, first: int | None, count: int,
             run: Run) -> HitsView | None:
        """A page of hits, around the cursor if `first` is None; None if cancelled."""
        self.asked = (point, what)
        specs = tuple(spec for _, spec in taps)
        found = self._tally(specs, run)
        if found is None:
            return None
        point.found = found
        cursor = self._recorder.machine.step
        before = self._before(found, cursor, run)
        if before is None:
            return None
        if first is None:
            first = max(0, min(before - count // 2, found.total - count))
        hits = page(self._recorder, found, first, count, run.cancel)
        if hits is None:
            return None
        rows = tuple(self._row(first + i, point, specs[tap], hit)
                     for i, (tap, hit) in enumerate(hits))
        return HitsView(what, found.total, max(0, first), rows, found.upto, before)

    def _before(self, found: Tally, cursor: int, run: Run) -> int | None:
        """How many hits lie before the cursor, exactly."""
        at = min(bisect_right(found.starts, cursor) - 1, len(found.counts))
        if at < 0 or not found.counts:
            return 0
        base = found.before[at]
        if cursor <= found.starts[at] or at == len(found.counts):
            return base
        part = tally(self._recorder, found.specs, found.starts[at], cursor, run.cancel)
        return None if part is None else base + part.total

    def refine(self, points: Sequence[tuple[Breakpoint, Tapped]], run: Run) -> bool:
        """Count the hits of breakpoints, all those that aren't counted yet in one pass."""
        total = self._recorder.total
        todo = [(point, tuple(spec for _, spec in taps)) for point, taps in points
                if point.found is None or point.found.upto < total][:_REFINE_AT_MOST]
        if not todo or total == self._recorder.origin:
            return False
        start = self._counted(*todo[0])
        todo = [each for each in todo if self._counted(*each) == start]
        try:
            found = tally(self._recorder, [spec for _, specs in todo for spec in specs], start,
                          total, run.cancel)
        except GabagoolError:
            return False
        if found is None:
            return False
        at = 0
        for point, specs in todo:
            until = at + len(specs)
            own = Tally(found.specs[at:until], found.starts,
                        tuple(part[at:until] for part in found.counts))
            known = self._kept.get(specs)
            point.found = self._kept[specs] = own if known is None else joined(known, own)
            at = until
        return True

    def _counted(self, _point: Breakpoint, specs: tuple[TapSpec, ...]) -> int:
        """Up to which step these hits are counted already."""
        known = self._kept.get(specs)
        return self._recorder.origin if known is None else known.upto

    def _row(self, index: int, point: Breakpoint, spec: TapSpec, hit: Hit) -> HitView:
        where = function = ""
        if hit.position is not None:
            at = hit.position
            where = self._symbols.where(at.instance, at.funcidx, at.offset)
            function = self._symbols.name(at.instance, at.funcidx)
        text = ""
        if point.target is not None:
            text = point.target.change(hit)
        elif point.message is not None:
            text = self.log_text(point, spec, hit)
        return HitView(index, hit.step, where, function, text)

    @staticmethod
    def log_text(point: Breakpoint, spec: TapSpec, hit: Hit) -> str:
        """What a log-point prints at a hit."""
        assert point.message is not None
        return point.message.filled(hit.values, [node.type for node in spec.values])


def joined(first: Tally, second: Tally) -> Tally:
    """Two tallies of the same taps, the second from where the first ends."""
    return Tally(second.specs, first.starts + second.starts[1:], first.counts + second.counts)
