"""The parts of a recording file: what has really happened, and its branches, each with chunks of
its own.

A branch's chunks have their tags in small letters and begin with its number u32, so that those of
several may come in any order, and readers that know nothing of branches pass over them.
"""

from __future__ import annotations

import struct

from gabagool.container import Chunk, Source, framed, name_of
from gabagool.errors import SnapshotError

MAIN = 0
MOST = 1 << 10          # branches of a file
_NUMBER = struct.Struct("<I")


def chunk(number: int, tag: bytes, *payload: bytes) -> list[bytes]:
    """A chunk of a part, as pieces to be written one after another."""
    if number == MAIN:
        return framed(tag, *payload)
    return framed(tag.lower(), _NUMBER.pack(number), *payload)


class Part:
    """The chunks of one part, by tags in capitals, with their payloads as `chunk` was given
    them."""

    def __init__(self, source: Source, number: int) -> None:
        self.number = number
        self._source = source
        self._skip = 0 if number == MAIN else _NUMBER.size
        self._chunks: dict[bytes, list[Chunk]] = {}

    def add(self, tag: bytes, found: Chunk) -> None:
        self._chunks.setdefault(tag, []).append(found)

    def all(self, tag: bytes) -> list[Chunk]:
        return self._chunks.get(tag, [])

    def read(self, found: Chunk) -> bytes:
        """A chunk's payload; SnapshotError unless its checksum is right."""
        return self._source.read(found)[self._skip:]

    def peek(self, found: Chunk, size: int) -> bytes:
        """A payload's first bytes, unchecked."""
        return self._source.peek(found, self._skip + size)[self._skip:]

    def one(self, tag: bytes) -> bytes:
        """The payload of the only chunk with a tag."""
        if self.number == MAIN:
            return self._source.one(tag)
        if len(self.all(tag)) != 1:
            raise SnapshotError(f"branch {self.number} has {len(self.all(tag))} parts "
                                f"{name_of(tag)} where one belongs")
        return self.read(self.all(tag)[0])


def parts(source: Source) -> dict[int, Part]:
    """The parts of a file by their numbers."""
    found = {MAIN: Part(source, MAIN)}
    for each in source.chunks:
        if not each.tag.islower():
            found[MAIN].add(each.tag, each)
            continue
        head = source.peek(each, _NUMBER.size)
        number = _NUMBER.unpack(head)[0] if len(head) == _NUMBER.size else MAIN
        if number in found and number != MAIN:
            found[number].add(each.tag.upper(), each)
        elif number != MAIN and len(found) <= MOST:
            found[number] = Part(source, number)
            found[number].add(each.tag.upper(), each)
    return found
