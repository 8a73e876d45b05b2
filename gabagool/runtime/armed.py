"""One tap that is set, and the log that the taps of a machine share: records for native code."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from gabagool.native.layout import LOGGED_VALUES, Entry, Log, Tap
from gabagool.runtime.region import Region
from gabagool.runtime.tapping import MemoryWrites, TapSpec

SHOWN = 16               # bytes of a value that are logged
_ENTRY = struct.Struct(f"<QQQQ16s16sQ{LOGGED_VALUES}QQ")


class Armed:
    """One tap that is set: what it has noticed since."""

    def __init__(self, spec: TapSpec, region: Region, at: int) -> None:
        self.spec = spec
        self.address = region.address + at
        self._region = region
        self._at = at
        # A copy of what is watched, to tell changes by.
        self.copy = (Region(spec.where.size + SHOWN) if isinstance(spec.where, MemoryWrites)
                     else None)
        self._code: object = None
        self[Tap.STOP], self[Tap.IGNORE] = int(spec.stop), spec.ignore
        self[Tap.CHANGED] = int(spec.changed)
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
    def heat(self) -> tuple[int, ...]:
        """Writes to each line of memory, if the tap counts them."""
        return () if self._heat is None else tuple(self._heat.words[:])

    @property
    def last(self) -> int | None:
        """The step of the last hit; None if there was none."""
        return self[Tap.LAST] if self.count else None

    @property
    def ignore(self) -> int:
        """Hits that are still to be ignored."""
        return self[Tap.IGNORE]


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
