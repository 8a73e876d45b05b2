"""A recorder whose past lies in a file. It shows all of it, and records no more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Event as Flag

from gabagool.errors import GabagoolError, SnapshotError
from gabagool.history.archive import Archive
from gabagool.history.family import continued
from gabagool.history.lanes import Lane
from gabagool.history.nearby import Nearby
from gabagool.history.player import OnProgress
from gabagool.history.reading import Contents
from gabagool.history.recorder import NEARBY, Recorder
from gabagool.runtime.chronicle import Chronicle
from gabagool.runtime.collected import Collections
from gabagool.runtime.edits import Change, Edit
from gabagool.runtime.journal import Journal
from gabagool.runtime.machine import Machine
from gabagool.runtime.offers import Offers
from gabagool.runtime.state import Snapshot
from gabagool.runtime.stops import Stop, StopReason
from gabagool.runtime.throws import Throws


class Playback(Recorder):
    """A part of the recording in a file, on a machine in a store of its outline.

    Opening reads the journal and two snapshots, the first and the last; the machine stands at the
    first step. `before` is that of the part that a branch has left. `notice` says how far a
    damaged one goes. Raises SnapshotError.
    """

    def __init__(self, contents: Contents, machine: Machine,
                 before: Playback | None = None) -> None:
        self.machine = machine
        self.before = before
        self.journal = machine.journal = Journal(contents.entries)
        self._take_edits(contents, machine)
        self._take_lists(contents, machine)
        self.notice = contents.notice
        self.number = contents.part.number      # in the file
        self._total = contents.total
        self._archive = Archive(contents, machine)
        self._history = self._archive  # type: ignore[assignment]
        self._nearby = Nearby(NEARBY)
        self._lanes = {name: Lane.of(cells) for name, (_, cells) in contents.lanes.items()}
        self._interval = self._archive.interval
        self._missing_end: bool
        if before is None:
            machine.restore_checked(contents.first)
        else:
            machine.restore(machine.checked(contents.first))
        self._first = self._end = machine.capture()
        self.ended: Stop | None = None
        self._read_end()
        machine.restore(self._first)

    def _take_edits(self, contents: Contents, machine: Machine) -> None:
        fork, before = contents.fork, self.before
        if fork is None or before is None:
            return
        shared = (edit for edit in before.journal.edits if edit.step <= fork.step)
        edit = Edit(fork.step, fork.changes)
        check_edit(machine, edit)
        self.journal.edits = (*shared, edit)
        self.journal.offers = Offers(contents.entries, len(contents.entries), frozenset())
        continued(self.journal, fork, contents.shared)

    def _take_lists(self, contents: Contents, machine: Machine) -> None:
        """What the file says was thrown and collected, up to the first damage."""
        before = self.before
        if before is None:
            params = [len(tag.type.params) for tag in machine.store.tags]
            self.throws = Throws(params, len(machine.store.instances))
            self.collections = Collections()
        else:
            self.throws = before.throws.until(contents.first.step)
            self.collections = before.collections.until(contents.first.step)
        _take(self.throws, contents.throws)
        _take(self.collections, contents.collections)
        machine.throws, machine.collections = self.throws, self.collections

    def _read_end(self) -> None:
        """The newest step's snapshot, if the file has it; else it is made when it is needed."""
        nearest = self._archive.nearest(self._total)
        if nearest == self._total:
            try:
                self.machine.restore(self._archive.get(nearest))
            except SnapshotError:
                nearest = -1
        if self.machine.step == self._total:
            self._end = self.machine.capture()
            self.ended = self.machine.ended
        self._missing_end = self._end.step != self._total

    @property
    def total(self) -> int:
        return self._total

    @property
    def bytes(self) -> int:
        return self._archive.bytes + self._nearby.bytes

    def branch(self, changes: Sequence[Change], inputs: frozenset[str] = frozenset()) -> Recorder:
        """GabagoolError: what comes after a change isn't in the file."""
        raise GabagoolError("this is a recording, which can only be looked at; open it with --live "
                            "to change something and run on from there")

    def _steps(self) -> tuple[int, ...]:
        return self._archive.steps()

    def snapshot_at(self, step: int) -> Snapshot:
        known = step == self.total and not self._missing_end
        return self._end if known else self._archive.get(step)

    def lane_cells(self) -> list[tuple[str, int, list[int]]]:
        # What was pending when the file was written is a cell like the others here.
        return [(name, interval, cells[:-1]) for name, interval, cells in super().lane_cells()]

    def _cell(self, name: str, first: int, last: int) -> int | None:
        return super()._cell(name, first, last) if name in self._lanes else None

    def record(self, until: int | None = None, cancel: Flag | None = None,
               progress: OnProgress | None = None, max_depth: int | None = None) -> Stop:
        """Go to the recording's end. It is UNRECORDED, if the program's isn't there."""
        if not self.seek(self.total, cancel, progress):
            return Stop(StopReason.CANCELLED, self.machine.step)
        return self.ended or Stop(StopReason.UNRECORDED, self.total)

    def seek(self, step: int, cancel: Flag | None = None,
             progress: OnProgress | None = None) -> bool:
        if step != self.total or not self._missing_end:
            return super().seek(step, cancel, progress)
        self._restore_before(step)
        if not self._approach(step, cancel, progress):
            return False
        self._end, self._missing_end = self.machine.capture(), False
        return True


def check_edit(machine: Machine, edit: Edit) -> None:
    """SnapshotError unless the store has what an edit from a file changes."""
    store = machine.store
    for change in edit.changes:
        count = {"memory": len(store.memories), "global": len(store.globals)}.get(change[0])
        if count is not None and change[1] >= count:
            raise SnapshotError(f"an edit is of {change[0]} {change[1]}, which there is not")


def _take(target: Chronicle[object], found: Iterable[bytes]) -> None:
    """What is damaged or doesn't fit, and all behind it, stays out; replays add nothing, as they
    may come by anything in any order."""
    try:
        for data in found:
            target.take(data)
    except SnapshotError:
        pass
    target.sealed = True
