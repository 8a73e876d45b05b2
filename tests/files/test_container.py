"""The file format: chunks are found and checked; damage is said, and what is before it is good."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gabagool import container
from gabagool.container import FORMAT, Source, framed, preface
from gabagool.errors import SnapshotError


def file(*chunks: tuple[bytes, bytes]) -> bytes:
    return preface() + b"".join(b"".join(framed(tag, data)) for tag, data in chunks)


ONE = file((b"AAAA", b"first"), (b"BBBB", b""), (b"AAAA", b"second"), (b"????", b"new"))


def payloads(source: Source) -> list[tuple[bytes, bytes]]:
    return [(chunk.tag, source.read(chunk)) for chunk in source.chunks]


def test_chunks_in_their_order() -> None:
    source = Source(ONE)
    assert payloads(source) == [(b"AAAA", b"first"), (b"BBBB", b""), (b"AAAA", b"second"),
                                (b"????", b"new")]
    assert source.damage == "" and source.one(b"BBBB") == b""
    assert len(source.all(b"AAAA")) == 2
    with pytest.raises(SnapshotError, match="has more than one part AAAA"):
        source.one(b"AAAA")
    with pytest.raises(SnapshotError, match="has no part CCCC"):
        source.one(b"CCCC")


def test_a_payload_in_pieces_is_one() -> None:
    assert b"".join(framed(b"AAAA", b"ab", b"", b"c")) == b"".join(framed(b"AAAA", b"abc"))


@pytest.mark.parametrize("size", range(len(preface()), len(ONE)))
def test_cut_anywhere_what_is_before_is_good(size: int) -> None:
    source = Source(ONE[:size])
    whole = payloads(Source(ONE))
    found = payloads(source)
    assert found == whole[:len(found)]
    ends = [chunk.offset + chunk.size for chunk in Source(ONE).chunks]
    assert len(found) == sum(end <= size for end in ends)
    assert bool(source.damage) == (size not in (len(preface()), *ends))


@given(st.integers(len(preface()), len(ONE) - 1), st.integers(0, 7))
def test_every_bit_counts(at: int, bit: int) -> None:
    data = bytearray(ONE)
    data[at] ^= 1 << bit
    source = Source(bytes(data))
    damaged = bool(source.damage)
    for chunk, expected in zip(source.chunks, payloads(Source(ONE)), strict=False):
        try:
            assert (chunk.tag, source.read(chunk)) == expected
        except SnapshotError:
            damaged = True
    assert damaged


@pytest.mark.parametrize(("data", "text"), [
    (b"", "not a gabagool"), (b"\0asm\1\0\0\0" * 9, "not a gabagool"),
    (preface()[:-1], "not a gabagool"),
    (preface()[:8] + b"\x09\0\0\0", f"format 9, this .* reads {FORMAT}")])
def test_what_is_no_such_file(data: bytes, text: str) -> None:
    with pytest.raises(SnapshotError, match=text):
        Source(data)


def test_a_size_beyond_the_end_allocates_nothing() -> None:
    head = struct.pack("<4sQI", b"AAAA", 1 << 62, 0)
    source = Source(preface() + head + struct.pack("<I", zlib.crc32(head)))
    assert source.chunks == () and "cut short in its part AAAA" in source.damage


def test_a_file_that_shrinks_while_it_is_open(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(ONE)
    source = container.open_source(path)
    os.truncate(path, 30)
    with pytest.raises(SnapshotError, match="damaged in its part AAAA"):
        source.read(source.chunks[2])
    source.close()


def test_writing_is_all_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def failing() -> object:
        yield b"new"
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        container.write_file(path, failing())  # type: ignore[arg-type]
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["file"]
    assert container.write_file(path, [b"ne", b"w"]) == 3
    assert path.read_bytes() == b"new" and os.listdir(tmp_path) == ["file"]
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask


def test_unpacking_is_bounded() -> None:
    bomb = container.pack(bytes(1 << 24))
    assert len(bomb) < 2000
    with pytest.raises(SnapshotError, match="unpacks to 16777216 bytes, more than the 1024"):
        container.unpack(bomb, 1024, "this")
    assert container.unpack(bomb, 1 << 24, "this") == bytes(1 << 24)
    for data in (b"", b"junk", bomb[:-1], bomb + b"x"):
        with pytest.raises(SnapshotError):
            container.unpack(data, 1 << 25, "this")
    unsized = io.BytesIO()
    import zstandard
    with zstandard.ZstdCompressor().stream_writer(unsized, closefd=False) as writer:
        writer.write(b"x" * 100)
    with pytest.raises(SnapshotError):
        container.unpack(unsized.getvalue(), 1 << 20, "this")
