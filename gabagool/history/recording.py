"""Recording files: what a program did, to be looked at anywhere, without what it had around it.

Beside what a snapshot file begins with (`gabagool.snapshot`) there are

    FRST  the first state, as a snapshot file has it
    JRNL  first entry u64 | entries u32 | the journal's entries, compressed
    SNAP  step u64 | base's step u64 | a later state, as its difference from the base
    TICK  step u64: so far had the program come
    LANE  a lane of the timeline
    EXCN  the exceptions that were thrown, for people
    GARB  the garbage collections, for people
    NOTE  marks and notes, see `notes`
    DONE  written last: the file is whole

in any number and order, but a base before what is based on it. Branches have the same chunks under
tags in small letters, see `parts`, and a head `fork`, of which the last one counts; their first
state is that of their fork, as its difference from the first of all, and their journals begin
behind what they share with the part they have left. While a program runs, a `Log` appends what is
new; when the run is over `save` writes the whole anew. States stand in files as other engine
versions understand them, and are checked against the modules when they are read.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

import gabagool.container as container
import gabagool.snapshot as snapshot
from gabagool.container import StrPath
from gabagool.history import notes
from gabagool.history.deltas import base_of, chain_of
from gabagool.history.family import FORK, Branch, Fork, members
from gabagool.history.notes import Note
from gabagool.history.parts import MAIN, chunk
from gabagool.history.recorder import Recorder
from gabagool.runtime import codec, journal, wire
from gabagool.runtime.chronicle import Chronicle
from gabagool.runtime.entries import Entries
from gabagool.runtime.initial import initial
from gabagool.runtime.machine import Machine
from gabagool.runtime.state import Snapshot
from gabagool.snapshot import About

FIRST, JOURNAL, SNAPSHOT, TICK = b"FRST", b"JRNL", b"SNAP", b"TICK"
LANE, THROWS, COLLECTIONS, DONE = b"LANE", b"EXCN", b"GARB", b"DONE"
JOURNAL_HEAD = struct.Struct("<QI")
SNAPSHOT_HEAD = struct.Struct("<QQ")
STEP = struct.Struct("<Q")
_SNAPSHOTS = 256            # a file has about so many
_NEAREST = 1 << 23          # steps at least between two of them: their replay takes some 10 ms
_ENTRIES = 1 << 12          # in a chunk of the journal


def save(path: StrPath, recorder: Recorder, machine: Machine, about: About,
         written: Sequence[Note] = (), branches: Sequence[Branch] = ()) -> int:
    """Write a recording, whole or not at all; the file's size in bytes.

    The same recording makes the same bytes. Raises OSError, or SnapshotError.
    """
    return container.write_file(path, pieces(recorder, machine, about, written, branches))


def pieces(recorder: Recorder, machine: Machine, about: About, written: Sequence[Note] = (),
           branches: Sequence[Branch] = ()) -> Iterator[bytes]:
    """A recording file of all that is recorded, and what was written on it, in pieces."""
    first = machine.portable(recorder.snapshot_at(recorder.origin))
    yield from beginning(machine, about, first)
    yield from _rest(MAIN, recorder, machine, first, 0, recorder.total)
    yield from notes.pieces(written)
    for each in members(recorder, branches):
        own = machine.portable(each.recorder.snapshot_at(each.recorder.fork))
        yield from branch_pieces(each.number, each.fork, own, first)
        yield from _rest(each.number, each.recorder, machine, own, own.journal, each.upto)
        yield from notes.pieces(each.written, each.number)
    yield from chunk(MAIN, DONE)


def beginning(machine: Machine, about: About, first: Snapshot) -> Iterator[bytes]:
    """All that is known before the program runs."""
    yield from snapshot.opening(replace(about, kind="recording"), machine.store)
    yield from chunk(MAIN, FIRST,
                     codec.encode(replace(first, journal=0), initial(machine.store)).data)


def branch_pieces(number: int, fork: Fork, own: Snapshot, first: Snapshot) -> Iterator[bytes]:
    """The beginning of a branch: its head, and its first state by that of the recording."""
    yield from chunk(number, FORK, fork.wire())
    yield from chunk(number, FIRST, codec.encode(own, first).data)


def _rest(number: int, recorder: Recorder, machine: Machine, first: Snapshot, shared: int,
          upto: int) -> Iterator[bytes]:
    """What a part has behind its first state, up to a step. `shared` entries are its parent's."""
    entries = recorder.journal.entries
    yield from journal_pieces(entries, shared, bisect_right(entries.columns.steps, upto), shared,
                              number)
    yield from _history(number, recorder, machine, first, upto)
    for name, interval, cells in recorder.lane_cells():
        yield from chunk(number, LANE, wire.pack((name, interval)),
                         container.pack(array("Q", cells).tobytes()))
    yield from noted_pieces(THROWS, recorder.throws, first.step, upto + 1, number)
    yield from noted_pieces(COLLECTIONS, recorder.collections, first.step, upto + 1, number)
    yield from tick(upto, number)


def journal_pieces(entries: Entries, start: int, stop: int, shared: int,
                   number: int = MAIN) -> Iterator[bytes]:
    """The entries [start, stop) of a part, of which `shared` are its parent's."""
    for at in range(start, stop, _ENTRIES):
        part = entries[at:min(stop, at + _ENTRIES)]
        yield from chunk(number, JOURNAL, JOURNAL_HEAD.pack(at - shared, len(part)),
                         container.pack(journal.encode(part)))


def snapshot_pieces(state: Snapshot, base: Snapshot, number: int = MAIN) -> list[bytes]:
    """A state that is as other processes understand it, as is its base."""
    return chunk(number, SNAPSHOT, SNAPSHOT_HEAD.pack(state.step, base.step),
                 codec.encode(state, base).data)


def noted_pieces(tag: bytes, found: Chronicle[object], first: int, last: int,
                 number: int = MAIN) -> list[bytes]:
    """What was noted in the steps [first, last); nothing if that is nothing."""
    start, end = found.index(first), found.index(last)
    return chunk(number, tag, container.pack(found.to_bytes(start, end))) if start < end else []


def tick(step: int, number: int = MAIN) -> list[bytes]:
    return chunk(number, TICK, STEP.pack(step))


def _history(number: int, recorder: Recorder, machine: Machine, first: Snapshot,
             upto: int) -> Iterator[bytes]:
    """Some of the retained snapshots, evenly, and the end."""
    apart = max(_NEAREST, (upto - first.step) // _SNAPSHOTS)
    chosen = [first.step]
    for step in recorder.retained():
        if first.step < step <= upto and (step == upto or step - chosen[-1] >= apart):
            chosen.append(step)
    bases = {0: first}
    for i, step in enumerate(chosen[1:], 1):
        state = machine.portable(recorder.snapshot_at(step))
        yield from snapshot_pieces(state, bases[base_of(i)], number)
        bases = {j: bases[j] for j in chain_of(i) if j in bases} | {i: state, 0: first}
