"""Which pages of a mapping were ever written, as the system's page tables tell (Linux).

Untouched pages are zero. Reading them to find that out would cost a page fault each: seconds for
a memory of gigabytes.
"""

from __future__ import annotations

import mmap

PAGEMAP = "/proc/self/pagemap"
_ENTRY = 8
# The top bits of an entry's last byte: the page is present, or swapped out.
_HELD = bytes(bool(byte & 0xC0) for byte in range(256))


def touched(address: int, pages: int) -> bytes | None:
    """A byte for each of so many pages of the system at `address`: 1 if it may hold something.

    None where the system does not tell.
    """
    try:
        with open(PAGEMAP, "rb", buffering=0) as file:
            file.seek(address // mmap.PAGESIZE * _ENTRY)
            entries = bytearray()
            while len(entries) < pages * _ENTRY and (part := file.read(pages * _ENTRY
                                                                       - len(entries))):
                entries += part
    except OSError:
        return None
    complete = len(entries) == pages * _ENTRY
    return bytes(entries[_ENTRY - 1::_ENTRY].translate(_HELD)) if complete else None


def runs(marks: bytes) -> list[tuple[int, int]]:
    """Start and end of each run of ones."""
    found = []
    start = marks.find(1)
    while start >= 0:
        end = marks.find(0, start)
        end = len(marks) if end < 0 else end
        found.append((start, end))
        start = marks.find(1, end)
    return found
