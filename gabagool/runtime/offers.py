"""What the run that a branch has left got from outside: the branch gets the same while it fits.

A host call is answered from the other run's journal if that made the same call with the same
arguments and the same bytes in the memory that the host read, and if all calls since the fork were
answered so: then the host would do the same again, and must not do it to the outside twice. The
first call that differs goes to the host, and so do all after it, but for those that only read
the outside (clocks, random bytes): they are answered in order as long as there are answers.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gabagool.runtime.entities import MemoryInst
    from gabagool.runtime.entries import Entries
    from gabagool.runtime.entry import Entry, Read

_DIGEST = 16


def digest(memories: Sequence[MemoryInst], reads: Iterable[Read]) -> bytes:
    """A hash of the bytes in some ranges of memories; b'' if one is out of bounds."""
    found = hashlib.blake2b(digest_size=_DIGEST)
    for addr, offset, length in reads:
        region = memories[addr].region
        if offset + length > region.size:
            return b""
        found.update(region.view[offset:offset + length])
    return found.digest()


class Offers:
    """The entries of another journal from number `first` on, a fork. `inputs` names calls that
    only read the outside. `differs` is the step of the first call that went to the host, None so
    far."""

    def __init__(self, entries: Entries, first: int, inputs: frozenset[str]) -> None:
        self.differs: int | None = None
        self.taken = 0
        self._entries = entries.until(len(entries))
        self._first = first
        self._inputs = entries.named(inputs, first)
        self._used: dict[str, int] = {}

    def resume(self, names: Iterable[str], taken: int, differs: int | None) -> None:
        """Go on behind calls of these names that were made already."""
        self._used = dict(Counter(names))
        self.taken, self.differs = taken, differs

    def take(self, memories: Sequence[MemoryInst], step: int, name: str,
             args: tuple[int, ...]) -> Entry | None:
        """The entry that answers a call made now, or None: then it goes to the host."""
        answer = self._next(memories, step, name, args)
        self._used[name] = self._used.get(name, 0) + 1
        self.taken += answer is not None
        return answer

    def _next(self, memories: Sequence[MemoryInst], step: int, name: str,
              args: tuple[int, ...]) -> Entry | None:
        if self.differs is None:
            at = self._first + self.taken
            entry = self._entries[at] if at < len(self._entries) else None
            if entry is not None and _fits(memories, entry, name, args):
                return entry
            self.differs = step
        same = self._inputs.get(name, ())
        used = self._used.get(name, 0)
        entry = self._entries[same[used]] if used < len(same) else None
        if entry is None or entry.host is not None or not _fits(memories, entry, name, args):
            return None
        return entry


def _fits(memories: Sequence[MemoryInst], entry: Entry, name: str,
          args: tuple[int, ...]) -> bool:
    if (entry.name, entry.args) != (name, args) or not entry.seen:
        return False
    if entry.end is not None and entry.end[0] == "throw":
        return False        # what is thrown is an object, and those of a branch are others
    for effect in entry.effects:
        if effect[0] != "memory" or effect[2] + len(effect[3]) > memories[effect[1]].region.size:
            return False
    return digest(memories, entry.reads) == entry.seen
