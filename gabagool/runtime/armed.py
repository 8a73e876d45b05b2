"""One tap that is set, and the log that the taps of a machine share: records for native code."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Iterator
from typing import Any

from gabagool.native.tap_layout import LOGGED_VALUES, Entry, Log, Tap
from gabagool.runtime.region import Region
from gabagool.runtime.tapping import MemoryWrites, TapSpec

SHOWN = 16               # bytes of a value that are logged
_ENTRY = struct.Struct(f"<QQQQ16s16sQ{LOGGED_VALUES}QQ")


class Armed:
    """One tap that is set: what it has noticed since."""

    def __init__(self, spec: TapSpec, region: Region, at: int, ignored: Ignored) -> None:
        """Its record lies in a region; `ignored` has how many hits are to be ignored."""
        self.spec = spec
        self.address = region.address + at
        self._region = region
        self._at = at
        # A copy of what is watched, to tell changes by.
        self.copy = (Region(spec.where.size + SHOWN)
                     if isinstance(spec.where, MemoryWrites) and not spec.reads else None)
        self._code: object = None
        self[Tap.STOP], self[Tap.IGNORE] = int(spec.stop), ignored.address
        self._ignored = ignored
        self[Tap.CHANGED], self[Tap.READS] = int(spec.changed), int(spec.reads)
        self[Tap.UNTIL] = spec.until
        self._heat: Region | None = None
        if spec.heat and isinstance(spec.where, MemoryWrites):
            self._heat = Region(8 * (spec.where.size // spec.heat + 1))
            self[Tap.HEAT], self[Tap.HEAT_SHIFT] = self._heat.address, spec.heat.bit_length() - 1
        self._pattern = Region(max(1, len(spec.pattern)))
        self._pattern.view[:len(spec.pattern)] = spec.pattern
        self[Tap.PATTERN], self[Tap.PATTERN_SIZE] = self._pattern.address, len(spec.pattern)
        self.begin(spec.after)
        self._compile()

    def _compile(self) -> None:
        if self.spec.check is None and not self.spec.values:
            return
        from gabagool.native.condition import compile_condition  # loads LLVM

        self._code = code = compile_condition(self.spec.check, self.spec.values)
        self[Tap.CHECK], self[Tap.VALUES] = code.check, code.values

    def __getitem__(self, field: Tap) -> int:
        return self._region.words[(self._at + field) >> 3]

    def __setitem__(self, field: Tap, value: int) -> None:
        self._region.words[(self._at + field) >> 3] = value & (1 << 64) - 1

    def begin(self, after: int) -> None:
        """Forget all hits; look at steps beyond `after` only."""
        self[Tap.COUNT], self[Tap.LAST] = 0, max(after, self.spec.after)

    @property
    def count(self) -> int:
        """Hits, exactly."""
        return self[Tap.COUNT]

    @property
    def heat(self) -> array[int]:
        """Hits of each line of memory, if the tap counts them."""
        return array("Q") if self._heat is None else array("Q", self._heat.words.tobytes())

    def warm(self, ranges: Iterable[tuple[int, int]], step: int) -> bool:
        """If the tap counts hits by lines, count one of so many ranges of memory that a step of
        Python's has touched, once for each line. Whether it does."""
        where = self.spec.where
        if self._heat is None or not isinstance(where, MemoryWrites):
            return False
        last = self[Tap.LAST]
        if (last >> 63 or last < step) and step < self.spec.until:
            shift = self[Tap.HEAT_SHIFT]
            lines = {line for lo, hi in ranges for line in
                     range(lo - where.start >> shift, (hi - 1 - where.start >> shift) + 1)}
            for line in lines:
                self._heat.put_u64(8 * line, self._heat.u64(8 * line) + 1)
            self[Tap.COUNT], self[Tap.LAST] = self.count + 1, step
        return True

    @property
    def last(self) -> int | None:
        """The step of the last hit; None if there was none."""
        return self[Tap.LAST] if self.count else None

    @property
    def ignore(self) -> int:
        """Hits that are still to be ignored, by all of its group."""
        return self._ignored.count


class Ignored:
    """How many hits a group of taps is still to ignore: a word that native code counts down."""

    def __init__(self, count: int) -> None:
        self._word = Region(8)
        self._word.put_u64(0, count)

    @property
    def address(self) -> int:
        return self._word.address

    @property
    def count(self) -> int:
        return self._word.u64(0)


class TapLog:
    """The hits `skip` to `skip + room - 1` of some taps, in the order in which they came."""

    def __init__(self, skip: int = 0, room: int = 0) -> None:
        self._record = Region(Log.SIZE)
        self._entries = Region(max(1, room) * Entry.SIZE)
        self._skip, self._room = skip, room
        for field, value in ((Log.ENTRIES, self._entries.address), (Log.SKIP, skip),
                             (Log.ROOM, room)):
            self._record.put_u64(field, value)

    @property
    def address(self) -> int:
        return self._record.address

    def entries(self) -> Iterator[tuple[Any, ...]]:
        """The fields of `layout.Entry`, of each."""
        kept = self._record.u64(Log.COUNT) - self._skip
        for i in range(max(0, min(kept, self._room))):
            yield _ENTRY.unpack_from(self._entries.view, i * Entry.SIZE)
