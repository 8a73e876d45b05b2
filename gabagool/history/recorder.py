"""A machine with a past: records forward, goes to any step, searches backwards.

Recording captures a snapshot each Δ steps. Going to a step restores the nearest snapshot before it
and replays; host calls are answered from the journal. The newest recorded step (the live end)
always has its snapshot, so recording can go on after any excursion, and the end of the program is
a place like any other.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event as Flag

from gabagool.errors import GabagoolError
from gabagool.history import search
from gabagool.history.lanes import Lane
from gabagool.history.nearby import Nearby, dirty_bytes
from gabagool.history.pace import FIRST_INTERVAL, Pace
from gabagool.history.past import Past
from gabagool.history.player import (
    OnProgress,
    offset_progress,
    replay,
    replay_stopping,
    run_slice,
)
from gabagool.history.protocol import Machine
from gabagool.history.search import Scan
from gabagool.history.store import BUDGET, KEEP, History
from gabagool.runtime.collected import Collections
from gabagool.runtime.edits import Change, Edit
from gabagool.runtime.hoststate import World
from gabagool.runtime.journal import Journal
from gabagool.runtime.state import Snapshot
from gabagool.runtime.stops import Stop, StopReason
from gabagool.runtime.throws import Throws

_REPLAY = 1 << 16          # so short a replay isn't worth a snapshot
_FARTHEST = 8              # times that: so far before its target a seek leaves the first snapshot
_BRANCH_SHARE = 4          # a branch has 1/4 of the budget of the run it leaves …
_LEAST_BUDGET = 8 << 20    # … but not less than this
_NEARBY_SHARE = 8          # 1/8 of the budget is for snapshots around the cursor
NEARBY = BUDGET // _NEARBY_SHARE


class Recorder(Past):
    """Records `machine` from where it stands. The machine's step is the cursor.

    Anyone may read the machine between calls, but only the recorder may run or restore it. Several
    recorders share a machine: that of a run and those of its branches (see `branch`), of which
    one at a time is active.
    """

    def __init__(self, machine: Machine, budget: int = BUDGET, keep: int = KEEP,
                 before: Recorder | None = None) -> None:
        """`before` has recorded the steps before this one."""
        if machine.journal is None:
            machine.journal = Journal()
        if machine.throws is None:
            machine.throws = Throws()
        if machine.collections is None:
            machine.collections = Collections()
        self.machine = machine
        self.before = before
        self.ended = machine.ended
        self.journal = machine.journal
        self.throws = machine.throws
        self.collections = machine.collections
        self._end = self._last = machine.capture()
        self._budget = budget
        nearby = budget // _NEARBY_SHARE
        self._history = History(self._end, FIRST_INTERVAL, budget - nearby, keep)
        self._nearby = Nearby(nearby)
        self._pace = Pace()
        self._interval = FIRST_INTERVAL
        self._lanes = {"depth": Lane(max), "writes": Lane(operator.add)}

    def lineage(self) -> Iterator[Recorder]:
        """This one, and those that have recorded the steps before."""
        recorder: Recorder | None = self
        while recorder is not None:
            yield recorder
            recorder = recorder.before

    def record(self, until: int | None = None, cancel: Flag | None = None,
               progress: OnProgress | None = None, max_depth: int | None = None) -> Stop:
        """Go to the live end and run on from there, recording, to step `until` or a stop.

        `max_depth` stops with DEPTH at the first return to that depth or less. At the end of the
        program its stop is returned again and nothing happens.
        """
        self._to_end()
        start = self.total
        while not self.ended:
            stop = self._record_slice(until, cancel, max_depth)
            if stop.reason is not StopReason.FUEL or stop.step == until:
                self._nearby.add(self._end)
                return stop
            if progress:
                progress(stop.step - start, until - start if until else 0)
        return self.ended

    def advance(self, until: int | None = None, cancel: Flag | None = None,
                progress: OnProgress | None = None, max_depth: int | None = None) -> Stop:
        """Run on from the cursor to step `until` or a stop: replay, then recording."""
        limit = self.total if until is None else min(until, self.total)
        if self.machine.step < limit:
            stop = replay_stopping(self.machine, limit, until, cancel, progress, max_depth)
            if self.ended and stop.step == self.total:
                self._to_end()
                return self.ended
            if stop.reason is not StopReason.FUEL or stop.step == until:
                return stop
        return self.record(until, cancel, progress, max_depth)

    def seek(self, step: int, cancel: Flag | None = None,
             progress: OnProgress | None = None) -> bool:
        """Put the cursor on a recorded step. False if cancelled; then it is somewhere before."""
        if not self.origin <= step <= self.total:
            raise ValueError(f"step {step} is outside the recording, "
                             f"{self.origin} to {self.total}")
        if step == self.total:
            self._to_end()
        elif step != self.machine.step or self.machine.ended:
            self._restore_before(step)
            return self._approach(step, cancel, progress)
        return True

    def search_back(self, before: int, scan: Scan, floor: int | None = None,
                    cancel: Flag | None = None, progress: OnProgress | None = None) -> int | None:
        """The last step in [floor, before) that `scan` hits; the cursor stays where it is.

        None if there is none, or if cancelled.
        """
        floor = self.origin if floor is None else max(floor, self.origin)
        parts = search.segments(self.retained(), floor, min(before, self.total))
        with self.excursion():
            return search.search_back(self.machine, parts, scan, self._restore_before,
                                      cancel, progress)

    @contextmanager
    def excursion(self) -> Iterator[None]:
        """The cursor may go anywhere meanwhile; afterwards it is where it was."""
        here = self.machine.capture()
        try:
            yield
        finally:
            self.machine.restore(here)

    def pin(self) -> None:
        """Keep a snapshot of the cursor's step in the history for good (for a mark)."""
        self._history.pin(self.machine.capture())

    def unpin(self, step: int) -> None:
        """Let go of a pinned step; nothing happens if it isn't pinned."""
        self._history.unpin(step)

    def branch(self, changes: Sequence[Change], inputs: frozenset[str] = frozenset()) -> Recorder:
        """A recorder of the run in which these changes are made at the cursor, and active.

        It shares the steps before. Host calls are answered from this recording while they fit, see
        `runtime.offers`. GabagoolError if the changes can't be made; then all stays as it was.
        """
        if self.machine.ended:
            raise GabagoolError("the program has ended here: go back a step to change something")
        here = self.machine.capture()
        edit = Edit(here.step, tuple(changes))
        owner = self
        while owner.before is not None and here.step < owner.fork:
            owner = owner.before
        self.machine.journal = self.journal.fork(edit, inputs)
        self.machine.journal.world = World(owner.journal.world)
        self.machine.throws = self.throws.until(here.step)
        self.machine.collections = self.collections.until(here.step)
        try:
            self.machine.edit(edit)
        except BaseException:
            self.activate()
            self.machine.restore(here)
            raise
        owner._history.pin(here)
        return Recorder(self.machine, max(self._budget // _BRANCH_SHARE, _LEAST_BUDGET),
                        KEEP, owner)

    def activate(self) -> None:
        """The machine is this recorder's from now on. The cursor goes to the live end."""
        self.machine.journal, self.machine.throws = self.journal, self.throws
        self.machine.collections = self.collections
        self.machine.restore(self._end)

    def _restore_before(self, step: int) -> None:
        """Put the machine on a step ≤ `step`, as near as is possible without replay."""
        kept = self._retained_before(step)
        near = max((s for s in self._nearby.steps() if s <= step), default=-1)
        best = max(kept, near)
        # Running on from here is cheaper than a restore that gains less than that.
        if best - self._worthwhile() <= self.machine.step <= step and not self.machine.ended:
            return
        self.machine.restore(self._nearby.at(best) or self._retained(best))

    def _approach(self, step: int, cancel: Flag | None, progress: OnProgress | None) -> bool:
        """Replay to `step`, leaving snapshots at halving distances before it and on it.

        Where little is to be replayed none is left: it can as quickly be replayed again.
        """
        start = self.machine.step
        gap = min((step - start) // 2, _FARTHEST * self._worthwhile())
        while gap > self._worthwhile():
            if not self._replay_part(step - gap, start, step, cancel, progress):
                return False
            self._nearby.add(self.machine.capture())
            gap //= 2
        if not self._replay_part(step, start, step, cancel, progress):
            return False
        if step - start > self._worthwhile():
            self._nearby.add(self.machine.capture())
        return True

    def _replay_part(self, until: int, start: int, end: int, cancel: Flag | None,
                     progress: OnProgress | None) -> bool:
        """Replay to `until`, reporting as part of the way from `start` to `end`."""
        before = self.machine.step - start
        return replay(self.machine, until, cancel, offset_progress(progress, before, end - start))

    def _worthwhile(self) -> int:
        """Steps whose replay takes about as long as capturing and restoring a snapshot."""
        return max(_REPLAY, _size(self._end) // 4)

    def _to_end(self) -> None:
        if self.machine.step != self.total or (self.ended and not self.machine.ended):
            self.machine.restore(self._end)

    def _record_slice(self, until: int | None, cancel: Flag | None,
                      max_depth: int | None) -> Stop:
        """Run live to the next multiple of Δ at most, on the way to `until`."""
        due = self._history.due
        self.machine.reset_peak()
        try:
            stop = run_slice(self.machine, due if until is None else min(until, due), until,
                             cancel, max_depth=max_depth)
        except BaseException:
            # A host function failed (or Ctrl+C came): what it did so far is not in the journal.
            self.machine.restore(self._end)
            self.throws.forget(self.total)
            self.collections.forget(self.total)
            raise
        self._lanes["depth"].add(self.machine.peak_depth)
        self._end = self.machine.capture()
        self.ended = self.machine.ended
        if self.total == due and not self.ended:
            self._put()
        return stop

    def _put(self) -> None:
        """The live end has reached a multiple of Δ: into the history with it."""
        added = dirty_bytes(self._last, self._end)
        self._lanes["writes"].add(added)
        for lane in self._lanes.values():
            lane.close()
        self._last = self._end
        interval = self._history.interval
        encoded = self._history.put(self._end, added)
        for _ in range(self._pace.doublings(interval, _size(self._end), added, encoded)):
            self._history.widen()
        while self._interval < self._history.interval:
            self._interval *= 2
            for lane in self._lanes.values():
                lane.halve()


def _size(snapshot: Snapshot) -> int:
    return sum(region.size for region in snapshot.regions.values())
