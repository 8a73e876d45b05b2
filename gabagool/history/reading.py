"""Reading recording files, whole, cut, damaged or hostile ones: what they hold, as far as that is
sound. States are found, but read and checked only when they are asked for.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import replace

import gabagool.container as container
import gabagool.snapshot as snapshot
from gabagool.container import Chunk, Source
from gabagool.errors import SnapshotError
from gabagool.history import notes, recording
from gabagool.history.family import FORK, Fork
from gabagool.history.nearby import dirty_bytes
from gabagool.history.notes import NOTE, Note
from gabagool.history.parts import MAIN, Part, parts
from gabagool.history.recording import COLLECTIONS, DONE, LANE, SNAPSHOT, THROWS, TICK
from gabagool.records import dataclass
from gabagool.runtime import codec, journal, wire
from gabagool.runtime.entries import Entries
from gabagool.runtime.state import Snapshot
from gabagool.snapshot import LIMIT, About

_MOST_CELLS = 1 << 20
_REFERENCE = 8          # bytes of an entry or page that is another part's, too
_NOTICES = 4            # so many are told
_ZSTD = b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True, slots=True)
class Stored:
    """A snapshot in a file: its step, the step of its base, and where it is."""

    step: int
    base: int
    chunk: Chunk


@dataclass(frozen=True, slots=True)
class Contents:
    """What a part of a recording file holds, its states not read yet.

    `entries` are all of its journal, of which the first `shared` are its parent's. `total` is how
    far it goes, `snapshots` are by their steps, `lanes` (interval, cells) by their names. `throws`
    and `collections` are still to be looked at. `notice` says what of a damaged part could not be
    saved; '' for a whole one. `size` is what all this takes, in bytes. `fork` is a branch's head.
    """

    part: Part
    first: Snapshot
    entries: Entries
    shared: int
    snapshots: dict[int, Stored]
    lanes: dict[str, tuple[int, array[int]]]
    throws: tuple[bytes, ...]
    collections: tuple[bytes, ...]
    total: int
    written: tuple[Note, ...]
    notice: str
    size: int
    fork: Fork | None = None


@dataclass(frozen=True, slots=True)
class File:
    """All that a recording file holds. `branches` are by number, each after its parent; `notice`
    says what of the file is lost."""

    about: About
    main: Contents
    branches: dict[int, Contents]
    notice: str


def read(source: Source, base: Snapshot, limit: int = LIMIT) -> File:
    """What the file holds; `base` is the initial state of a store of its outline.

    What has been damaged ends a part there, and the notice says so; SnapshotError only where
    nothing can be saved.
    """
    every = parts(source)
    whole = _is_whole(source)
    main = _main(source, every.pop(MAIN), base, limit, whole)
    branches: dict[int, Contents] = {}
    limit -= main.size
    notices = [main.notice] if main.notice else []
    for number in sorted(every):
        try:
            found = _branch(every[number], {MAIN: main, **branches}, main.first, limit, whole)
        except SnapshotError as error:
            notices.append(f"branch {number} is lost: {error}")
            continue
        branches[number] = found
        limit -= found.size
        if found.notice:
            notices.append(found.notice)
    return File(snapshot.read_about(source), main, branches, "; ".join(notices[:_NOTICES]))


def _is_whole(source: Source) -> bool:
    """Whether the file was written to its end. Notes may be added at any time."""
    last = next((each.tag for each in reversed(source.chunks) if each.tag.upper() != NOTE), b"")
    return last == DONE and not source.damage


def _main(source: Source, part: Part, base: Snapshot, limit: int, whole: bool) -> Contents:
    first = codec.decode(part.one(recording.FIRST), base, limit)
    if first.journal:
        raise SnapshotError("the recording is damaged: it begins in the middle of its journal")
    found = _contents(part, first, Entries(), limit, whole)
    why = found.notice or source.damage
    text = f"the file is not whole ({why})" if why else "its program was killed"
    notice = "" if whole and not why else f"this recording ends at step {found.total:,}: {text}"
    return replace(found, notice=notice)


def _branch(part: Part, known: dict[int, Contents], first: Snapshot, limit: int,
            whole: bool) -> Contents:
    heads = part.all(FORK)
    fork = Fork.unwire(part.read(heads[-1])) if heads else None
    if fork is None or fork.parent >= part.number or fork.parent not in known:
        raise SnapshotError("what it has left is not there")
    parent = known[fork.parent]
    own = codec.decode(part.one(recording.FIRST), first, limit)
    shared = bisect_left(parent.entries.columns.steps, fork.step)
    if not parent.first.step <= fork.step <= parent.total or (
            (own.step, own.journal) != (fork.step, shared)):
        raise SnapshotError(f"it begins at step {fork.step}, of which nothing is known")
    size = dirty_bytes(first, own) + _REFERENCE * sum(
        len(region.pages) for region in own.regions.values())
    found = _contents(part, own, parent.entries.until(shared), limit - size, whole)
    name = fork.name or f"branch {part.number}"
    notice = f"{name} ends at step {found.total:,}: {found.notice}" if found.notice else ""
    return replace(found, notice=notice, fork=fork,
                   size=found.size + size)


def _contents(part: Part, first: Snapshot, entries: Entries, limit: int,
              whole: bool) -> Contents:
    """What a part has behind its first state; the notice says only what damage ends it."""
    shared = len(entries)
    trouble, left = _read_entries(part, entries, limit)
    stored = _stored(part, first.step)
    reached = _reached(entries) if len(entries) > shared else 0
    total = max(first.step, reached, *_ticks(part), *stored)
    if trouble:
        total = max(first.step, reached)
        stored = {step: found for step, found in stored.items() if step <= total}
    lanes = _lanes(part) if whole and not trouble else {}
    lists = []
    for tag in (THROWS, COLLECTIONS):
        lists.append(_lists(part, tag, left))
        left -= sum(map(len, lists[-1]))
    return Contents(part, first, entries, shared, stored, lanes, lists[0], lists[1], total,
                    notes.read(part, total), trouble, limit - left)


def _read_entries(part: Part, entries: Entries, limit: int) -> tuple[str, int]:
    """Add a part's own journal up to the first damage; what that is, and what of the limit is
    left."""
    shared = len(entries)
    left, head = limit - _REFERENCE * shared, recording.JOURNAL_HEAD
    if left < 0:
        raise SnapshotError("all branches together are too large")
    for found in part.all(recording.JOURNAL):
        try:
            data = part.read(found)
            if len(data) < head.size or head.unpack_from(data)[0] != len(entries) - shared:
                raise SnapshotError("a part of the journal is missing")
            raw = container.unpack(data[head.size:], left, "the journal")
            more = journal.decode(raw)
            if len(more) != head.unpack_from(data)[1]:
                raise SnapshotError("a part of the journal is cut short")
            if entries and more and more[0].step < entries[-1].step:
                raise SnapshotError("the journal goes back in time")
        except SnapshotError as error:
            return str(error), left
        left -= len(raw)
        for entry in more:
            entries.append(entry)
    return "", left


def _reached(entries: Entries) -> int:
    """So far the journal alone leads: past its last call, if that didn't end the program."""
    return entries[-1].step + (entries[-1].end is None)


def _ticks(part: Part) -> list[int]:
    """How far the part has come. (Ticks may be later than a journal that has lost its end.)"""
    return [0, *(recording.STEP.unpack(data)[0] for chunk in part.all(TICK)
                 if len(data := part.peek(chunk, recording.STEP.size)) == recording.STEP.size)]


def _lists(part: Part, tag: bytes, limit: int) -> tuple[bytes, ...]:
    """What a list for people has, up to the first damage."""
    found = []
    for chunk in part.all(tag):
        try:
            found.append(container.unpack(part.read(chunk), limit, "a list"))
        except SnapshotError:
            break
        limit -= len(found[-1])
    return tuple(found)


def _stored(part: Part, origin: int) -> dict[int, Stored]:
    """Snapshots whose base is there too."""
    found: dict[int, Stored] = {}
    for chunk in part.all(SNAPSHOT):
        head = part.peek(chunk, recording.SNAPSHOT_HEAD.size)
        if len(head) < recording.SNAPSHOT_HEAD.size:
            continue
        step, base = recording.SNAPSHOT_HEAD.unpack(head)
        if step > origin and (base == origin or base in found) and base < step:
            found[step] = Stored(step, base, chunk)
    return found


def load_state(part: Part, stored: Stored, base: Snapshot, limit: int = LIMIT) -> Snapshot:
    """A stored snapshot, unchecked; `base` is its base."""
    data = part.read(stored.chunk)[recording.SNAPSHOT_HEAD.size:]
    found = codec.decode(data, base, limit)
    if found.step != stored.step:
        raise SnapshotError(f"the recording is damaged: a state of step {found.step} in the place "
                            f"of {stored.step}")
    return found


def _lanes(part: Part) -> dict[str, tuple[int, array[int]]]:
    lanes = {}
    for chunk in part.all(LANE):
        name, interval, cells = _lane(part.read(chunk))
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


def facts(source: Source, base: Snapshot) -> dict[str, object]:
    """What people may want to know of a recording, without running it."""
    file = read(source, base)
    main = file.main
    output = sum(len(data) for entry in main.entries for _, data in entry.output)
    named = [each.fork.name for each in file.branches.values() if each.fork and each.fork.name]
    found: dict[str, object] = {
        "steps": f"{main.first.step:,} to {main.total:,}", "host calls": len(main.entries),
        "output": f"{output:,} bytes", "snapshots": len(main.snapshots)}
    if named:
        found["branches"] = ", ".join(named)
    if main.written:
        found["marks and notes"] = len(main.written)
    return found | {"whole": file.notice or "yes"}
