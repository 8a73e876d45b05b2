"""Which pages of a region changed since the last capture: a shadow copy and a native comparison.

Comparing beats marking in the store handlers: it costs nothing while the guest runs, misses no
write by whatever path, and runs at memory speed.
"""

from __future__ import annotations

import ctypes

from gabagool.native.engine import Native
from gabagool.runtime.pages import PAGE, Pages, own
from gabagool.runtime.region import Region


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
        if not count:
            return []
        out = (ctypes.c_uint32 * count)()
        found = self._native.page_diff(self._region.address, self._shadow.address, count, PAGE,
                                       ctypes.addressof(out))
        return out[:found]

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
        return Pages.looking_at(self._region.view[:size])

    def restore(self, target: Pages) -> None:
        """Make the region hold `target`; it must fit. Only what differs is written."""
        size = target.size
        span = max(self._pages.size, size, self._region.size if self._clean_tail else 0)
        dirty = set(self._differing(min(span, self._region.capacity)))
        if self._clean_tail:
            self._region.truncate(min(size, self._region.size))
            ctypes.memset(self._shadow.address + size, 0, max(0, span - size))
            self._region.size = size
        old = self._pages.pages
        for i, page in enumerate(target.pages):
            if i in dirty or i >= len(old) or old[i] is not page:
                self._write(i * PAGE, page)
        self._pages = target

    def _write(self, at: int, page: bytes) -> None:
        self._region.view[at:at + len(page)] = page
        self._shadow.view[at:at + len(page)] = page


def _reuse(before: Pages, pages: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Keep the old object where a page was read anew but holds the same bytes."""
    old = before.pages
    return [(i, old[i] if i < len(old) and old[i] == page else page) for i, page in pages]


