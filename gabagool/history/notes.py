"""What people have written on the steps of a recording: a part of its file, `NOTE`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import gabagool.container as container
from gabagool.container import Source, framed
from gabagool.errors import SnapshotError
from gabagool.runtime import wire

NOTE = b"NOTE"
_LIMIT = 16 << 20       # bytes of all notes of a file


class Note(NamedTuple):
    """On a step: a mark's letter, or (then '') a text."""

    step: int
    letter: str
    text: str


def pieces(notes: Iterable[Note]) -> list[bytes]:
    """The chunk of some notes; nothing if there are none."""
    packed = [tuple(note) for note in notes]
    return framed(NOTE, container.pack(wire.pack(packed))) if packed else []


def read(source: Source, total: int) -> tuple[Note, ...]:
    """The notes of a file, of which `total` is the last step. A damaged part has none: they are
    not what a recording is opened for."""
    found: list[Note] = []
    for chunk in source.all(NOTE):
        try:
            data = container.unpack(source.read(chunk), _LIMIT, "the notes")
            entries = wire.array(wire.unpack(data, "notes"), "notes")
            found += [_note(each, total) for each in entries]
        except SnapshotError:
            return ()
    return tuple(found)


def _note(value: object, total: int) -> Note:
    step, letter, text = wire.array(value, "a note", 3)
    note = Note(wire.integer(step, "a note's step", 0, total), wire.text(letter, "a mark"),
                wire.text(text, "a note"))
    if note.letter and not (len(note.letter) == 1 and "a" <= note.letter <= "z"):
        raise SnapshotError(f"'{note.letter}' is no mark")
    return note
