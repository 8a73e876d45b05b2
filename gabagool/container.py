"""The file format of snapshots and recordings (`.gaba`): a signature, then checksummed chunks.

    signature 8 bytes | format u16 | 0 u16 | chunk, chunk, …
    chunk: tag 4 bytes | size u64 | CRC-32 of the payload u32 | CRC-32 of these 16 u32 | payload

Chunks are only ever appended, so a file whose writer was killed is good up to its last whole
chunk. Readers pass over tags they don't know. Finding the chunks reads nothing but their heads;
a payload is read, and its checksum compared, when it is asked for.
"""

from __future__ import annotations

import os
import secrets
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import zstandard

from gabagool.errors import SnapshotError
from gabagool.records import dataclass

SIGNATURE = b"\x89gaba\r\n\x1a"     # a transfer as text spoils it visibly
FORMAT = 3
MAX_CHUNKS = 1 << 20
_PREFACE = struct.Struct("<8sHH")
_HEAD = struct.Struct("<4sQI")
_CRC = struct.Struct("<I")
_HEAD_SIZE = _HEAD.size + _CRC.size
_LEVEL = 1

StrPath = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Where a chunk's payload lies in the file."""

    tag: bytes
    offset: int
    size: int
    crc: int


class Source:
    """A file's chunks. `damage` says what is wrong after the last of them, '' if nothing is.

    Raises SnapshotError for what is no such file at all. Reads with pread(2) or a slice: a file
    that shrinks while it is open gives errors, not crashes.
    """

    def __init__(self, data: bytes | BinaryIO) -> None:
        self._data = data
        self.size = len(data) if isinstance(data, bytes) else os.fstat(data.fileno()).st_size
        self.damage = ""
        self._check_preface()
        self.chunks: tuple[Chunk, ...] = tuple(self._scan())

    def close(self) -> None:
        if not isinstance(self._data, bytes):
            self._data.close()

    def _at(self, offset: int, size: int) -> bytes:
        if isinstance(self._data, bytes):
            return self._data[offset:offset + size]
        return os.pread(self._data.fileno(), size, offset)

    def _check_preface(self) -> None:
        preface = self._at(0, _PREFACE.size)
        if len(preface) < _PREFACE.size or not preface.startswith(SIGNATURE):
            raise SnapshotError("this is not a gabagool snapshot or recording")
        _, version, zero = _PREFACE.unpack(preface)
        if version != FORMAT or zero:
            raise SnapshotError(f"the file has format {version}, this gabagool reads {FORMAT}; "
                                "use the version it was made with")

    def _scan(self) -> Iterator[Chunk]:
        at = _PREFACE.size
        for _ in range(MAX_CHUNKS):
            if at == self.size:
                return
            head = self._at(at, _HEAD_SIZE)
            if len(head) < _HEAD_SIZE:
                self.damage = f"it is cut short at byte {at}"
                return
            if zlib.crc32(head[:_HEAD.size]) != _CRC.unpack_from(head, _HEAD.size)[0]:
                self.damage = f"it is damaged at byte {at}"
                return
            tag, size, crc = _HEAD.unpack_from(head)
            at += _HEAD_SIZE
            if size > self.size - at:
                self.damage = f"it is cut short in its part {name_of(tag)} at byte {at}"
                return
            yield Chunk(tag, at, size, crc)
            at += size
        self.damage = f"it has more than {MAX_CHUNKS} parts"

    def read(self, chunk: Chunk) -> bytes:
        """A chunk's payload; SnapshotError unless its checksum is right."""
        data = self._at(chunk.offset, chunk.size)
        if len(data) != chunk.size or zlib.crc32(data) != chunk.crc:
            raise SnapshotError(f"the file is damaged in its part {name_of(chunk.tag)} at byte "
                                f"{chunk.offset} (wrong checksum); make or copy it again")
        return data

    def peek(self, chunk: Chunk, size: int) -> bytes:
        """A payload's first bytes, unchecked."""
        return self._at(chunk.offset, min(size, chunk.size))

    def all(self, tag: bytes) -> list[Chunk]:
        return [chunk for chunk in self.chunks if chunk.tag == tag]

    def one(self, tag: bytes) -> bytes:
        """The payload of the only chunk with a tag."""
        found = self.all(tag)
        if len(found) == 1:
            return self.read(found[0])
        what = "has no" if not found else "has more than one"
        why = f"; {self.damage}" if self.damage else ""
        raise SnapshotError(f"the file {what} part {name_of(tag)}{why}")


def name_of(tag: bytes) -> str:
    return tag.decode("latin-1") if tag.isalnum() else tag.hex()


def open_source(path: StrPath) -> Source:
    """The chunks of a file. Raises OSError or SnapshotError."""
    file = open(path, "rb")  # noqa: SIM115  (the Source owns it)
    try:
        return Source(file)
    except BaseException:
        file.close()
        raise


# -- writing ---------------------------------------------------------------------------------

def preface() -> bytes:
    return _PREFACE.pack(SIGNATURE, FORMAT, 0)


def framed(tag: bytes, *parts: bytes) -> list[bytes]:
    """A chunk as pieces to be written one after another; the payload is that of `parts`."""
    crc = 0
    for part in parts:
        crc = zlib.crc32(part, crc)
    head = _HEAD.pack(tag, sum(map(len, parts)), crc)
    return [head + _CRC.pack(zlib.crc32(head)), *parts]


def write_file(path: StrPath, pieces: Iterable[bytes]) -> int:
    """Write a file whole or not at all; its size. Raises OSError."""
    with replacing(path) as file:
        return sum(map(file.write, pieces))


@contextmanager
def replacing(path: StrPath) -> Iterator[BinaryIO]:
    """A new file that takes the place of `path` when the block ends without an error."""
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


# -- compressed payloads ---------------------------------------------------------------------

def pack(data: bytes | memoryview, level: int = _LEVEL) -> bytes:
    """One zstd frame that says how long its content is."""
    return zstandard.ZstdCompressor(level=level).compress(data)


def unpack(data: bytes | memoryview, limit: int, what: str) -> bytes:
    """The inverse of `pack`; at most `limit` bytes, which is known before it is unpacked."""
    try:
        size = zstandard.get_frame_parameters(data).content_size
        if not 0 <= size <= limit:
            raise SnapshotError(f"{what} unpacks to {size} bytes, more than the {limit} allowed")
        return zstandard.ZstdDecompressor().decompress(
            data, max_output_size=max(size, 1), read_across_frames=False, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise SnapshotError(f"{what} is damaged: {error}") from error
    except MemoryError:
        raise SnapshotError(f"no memory for {what}") from None
