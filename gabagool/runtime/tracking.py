"""Which pages of a region changed since the last capture: a shadow copy and a native comparison.

Comparing beats marking in the store handlers: it costs nothing while the guest runs, misses no
write by whatever path, and runs at memory speed.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Mapping
from itertools import compress
from operator import is_not

from gabagool.native.engine import Native
from gabagool.runtime.pages import PAGE, Pages, own, window_of
from gabagool.runtime.region import Region
from gabagool.runtime.touched import runs, touched

_LARGE = 1 << 15        # pages from which it pays to ask which ones were ever touched


class Tracked:
    """A region with the contents it had at the last capture or restore.

    `clean_tail` says that bytes beyond the size in use are always zero (not so for the stack).
    """

    def __init__(self, native: Native, region: Region, clean_tail: bool = True) -> None:
        self._native = native
        self._region = region
        self._clean_tail = clean_tail
        self._shadow = Region(region.capacity)
        self._pages = Pages(0, ())

    def _differing(self, size: int) -> list[int]:
        """Pages that differ from the shadow, which is brought up to date."""
        count = -(-size // PAGE)
        found: list[int] = []
        for start, end in self._inhabited(count):
            out = (ctypes.c_uint32 * (end - start))()
            number = self._native.page_diff(self._region.address + start * PAGE,
                                            self._shadow.address + start * PAGE,
                                            end - start, PAGE, ctypes.addressof(out))
            found += [start + page for page in out[:number]] if start else out[:number]
        return found

    def _inhabited(self, count: int) -> list[tuple[int, int]]:
        """Runs of pages outside of which region and shadow are zero; one of all, if it is small."""
        if count < _LARGE or PAGE != mmap.PAGESIZE:
            return [(0, count)] if count else []
        there = [touched(region.address, count) for region in (self._region, self._shadow)]
        marks = [int.from_bytes(m, "little") for m in there if m is not None]
        if len(marks) < len(there):
            return [(0, count)]
        return runs((marks[0] | marks[1]).to_bytes(count, "little"))

    def capture(self, size: int) -> Pages:
        """The first `size` bytes as pages; those unchanged are the same objects as before."""
        dirty = set(self._differing(size))
        before = self._pages
        known = before.size // PAGE if not self._clean_tail else len(before.pages)
        whole = size // PAGE
        if not self._clean_tail:
            dirty.update(range(known, whole))
        if size % PAGE:
            dirty.add(whole)
        if not dirty and size == before.size:
            return before
        view = self._region.view
        pages = [(i, own(bytes(view[i * PAGE:min(size, (i + 1) * PAGE)]))) for i in sorted(dirty)]
        self._pages = before.replaced(_reuse(before, pages), size)
        return self._pages

    def look(self, size: int) -> Pages:
        """The first `size` bytes as they lie in the region, not copied and not remembered."""
        return Pages.looking_at(self._region.view, size)

    def restore(self, target: Pages) -> None:
        """Make the region hold `target`; it must fit. Only what differs is written."""
        size = target.size
        window = window_of(target)
        if window is not None and window.view is self._region.view:
            self._patch(window.patches, size)
            return
        span = max(self._pages.size, size, self._region.size if self._clean_tail else 0)
        dirty = set(self._differing(min(span, self._region.capacity)))
        if self._clean_tail:
            self._region.truncate(min(size, self._region.size))
            ctypes.memset(self._shadow.address + size, 0, max(0, span - size))
            self._region.size = size
        old, new = self._pages.pages, target.pages
        common = min(len(old), len(new))
        dirty.update(compress(range(common), map(is_not, old, new)), range(common, len(new)))
        for i in dirty:
            if i < len(new):
                self._write(i * PAGE, new[i])
        self._pages = target

    def _patch(self, pages: Mapping[int, bytes], size: int) -> None:
        """The region holds all but these pages already. The shadow is for the next capture."""
        self._region.truncate(size)
        for i, page in pages.items():
            self._region.view[i * PAGE:i * PAGE + len(page)] = page

    def _write(self, at: int, page: bytes) -> None:
        self._region.view[at:at + len(page)] = page
        self._shadow.view[at:at + len(page)] = page


def _reuse(before: Pages, pages: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Keep the old object where a page was read anew but holds the same bytes."""
    old = before.pages
    return [(i, old[i] if i < len(old) and old[i] == page else page) for i, page in pages]


