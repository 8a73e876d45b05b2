"""Where two snapshots' memories differ, byte by byte."""

from __future__ import annotations

import re

from gabagool.records import dataclass
from gabagool.runtime.pages import PAGE, Pages, changed, resized
from gabagool.runtime.state import Snapshot

# Runs of bytes that differ; up to seven equal ones between them (as in a small number that has
# changed in a wide field) don't end a run.
_RUNS = re.compile(rb"[^\0]+(?:\0{1,7}[^\0]+)*", re.S)


@dataclass(frozen=True, slots=True)
class Difference:
    """Bytes of a memory (by store address) from `start` on: what they were and what they are.

    The shorter one is of a memory that ended there.
    """

    memory: int
    start: int
    old: bytes
    new: bytes


def ranges(old: Pages, new: Pages) -> list[tuple[int, int]]:
    """[start, end) of the bytes that differ, rising, in the part that both have."""
    size = min(old.size, new.size)
    old, new = resized(old, size), resized(new, size)
    found: list[tuple[int, int]] = []
    for i in changed(old, new):
        a, b = old.pages[i], new.pages[i]
        mixed = int.from_bytes(a, "little") ^ int.from_bytes(b, "little")
        for run in _RUNS.finditer(mixed.to_bytes(len(a), "little")):
            start, end = i * PAGE + run.start(), i * PAGE + run.end()
            if found and start - found[-1][1] < 8:
                start = found.pop()[0]
            found.append((start, end))
    return found


def differences(old: Snapshot, new: Snapshot) -> list[Difference]:
    """All of them, memory by memory; what a memory has grown by counts only where it isn't 0."""
    found = []
    names = [name for name in new.regions if name.startswith("memory ")]
    for name in names:
        number, after = int(name.split()[1]), new.regions[name]
        before = old.regions.get(name, Pages(0, ()))
        size = max(before.size, after.size)
        wide = resized(before, size), resized(after, size)
        found += [Difference(number, start, before.read(start, end - start),
                             after.read(start, end - start)) for start, end in ranges(*wide)]
    return found
