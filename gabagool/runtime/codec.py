"""A snapshot as bytes: whole, or as its difference from another (the base).

    u32 head size | head (msgpack) | payload (one zstd frame)

The head says what the payload holds, so that all sizes are checked before anything is
decompressed. The payload has, for each region in the head's order, the indices (u32) of its pages
that differ from the base's, then those pages XORed with the base's. A region or page that the base
hasn't is taken as zeros there, so a whole snapshot is a difference from nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import lt

import zstandard

from gabagool.errors import SnapshotError
from gabagool.runtime import wire
from gabagool.runtime.pages import PAGE, Pages, changed, own, resized
from gabagool.runtime.state import Control, Snapshot

MAX_STATE = 1 << 34       # bytes of all regions together: page tables of 32 MiB at most
_LEVEL = 1
_NOTHING = Pages(0, ())


@dataclass(frozen=True, slots=True)
class Encoded:
    """`dirty` is the bytes of pages unlike the base's. `weight` estimates len(data) from the bits
    that differ: unlike len(data) it is the same with every version of zstd."""

    data: bytes
    dirty: int
    weight: int


def encode(snapshot: Snapshot, base: Snapshot | None = None) -> Encoded:
    """`snapshot` as bytes that `decode` understands, given the same base."""
    if len(snapshot.regions) > wire.MAX_ITEMS:
        raise SnapshotError(f"{len(snapshot.regions)} regions are too many for a snapshot; "
                            f"{wire.MAX_ITEMS} are possible")
    regions, payload = [], []
    dirty = weight = 0
    for name, region in snapshot.regions.items():
        before = _base_region(base, name, region.size)
        indices = changed(before, region)
        pages, bits = _xor(region, before, indices)
        table = struct.pack(f"<{len(indices)}I", *indices)
        regions.append((name, region.size, len(indices)))
        payload += [table, *pages]
        dirty += sum(map(len, pages))
        weight += len(table) + bits
    raw = b"".join(payload)
    head = wire.pack((snapshot.step, snapshot.control.wire(), snapshot.host, snapshot.journal,
                      regions, len(raw)))
    packed = zstandard.ZstdCompressor(level=_LEVEL).compress(raw)
    return Encoded(len(head).to_bytes(4, "little") + head + packed, dirty, weight + len(head))


def _base_region(base: Snapshot | None, name: str, size: int) -> Pages:
    region = _NOTHING if base is None else base.regions.get(name, _NOTHING)
    return resized(region, size)


def _xor(region: Pages, base: Pages, indices: Sequence[int]) -> tuple[list[bytes], int]:
    """The pages at `indices` XORed with the base's, and the sum of min(bytes, bits set) over them.

    Whole-page integers are the fastest XOR that Python has: 4 ns a byte.
    """
    pages, total = [], 0
    for index in indices:
        page = region.pages[index]
        delta = int.from_bytes(page, "little") ^ int.from_bytes(base.pages[index], "little")
        pages.append(delta.to_bytes(len(page), "little"))
        total += min(len(page), delta.bit_count())
    return pages, total


@dataclass(frozen=True, slots=True)
class _Head:
    step: int
    control: Control
    host: bytes
    journal: int
    regions: tuple[tuple[str, int, int], ...]      # name, size in bytes, pages in the payload
    raw: int                                       # bytes of the payload when decompressed


def decode(data: bytes, base: Snapshot | None = None, limit: int = MAX_STATE) -> Snapshot:
    """The inverse of `encode`. At most `limit` bytes are decompressed.

    Raises SnapshotError for bytes that aren't `encode`'s, whatever they are.
    """
    size = int.from_bytes(data[:4], "little")
    if len(data) < 4 + size:
        raise SnapshotError(f"the snapshot is cut short: its head has {size} bytes, "
                            f"{max(len(data) - 4, 0)} are there")
    head = _head(wire.unpack(data[4:4 + size], "the head of the snapshot"))
    raw = _decompress(data[4 + size:], head.raw, limit)
    at, regions = 0, {}
    for name, length, count in head.regions:
        before = _base_region(base, name, length)
        regions[name], at = _region(raw, at, before, count, name)
    if at != len(raw):
        raise SnapshotError(f"the snapshot has {len(raw) - at} bytes too many")
    return Snapshot(head.step, regions, head.control, head.host, head.journal)


def _head(value: object) -> _Head:
    step, control, host, journal, table, raw = wire.array(value, "the head of the snapshot", 6)
    regions = tuple(_region_head(part) for part in wire.array(table, "the list of regions"))
    if len({name for name, _, _ in regions}) != len(regions):
        raise SnapshotError("a region is there twice")
    if sum(size for _, size, _ in regions) > MAX_STATE:
        raise SnapshotError(f"the regions have more than {MAX_STATE} bytes together")
    pages = sum(count for _, _, count in regions)
    return _Head(wire.integer(step, "the step"), Control.unwire(control),
                 wire.blob(host, "the host state"), wire.integer(journal, "the journal position"),
                 regions, wire.integer(raw, "the payload's size", 0, pages * (4 + PAGE)))


def _region_head(value: object) -> tuple[str, int, int]:
    name, size, count = wire.array(value, "a region", 3)
    name = wire.text(name, "a region's name")
    size = wire.integer(size, f"the size of region {name!r}", 0, MAX_STATE)
    return name, size, wire.integer(count, f"the pages of region {name!r}", 0, -(-size // PAGE))


def _decompress(data: bytes, size: int, limit: int) -> bytes:
    """`size` bytes from one zstd frame, which must say so itself before it is looked into."""
    if size > limit:
        raise SnapshotError(f"the snapshot unpacks to {size} bytes, more than the {limit} allowed")
    try:
        declared = zstandard.get_frame_parameters(data).content_size
        if declared != size:
            raise SnapshotError(f"the payload says {declared} bytes, the head {size}")
        raw = zstandard.ZstdDecompressor().decompress(
            data, max_output_size=max(size, 1), read_across_frames=False, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise SnapshotError(f"the payload is damaged: {error}") from error
    except MemoryError:
        raise SnapshotError(f"no memory for the snapshot's {size} bytes") from None
    if len(raw) != size:
        raise SnapshotError(f"the payload has {len(raw)} bytes, not {size}")
    return raw


def _region(raw: bytes, at: int, base: Pages, count: int, name: str) -> tuple[Pages, int]:
    """The region whose indices start at `at` in the payload, and where its pages end."""
    indices = _read_indices(raw[at:at + 4 * count], count, len(base.pages), name)
    start = at + 4 * count
    ends = list(accumulate((len(base.pages[i]) for i in indices), initial=start))
    if ends[-1] > len(raw):
        raise SnapshotError(f"region {name!r} is cut short")
    pages = []
    for index, first, last in zip(indices, ends, ends[1:], strict=False):
        delta = int.from_bytes(raw[first:last], "little")
        page = delta ^ int.from_bytes(base.pages[index], "little")
        pages.append((index, own(page.to_bytes(last - first, "little"))))
    return base.replaced(pages), ends[-1]


def _read_indices(data: bytes, count: int, pages: int, name: str) -> tuple[int, ...]:
    if len(data) != 4 * count:
        raise SnapshotError(f"the page list of region {name!r} is cut short")
    indices = struct.unpack(f"<{count}I", data)
    rising = all(map(lt, indices, indices[1:]))
    if not rising or (indices and indices[-1] >= pages):
        raise SnapshotError(f"the page list of region {name!r} is damaged")
    return indices
