"""A snapshot as bytes: whole, or as its difference from another (the base).

    u32 head size | head (msgpack) | payload (one zstd frame)

The head says what the payload holds, so that all sizes are checked before anything is
decompressed. The payload has, for each region in the head's order, the indices (u32) of its pages
that differ from the base's, then those pages XORed with the base's. A region or page that the base
hasn't is taken as zeros there, so a whole snapshot is a difference from nothing.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterator
from operator import lt

import zstandard

from gabagool.errors import SnapshotError
from gabagool.native.bulk import xor
from gabagool.records import dataclass
from gabagool.runtime import wire
from gabagool.runtime.pages import PAGE, Pages, changed, own, resized
from gabagool.runtime.state import MAX_STEP, Control, Snapshot

MAX_STATE = 1 << 34       # bytes of all regions together: page tables of 32 MiB at most
_LEVEL = 1
_CHUNK = 256              # pages worked on at a time: they stay in the processor's cache
_NOTHING = Pages(0, ())


class _Zstd(threading.local):
    """Contexts are costly to make (0.1 ms) and mustn't be used by two threads at a time."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=_LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()


_zstd = _Zstd()


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
    deltas = [_Delta.between(_base_region(base, name, region.size), region)
              for name, region in snapshot.regions.items()]
    table = [(name, region.size, len(delta.indices))
             for (name, region), delta in zip(snapshot.regions.items(), deltas, strict=True)]
    raw = sum(4 * len(delta.indices) + delta.dirty for delta in deltas)
    head = wire.pack((snapshot.step, snapshot.control.wire(), snapshot.host, snapshot.journal,
                      table, raw))
    packer = _zstd.compressor.compressobj(size=raw)
    parts = [len(head).to_bytes(4, "little"), head]
    weight = len(head)
    for delta in deltas:
        parts.append(packer.compress(struct.pack(f"<{len(delta.indices)}I", *delta.indices)))
        for chunk, bits in delta.chunks():
            parts.append(packer.compress(chunk))
            weight += min(len(chunk), bits)
    parts.append(packer.flush())
    dirty = sum(delta.dirty for delta in deltas)
    return Encoded(b"".join(parts), dirty, weight + raw - dirty)


@dataclass(frozen=True, slots=True)
class _Delta:
    """Two regions of the same size and the pages in which they differ, `dirty` bytes of them."""

    old: Pages
    new: Pages
    indices: list[int]
    dirty: int

    @classmethod
    def between(cls, old: Pages, new: Pages) -> _Delta:
        indices = changed(old, new)
        return cls(old, new, indices, sum(len(new.pages[i]) for i in indices))

    def chunks(self) -> Iterator[tuple[bytearray, int]]:
        """The differing pages XORed, some at a time, and the number of bits that differ."""
        for at in range(0, len(self.indices), _CHUNK):
            indices = self.indices[at:at + _CHUNK]
            yield xor(b"".join([self.new.pages[i] for i in indices]),
                      b"".join([self.old.pages[i] for i in indices]))


def _base_region(base: Snapshot | None, name: str, size: int) -> Pages:
    region = _NOTHING if base is None else base.regions.get(name, _NOTHING)
    return resized(region, size)


@dataclass(frozen=True, slots=True)
class _Head:
    step: int
    control: Control
    host: bytes
    journal: int
    regions: tuple[tuple[str, int, int], ...]      # name, size in bytes, pages in the payload
    raw: int                                       # bytes of the payload when decompressed


def decode(data: bytes, base: Snapshot | None = None, limit: int = MAX_STATE,
           onto_base: bool = False) -> Snapshot:
    """The inverse of `encode`. At most `limit` bytes are decompressed.

    With `onto_base` what is unchanged stays where the base has it: if that is a store's memory,
    the snapshot is good until that changes.

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
        regions[name], at = _region(raw, at, before if onto_base else before.held(), count, name)
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
    return _Head(wire.integer(step, "the step", 0, MAX_STEP), Control.unwire(control),
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
        raw = _zstd.decompressor.decompress(
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
    at += 4 * count
    pages: list[tuple[int, bytes]] = []
    for first in range(0, count, _CHUNK):
        part = indices[first:first + _CHUNK]
        old = b"".join([base.pages[i] for i in part])
        if at + len(old) > len(raw):
            raise SnapshotError(f"region {name!r} is cut short")
        new = bytes(xor(raw[at:at + len(old)], old)[0])
        pages += zip(part, _split(new), strict=True)
        at += len(old)
    return base.replaced(pages), at


def _split(data: bytes) -> Iterator[bytes]:
    return (own(data[at:at + PAGE]) for at in range(0, len(data), PAGE))


def _read_indices(data: bytes, count: int, pages: int, name: str) -> tuple[int, ...]:
    if len(data) != 4 * count:
        raise SnapshotError(f"the page list of region {name!r} is cut short")
    indices = struct.unpack(f"<{count}I", data)
    rising = all(map(lt, indices, indices[1:]))
    if not rising or (indices and indices[-1] >= pages):
        raise SnapshotError(f"the page list of region {name!r} is damaged")
    return indices
