"""Branches of a recording as files have them: numbered, each after the one that it has left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gabagool.errors import SnapshotError
from gabagool.history.notes import Note
from gabagool.history.parts import MAIN
from gabagool.history.recorder import Recorder
from gabagool.records import dataclass
from gabagool.runtime import wire
from gabagool.runtime.edits import Change
from gabagool.runtime.journal import Journal

FORK = b"FORK"              # a branch's head
_LONGEST = 1 << 16          # bytes of a name or label


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch to be saved: its recording, and what people call it and its edit.

    `written` are the marks and notes on its steps.
    """

    name: str
    label: str
    recorder: Recorder
    written: Sequence[Note] = ()


@dataclass(frozen=True, slots=True)
class Fork:
    """The head of a branch: at `step` of the part number `parent` the `changes` were made.

    A branch without a `name` is there only because others have left it. `answered` is how many
    host calls the recording of its parent has answered, up to that made at `differs` (None: all).
    """

    parent: int
    step: int
    name: str
    label: str
    changes: tuple[Change, ...]
    answered: int
    differs: int | None

    def wire(self) -> bytes:
        return wire.pack((self.parent, self.step, self.name, self.label,
                          [[wire.pack_bits(part) if isinstance(part, int) else part
                            for part in change] for change in self.changes],
                          self.answered, self.differs))

    @classmethod
    def unwire(cls, data: bytes) -> Fork:
        """The inverse of `wire`. Raises SnapshotError for what isn't its output."""
        what = "a branch's head"
        if len(data) > wire.MAX_ITEMS << 8:
            raise SnapshotError(f"{what} is too long")
        parent, step, name, label, changes, answered, differs = wire.array(
            wire.unpack(data, what), what, 7)
        return cls(wire.integer(parent, what, 0, wire.U32), wire.integer(step, what),
                   wire.text(name, what)[:_LONGEST], wire.text(label, what)[:_LONGEST],
                   tuple(map(_change, wire.array(changes, what))), wire.integer(answered, what),
                   None if differs is None else wire.integer(differs, what))


def _change(value: object) -> Change:
    what = "an edit"
    match wire.array(value, what):
        case ("memory", addr, offset, data):
            return ("memory", wire.integer(addr, what, 0, wire.U32), wire.integer(offset, what),
                    wire.blob(data, what))
        case ("global", addr, bits):
            return ("global", wire.integer(addr, what, 0, wire.U32), wire.bits(bits, what))
        case ("local", frame, index, bits):
            return ("local", wire.integer(frame, what, 0, wire.U32),
                    wire.integer(index, what, 0, wire.U32), wire.bits(bits, what))
        case ("operand", frame, index, bits):
            return ("operand", wire.integer(frame, what, 0, wire.U32),
                    wire.integer(index, what, 0, wire.U32), wire.bits(bits, what))
    raise SnapshotError(f"{what} is of no known kind")


@dataclass(frozen=True, slots=True)
class Member:
    """A recorder with its number in a file; `upto` is the last step of it that is wanted."""

    number: int
    recorder: Recorder
    fork: Fork
    written: Sequence[Note]
    upto: int


def members(main: Recorder, branches: Sequence[Branch],
            known: Mapping[int, int] | None = None) -> list[Member]:
    """The branches, and those nameless ones that they have left; each after its parent. `known`
    are numbers that recorders, by their ids, have already."""
    named = {id(branch.recorder): branch for branch in branches}
    order: dict[int, Recorder] = {}
    wanted: dict[int, int] = {}
    for branch in branches:
        line = [branch.recorder]
        while (before := parent_of(line[-1], named)) is not main:
            wanted[id(before)] = max(wanted.get(id(before), 0), line[-1].fork)
            line.append(before)
        order |= {id(recorder): recorder for recorder in reversed(line)}
    numbers = {**(known or {}), id(main): MAIN}
    for each in order:
        numbers.setdefault(each, max(numbers.values()) + 1)
    found = []
    for each, recorder in order.items():
        branch = named.get(each, Branch("", "", recorder))
        parent = parent_of(recorder, named)
        found.append(Member(numbers[each], recorder, _fork(branch, parent, numbers[id(parent)]),
                            branch.written, recorder.total if each in named else wanted[each]))
    return found


def parent_of(recorder: Recorder, named: Mapping[int, Branch]) -> Recorder:
    """The recorder that has the steps before the fork; not a nameless one of which there is only
    that step, as it is left when one edit is followed by another."""
    before = recorder.before
    assert before is not None
    while id(before) not in named and before.before is not None and before.fork == recorder.fork:
        before = before.before
    return before


def _fork(branch: Branch, parent: Recorder, number: int) -> Fork:
    recorder = branch.recorder
    shared = sum(edit.step <= recorder.fork for edit in parent.journal.edits)
    changes = [change for edit in recorder.journal.edits[shared:] for change in edit.changes]
    offers = recorder.journal.offers
    return Fork(number, recorder.fork, branch.name, branch.label, tuple(changes),
                offers.taken if offers else 0, offers.differs if offers else None)


def continued(journal: Journal, fork: Fork, shared: int) -> None:
    """Let a branch's journal, which has its entries again, go on as when it was written."""
    if journal.offers is not None:
        own = [entry.name for entry in journal.entries.upward(shared)]
        answered = len(own) if fork.differs is None else fork.answered
        journal.offers.resume(own, answered, fork.differs)
