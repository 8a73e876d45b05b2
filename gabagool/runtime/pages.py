"""A region's contents as immutable pages, so that snapshots share what didn't change."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator, Mapping
from itertools import compress
from operator import is_not
from types import MappingProxyType
from typing import cast

from gabagool.native import bulk
from gabagool.records import dataclass

PAGE = 4096             # bytes; unrelated to wasm's 64 KiB pages
ZERO = bytes(PAGE)      # every all-zero page is this object
_NONE: Mapping[int, bytes] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Pages:
    """`size` bytes in pages of PAGE bytes; the last one may be shorter, none is empty."""

    size: int
    pages: tuple[bytes, ...]

    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview) -> Pages:
        """A copy of `data`; all-zero pages take no memory."""
        view = memoryview(data).cast("B")
        return cls(len(view), tuple(
            own(bytes(view[at:at + PAGE])) for at in range(0, len(view), PAGE)))

    @classmethod
    def looking_at(cls, view: memoryview, size: int) -> Pages:
        """The first `size` bytes of `view` itself, nothing copied: good as long as nobody writes
        to it. What follows them in `view` must be zeros."""
        return cls(size, cast("tuple[bytes, ...]", Window(view, size)))

    def to_bytes(self) -> bytes:
        return b"".join(self.pages)

    def read(self, offset: int, length: int) -> bytes:
        """`length` bytes at `offset`, or as many as there are."""
        end = min(offset + length, self.size)
        if offset < 0 or offset >= end:
            return b""
        first = offset // PAGE
        data = b"".join(self.pages[first:-(-end // PAGE)])
        return data[offset - first * PAGE:end - first * PAGE]

    def held(self) -> Pages:
        """The same with no page that lies elsewhere."""
        return self if window_of(self) is None else Pages(self.size, tuple(self.pages))

    def replaced(self, pages: Iterable[tuple[int, bytes]], size: int | None = None) -> Pages:
        """This with some pages (index, bytes) replaced; `size` grows or cuts it first.

        Grown space is zero. Pages not named stay the same objects.
        """
        window = window_of(self)
        if window is not None and size is None:
            return Pages(self.size, cast("tuple[bytes, ...]", window.patched(pages)))
        items = list(self.pages if size is None else resized(self, size).pages)
        for index, page in pages:
            items[index] = page
        return Pages(self.size if size is None else size, tuple(items))


class Window:
    """A buffer's pages, each copied when it is asked for; `patches` stand in for some of them."""

    __slots__ = ("_size", "patches", "view")

    def __init__(self, view: memoryview, size: int, patches: Mapping[int, bytes] = _NONE) -> None:
        self.view = view
        self.patches = patches
        self._size = size

    def patched(self, pages: Iterable[tuple[int, bytes]]) -> Window:
        """The same with some more pages replaced, by number."""
        return Window(self.view, self._size, {**self.patches, **dict(pages)})

    def resized(self, size: int) -> Window | None:
        """The same of another size, if the buffer is large enough and nothing was replaced."""
        return Window(self.view, size) if size <= len(self.view) and not self.patches else None

    @property
    def address(self) -> int:
        return ctypes.addressof(ctypes.c_char.from_buffer(self.view))

    def _page(self, index: int) -> bytes:
        patch = self.patches.get(index)
        return patch or bytes(self.view[index * PAGE:min((index + 1) * PAGE, self._size)])

    def __len__(self) -> int:
        return -(-self._size // PAGE)

    def __getitem__(self, index: int | slice) -> bytes | tuple[bytes, ...]:
        if isinstance(index, slice):
            return tuple(self._page(i) for i in range(*index.indices(len(self))))
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self._page(index)

    def __iter__(self) -> Iterator[bytes]:
        return map(self._page, range(len(self)))


def window_of(pages: Pages) -> Window | None:
    """What it looks through, unless it has pages of its own."""
    found: object = pages.pages
    return found if isinstance(found, Window) else None


def own(page: bytes) -> bytes:
    """`page`, or the shared ZERO if it is a full page of zeros."""
    return ZERO if page == ZERO else page


def resized(old: Pages, size: int) -> Pages:
    """`old` cut or zero-extended to `size` bytes."""
    if size == old.size:
        return old
    window = window_of(old)
    if window is not None and (other := window.resized(size)) is not None:
        return Pages(size, cast("tuple[bytes, ...]", other))
    whole = min(size, old.size) // PAGE
    items = [*old.pages[:whole], *[ZERO] * (size // PAGE - whole)]
    rest = old.pages[whole] if whole < len(old.pages) else b""
    if whole < size // PAGE:
        items[whole] = own(rest.ljust(PAGE, b"\0"))
        rest = b""
    if size % PAGE:
        items.append(rest[:size % PAGE].ljust(size % PAGE, b"\0"))
    return Pages(size, tuple(items))


def changed(old: Pages, new: Pages) -> list[int]:
    """Indices of `new`'s pages that differ from `old`'s at the same index (or aren't in `old`)."""
    before, after = window_of(old), window_of(new)
    if before is not None and after is not None and old.size == new.size:
        return _seen_to_differ(before, after, new.size)
    return _found_to_differ(old.pages, new.pages)


def _seen_to_differ(before: Window, after: Window, size: int) -> list[int]:
    """Those of two windows, compared where they lie."""
    found = bulk.differing(before.address, after.address, size // PAGE)
    odd = [] if size % PAGE == 0 else [size // PAGE]
    patched = {*before.patches, *after.patches, *odd}
    more = [i for i in patched if before[i] != after[i]]
    return sorted({*found} - patched | {*more}) if patched else found


def _found_to_differ(before: tuple[bytes, ...], after: tuple[bytes, ...]) -> list[int]:
    # `compress` over `is_not` runs in C: 25 ns a page; contents are compared only where the
    # objects differ.
    common = min(len(before), len(after))
    found = [i for i in compress(range(common), map(is_not, before, after))
             if before[i] != after[i]]
    found.extend(range(common, len(after)))
    return found
