"""A region's contents as immutable pages, so that snapshots share what didn't change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import compress
from operator import is_not
from typing import cast

from gabagool.records import dataclass

PAGE = 4096             # bytes; unrelated to wasm's 64 KiB pages
ZERO = bytes(PAGE)      # every all-zero page is this object


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
    def looking_at(cls, view: memoryview) -> Pages:
        """`view` itself, nothing copied: good as long as nobody writes to it."""
        return cls(len(view), cast("tuple[bytes, ...]", _Slices(view)))

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

    def replaced(self, pages: Iterable[tuple[int, bytes]], size: int | None = None) -> Pages:
        """This with some pages (index, bytes) replaced; `size` grows or cuts it first.

        Grown space is zero. Pages not named stay the same objects.
        """
        items = list(self.pages if size is None else resized(self, size).pages)
        for index, page in pages:
            items[index] = page
        return Pages(self.size if size is None else size, tuple(items))


class _Slices:
    """A buffer's pages, each copied when it is asked for."""

    __slots__ = ("_view",)

    def __init__(self, view: memoryview) -> None:
        self._view = view

    def __len__(self) -> int:
        return -(-len(self._view) // PAGE)

    def __getitem__(self, index: int | slice) -> bytes | tuple[bytes, ...]:
        if isinstance(index, slice):
            view = self._view[slice(*(at and at * PAGE for at in (index.start, index.stop)))]
            return tuple(_Slices(view))
        if not 0 <= index < len(self):
            raise IndexError(index)
        return bytes(self._view[index * PAGE:(index + 1) * PAGE])

    def __iter__(self) -> Iterator[bytes]:
        view = self._view
        return (bytes(view[at:at + PAGE]) for at in range(0, len(view), PAGE))


def own(page: bytes) -> bytes:
    """`page`, or the shared ZERO if it is a full page of zeros."""
    return ZERO if page == ZERO else page


def resized(old: Pages, size: int) -> Pages:
    """`old` cut or zero-extended to `size` bytes."""
    if size == old.size:
        return old
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
    before, after = old.pages, new.pages
    # `compress` over `is_not` runs in C: 25 ns a page; contents are compared only where the
    # objects differ.
    common = min(len(before), len(after))
    found = [i for i in compress(range(common), map(is_not, before, after))
             if before[i] != after[i]]
    found.extend(range(common, len(after)))
    return found
