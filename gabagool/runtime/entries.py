"""A journal's entries: as they are while they are few, packed where they would take much memory.

The newest entries are objects. Once those take more than ROOM, the oldest of them are packed, some
hundreds together, and once what is packed takes more than ROOM too, it goes to a temporary file.
Whatever is asked for is unpacked again, exactly as it was. What is asked of many entries at once
(their steps, what has printed how much) is kept in columns.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, overload

from gabagool.errors import SnapshotError
from gabagool.runtime.entry import Entry, decode, encode
from gabagool.runtime.spill import Spill, Spilled

ROOM = 16 << 20         # bytes of entries as objects, and as many of packed ones
_TOGETHER = 256         # entries that are packed together, at most …
_LARGE = 1 << 20        # … and their bytes, about
_SPARED = 4             # each time so much of ROOM is made free: 1/4
_OBJECT = 800           # bytes that an entry takes, besides those it holds
_UNPACKED = 4           # packs that are remembered unpacked
_LEVEL = 1

Packed = bytes | Spilled | list[Entry]      # a list: what can't be packed


class Columns:
    """Facts of all entries: `steps`, `printed` (bytes up to and with each), and numbers of those
    that print (`outputs`), that don't (`calls`), and in which memory grew (`grown`)."""

    def __init__(self) -> None:
        self.steps = array("Q")
        self.printed = array("Q")
        self.outputs = array("Q")
        self.calls = array("Q")
        self.grown = array("Q")
        self.names = array("L")             # numbers of names
        self.known: dict[str, int] = {}     # numbers by name

    def add(self, entry: Entry) -> None:
        number = len(self.steps)
        size = sum(len(data) for _, data in entry.output)
        self.steps.append(entry.step)
        self.printed.append(size + (self.printed[-1] if number else 0))
        (self.outputs if entry.output else self.calls).append(number)
        if any(effect[0] == "grow" for effect in entry.effects):
            self.grown.append(number)
        self.names.append(self.known.setdefault(entry.name, len(self.known)))

    def until(self, count: int) -> Columns:
        """Those of the first `count` entries."""
        found = Columns()
        for name in ("steps", "printed", "names"):
            setattr(found, name, getattr(self, name)[:count])
        for name in ("outputs", "calls", "grown"):
            numbers = getattr(self, name)
            setattr(found, name, numbers[:bisect_left(numbers, count)])
        found.known = dict(self.known)
        return found


class Entries(Sequence[Entry]):
    """A list that only grows. One thread may append while others read."""

    def __init__(self, entries: Iterable[Entry] = (), room: int = ROOM) -> None:
        self.columns = Columns()
        self._room: Final = room
        self._packs: list[Packed] = []
        self._ends: list[int] = []              # numbers behind each pack's last entry
        # Readers take these together: how many packs, the number of the first object, objects.
        self._now: tuple[int, int, list[Entry]] = (0, 0, [])
        self._objects = 0                       # bytes that these take
        self._packed = 0                        # bytes of packs in memory
        self._spill = Spill()
        self._unpacked: dict[int, list[Entry]] = {}
        for entry in entries:
            self.append(entry)

    @property
    def bytes(self) -> int:
        """The memory that it takes, about."""
        columns = self.columns
        return self._objects + self._packed + 8 * sum(map(len, (
            columns.steps, columns.printed, columns.names, columns.outputs, columns.calls)))

    def append(self, entry: Entry) -> None:
        self.columns.add(entry)
        self._now[2].append(entry)
        self._objects += _size(entry)
        if self._objects > self._room:
            self._pack()

    def until(self, count: int) -> Entries:
        """The first `count` entries. What is packed is shared."""
        found = Entries(room=self._room)
        packs, first, objects = self._now
        shared = bisect_right(self._ends, count, hi=packs)
        found.columns = self.columns.until(count)
        found._packs, found._ends = self._packs[:shared], self._ends[:shared]
        found._packed = sum(len(pack) for pack in found._packs if isinstance(pack, bytes))
        found._spill = self._spill
        start = found._ends[-1] if shared else 0
        rest = objects[:max(0, count - first)] if start == first else self[start:count]
        found._now = shared, start, rest
        found._objects = sum(map(_size, rest))
        return found

    # -- reading -----------------------------------------------------------------------------

    def __len__(self) -> int:
        _, first, objects = self._now
        return first + len(objects)

    @overload
    def __getitem__(self, index: int) -> Entry: ...

    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...

    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        if isinstance(index, slice):
            start, stop, stride = index.indices(len(self))
            if stride == 1:
                return list(self.upward(start, stop))
            return [self[i] for i in range(start, stop, stride)]
        number = index if index >= 0 else len(self) + index
        packs, first, objects = self._now
        if number >= first:
            return objects[number - first]
        if number < 0:
            raise IndexError(index)
        pack = bisect_right(self._ends, number, hi=packs)
        return self._unpack(pack)[number - (self._ends[pack - 1] if pack else 0)]

    def __iter__(self) -> Iterator[Entry]:
        return self.upward(0)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Entries):
            return NotImplemented
        return self.columns.steps == other.columns.steps and all(map(Entry.__eq__, self, other))

    __hash__ = None  # type: ignore[assignment]     # it grows

    def upward(self, start: int, stop: int | None = None) -> Iterator[Entry]:
        """The entries from a number on."""
        at = start
        while at < (len(self) if stop is None else min(stop, len(self))):
            yield self[at]
            at += 1

    def at_hand(self, number: int) -> Entry | None:
        """An entry, if nothing has to be unpacked for it."""
        _, first, objects = self._now
        return objects[number - first] if number >= first else None

    def between(self, first: int, last: int) -> list[Entry]:
        """Those of the steps [first, last)."""
        start, stop = self._span(first, last)
        return self[start:stop]

    def number_between(self, first: int, last: int) -> int:
        """How many there are of the steps [first, last)."""
        start, stop = self._span(first, last)
        return stop - start

    def _span(self, first: int, last: int) -> tuple[int, int]:
        steps = self.columns.steps
        return bisect_left(steps, first), bisect_left(steps, last)

    def named(self, names: Collection[str], first: int) -> dict[str, list[int]]:
        """Numbers of the entries of some names, from number `first` on."""
        columns = self.columns
        wanted = {columns.known[name]: name for name in names if name in columns.known}
        found: dict[str, list[int]] = {}
        for number in range(first, len(columns.names)) if wanted else ():
            if (name := wanted.get(columns.names[number])) is not None:
                found.setdefault(name, []).append(number)
        return found

    # -- packing -----------------------------------------------------------------------------

    def _pack(self) -> None:
        """Make room among the objects by packing the oldest."""
        _, first, objects = self._now
        at, left = 0, self._objects
        while left > self._room - self._room // _SPARED and at < len(objects):
            size, end = 0, at
            while end < min(len(objects), at + _TOGETHER) and (size < _LARGE or end == at):
                size += _size(objects[end])
                end += 1
            self._packs.append(self._put_away(objects[at:end]))
            self._ends.append(first + end)
            at, left = end, left - size
        self._objects = left
        self._now = len(self._packs), first + at, objects[at:]

    def _put_away(self, entries: list[Entry]) -> Packed:
        import zstandard  # few journals are long: not worth the time otherwise

        try:
            data = zstandard.ZstdCompressor(level=_LEVEL).compress(encode(entries))
        except SnapshotError:       # what a host gave is nothing that can be written down
            return entries
        if any(a.step > b.step for a, b in pairwise(entries)):      # several runs, one journal
            return entries
        if self._packed + len(data) > self._room:
            spilled = self._spill.add(data)
            if spilled is not None:
                return spilled
        self._packed += len(data)
        return data

    def _unpack(self, number: int) -> list[Entry]:
        found = self._unpacked.get(number)
        if found is None:
            pack = self._packs[number]
            if isinstance(pack, list):
                return pack
            import zstandard

            data = pack if isinstance(pack, bytes) else pack.read()
            found = decode(zstandard.ZstdDecompressor().decompress(data))
            self._unpacked[number] = found
            for old in list(self._unpacked)[:-_UNPACKED]:
                self._unpacked.pop(old, None)
        return found


def _size(entry: Entry) -> int:
    """Bytes that an entry takes, about."""
    held = sum(len(data) for _, data in entry.output)
    for effect in entry.effects:
        if effect[0] == "memory":
            held += len(effect[3])
    return _OBJECT + held + len(entry.host or b"")
