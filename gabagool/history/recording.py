"""Recording files: what a program did, to be looked at anywhere, without what it had around it.

Beside what a snapshot file begins with (`gabagool.snapshot`) there are

    FRST  the first state, as a snapshot file has it
    JRNL  first entry u64 | entries u32 | the journal's entries, compressed
    SNAP  step u64 | base's step u64 | a later state, as its difference from the base
    TICK  step u64: so far had the program come
    LANE  a lane of the timeline
    THRW  the exceptions that were thrown, for people
    COLL  the garbage collections, for people
    DONE  written last: the file is whole

in any number and order, but a base before what is based on it. While a program runs, a `Log`
appends what is new; when the run is over `save` writes the whole anew. States stand in files as
other engine versions understand them, and are checked against the modules when they are read.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace

import gabagool.container as container
import gabagool.snapshot as snapshot
from gabagool.container import Chunk, Source, StrPath, framed
from gabagool.errors import SnapshotError
from gabagool.history import notes
from gabagool.history.deltas import base_of, chain_of
from gabagool.history.notes import Note
from gabagool.history.recorder import Recorder
from gabagool.records import dataclass
from gabagool.runtime import codec, journal, wire
from gabagool.runtime.entries import Entries
from gabagool.runtime.initial import initial
from gabagool.runtime.journal import Entry
from gabagool.runtime.machine import Machine
from gabagool.runtime.state import Snapshot
from gabagool.snapshot import LIMIT, About

FIRST, JOURNAL, SNAPSHOT, TICK = b"FRST", b"JRNL", b"SNAP", b"TICK"
LANE, THROWS, COLLECTIONS, DONE = b"LANE", b"THRW", b"COLL", b"DONE"
_JOURNAL = struct.Struct("<QI")
_SNAPSHOT = struct.Struct("<QQ")
_STEP = struct.Struct("<Q")
_SNAPSHOTS = 256            # a file has about so many
_NEAREST = 1 << 23          # steps at least between two of them: their replay takes some 10 ms
_ENTRIES = 1 << 12          # in a chunk of the journal
_MOST_CELLS = 1 << 20


# -- writing ---------------------------------------------------------------------------------

def save(path: StrPath, recorder: Recorder, machine: Machine, about: About,
         written: Sequence[Note] = ()) -> int:
    """Write a recording, whole or not at all; the file's size in bytes.

    The same recording makes the same bytes. Raises OSError, or SnapshotError.
    """
    return container.write_file(path, pieces(recorder, machine, about, written))


def pieces(recorder: Recorder, machine: Machine, about: About,
           written: Sequence[Note] = ()) -> Iterator[bytes]:
    """A recording file of all that is recorded, and what was written on it, in pieces."""
    first = machine.portable(recorder.snapshot_at(recorder.origin))
    yield from beginning(machine, about, first)
    yield from journal_pieces(recorder.journal.entries, 0)
    yield from _history(recorder, machine, first)
    for name, interval, cells in recorder.lane_cells():
        yield from framed(LANE, wire.pack((name, interval)),
                          container.pack(array("Q", cells).tobytes()))
    yield from framed(THROWS, container.pack(recorder.throws.to_bytes()))
    yield from framed(COLLECTIONS, container.pack(recorder.collections.to_bytes()))
    yield from notes.pieces(written)
    yield from framed(TICK, _STEP.pack(recorder.total))
    yield from framed(DONE)


def beginning(machine: Machine, about: About, first: Snapshot) -> Iterator[bytes]:
    """All that is known before the program runs."""
    yield from snapshot.opening(replace(about, kind="recording"), machine.store)
    yield from framed(FIRST, codec.encode(replace(first, journal=0), initial(machine.store)).data)


def journal_pieces(entries: Sequence[Entry], first: int) -> Iterator[bytes]:
    """Entries, of which the first has the number `first`."""
    for at in range(0, len(entries), _ENTRIES):
        part = entries[at:at + _ENTRIES]
        yield from framed(JOURNAL, _JOURNAL.pack(first + at, len(part)),
                          container.pack(journal.encode(part)))


def snapshot_pieces(state: Snapshot, base: Snapshot) -> Iterator[bytes]:
    """A state that is as other processes understand it, as is its base."""
    yield from framed(SNAPSHOT, _SNAPSHOT.pack(state.step, base.step),
                      codec.encode(state, base).data)


def tick(step: int) -> list[bytes]:
    return framed(TICK, _STEP.pack(step))


def _history(recorder: Recorder, machine: Machine, first: Snapshot) -> Iterator[bytes]:
    """Some of the retained snapshots, evenly, and the end."""
    apart = max(_NEAREST, (recorder.total - recorder.origin) // _SNAPSHOTS)
    chosen = [recorder.origin]
    for step in recorder.retained():
        if step == recorder.total or step - chosen[-1] >= apart:
            chosen.append(step)
    bases = {0: first}
    for i, step in enumerate(chosen[1:], 1):
        state = machine.portable(recorder.snapshot_at(step))
        yield from snapshot_pieces(state, bases[base_of(i)])
        bases = {j: bases[j] for j in chain_of(i) if j in bases} | {i: state, 0: first}


# -- reading ---------------------------------------------------------------------------------

@dataclass(frozen=True, slots=True)
class Stored:
    """A snapshot in a file: its step, the step of its base, and where it is."""

    step: int
    base: int
    chunk: Chunk


@dataclass(frozen=True, slots=True)
class Contents:
    """What a recording file holds, its states not read yet.

    `total` is how far it goes, `snapshots` are by their steps, `lanes` (interval, cells) by their
    names. `throws` and `collections` are still to be looked at. `notice` says what of a damaged
    file could not be saved; '' for a whole one.
    """

    source: Source
    about: About
    first: Snapshot
    entries: Entries
    snapshots: dict[int, Stored]
    lanes: dict[str, tuple[int, array[int]]]
    throws: bytes | None
    collections: bytes | None
    total: int
    notice: str


def read(source: Source, base: Snapshot, limit: int = LIMIT) -> Contents:
    """What the file holds; `base` is the initial state of a store of its outline.

    What has been damaged ends the recording there, and the notice says so; SnapshotError only
    where nothing can be saved.
    """
    first = codec.decode(source.one(FIRST), base, limit)
    if first.journal:
        raise SnapshotError("the recording is damaged: it begins in the middle of its journal")
    entries, trouble = _entries(source, limit)
    stored = _stored(source, first.step)
    total = max(first.step, _reached(entries), *(_ticks(source, bool(trouble))), *stored)
    if trouble:
        total = max(first.step, _reached(entries))
        stored = {step: found for step, found in stored.items() if step <= total}
    whole = bool(source.all(DONE)) and not trouble and not source.damage
    lanes = _lanes(source) if whole else {}
    throws = container.unpack(source.one(THROWS), limit, "the throws") if whole else None
    collected = (container.unpack(source.one(COLLECTIONS), limit, "the collections")
                 if whole and source.all(COLLECTIONS) else None)
    return Contents(source, snapshot.read_about(source), first, entries, stored, lanes, throws,
                    collected, total, "" if whole else _notice(source, trouble, total))


def _notice(source: Source, trouble: str, total: int) -> str:
    what = trouble or source.damage
    why = f"the file is not whole ({what})" if what else "its program was killed"
    return f"this recording ends at step {total:,}: {why}"


def _entries(source: Source, limit: int) -> tuple[Entries, str]:
    """The journal up to the first damage, and what that is."""
    entries = Entries()
    left = limit
    for chunk in source.all(JOURNAL):
        try:
            data = source.read(chunk)
            if len(data) < _JOURNAL.size or _JOURNAL.unpack_from(data)[0] != len(entries):
                raise SnapshotError("a part of the journal is missing")
            raw = container.unpack(data[_JOURNAL.size:], left, "the journal")
            part = journal.decode(raw)
            if len(part) != _JOURNAL.unpack_from(data)[1]:
                raise SnapshotError("a part of the journal is cut short")
            if entries and part and part[0].step < entries[-1].step:
                raise SnapshotError("the journal goes back in time")
        except SnapshotError as error:
            return entries, str(error)
        left -= len(raw)
        for entry in part:
            entries.append(entry)
    return entries, ""


def _reached(entries: Sequence[Entry]) -> int:
    """So far the journal alone leads: past its last call, if that didn't end the program."""
    if not entries:
        return 0
    return entries[-1].step + (entries[-1].end is None)


def _ticks(source: Source, damaged: bool) -> list[int]:
    """Ticks may be later than a journal that has lost its end."""
    if damaged:
        return [0]
    return [0, *(_STEP.unpack(data)[0] for chunk in source.all(TICK)
                 if len(data := source.peek(chunk, _STEP.size)) == _STEP.size)]


def _stored(source: Source, origin: int) -> dict[int, Stored]:
    """Snapshots whose base is there too."""
    found: dict[int, Stored] = {}
    for chunk in source.all(SNAPSHOT):
        head = source.peek(chunk, _SNAPSHOT.size)
        if len(head) < _SNAPSHOT.size:
            continue
        step, base = _SNAPSHOT.unpack(head)
        if step > origin and (base == origin or base in found) and base < step:
            found[step] = Stored(step, base, chunk)
    return found


def load_state(source: Source, stored: Stored, base: Snapshot, limit: int = LIMIT) -> Snapshot:
    """A stored snapshot, unchecked; `base` is its base."""
    found = codec.decode(source.read(stored.chunk)[_SNAPSHOT.size:], base, limit)
    if found.step != stored.step:
        raise SnapshotError(f"the recording is damaged: a state of step {found.step} in the place "
                            f"of {stored.step}")
    return found


def _lanes(source: Source) -> dict[str, tuple[int, array[int]]]:
    lanes = {}
    for chunk in source.all(LANE):
        name, interval, cells = _lane(source.read(chunk))
        lanes[name] = (interval, cells)
    return lanes


def _lane(data: bytes) -> tuple[str, int, array[int]]:
    """A lane's head is a small msgpack array, and its cells one zstd frame after it."""
    at = data.find(_ZSTD)
    name, interval = wire.array(wire.unpack(data[:max(at, 0)], "a lane"), "a lane", 2)
    raw = container.unpack(data[at:], 8 * _MOST_CELLS, "a lane")
    if len(raw) % 8:
        raise SnapshotError("a lane is cut short")
    return (wire.text(name, "a lane's name"),
            wire.integer(interval, "a lane's interval", 1, 1 << 62), array("Q", raw))


_ZSTD = b"\x28\xb5\x2f\xfd"


def facts(source: Source, base: Snapshot) -> dict[str, object]:
    """What people may want to know of a recording, without running it."""
    contents = read(source, base)
    output = sum(len(data) for entry in contents.entries for _, data in entry.output)
    return {"steps": f"{contents.first.step:,} to {contents.total:,}",
            "host calls": len(contents.entries), "output": f"{output:,} bytes",
            "snapshots": len(contents.snapshots), "whole": contents.notice or "yes"}
