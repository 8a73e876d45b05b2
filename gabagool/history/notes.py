"""What people have written on the steps of a recording: a part of its file, `NOTE`.

A file may have any number of such parts; what is written later replaces what was there, so that
each note can be appended when it is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import gabagool.container as container
from gabagool.errors import SnapshotError
from gabagool.history.parts import MAIN, Part, chunk
from gabagool.runtime import wire

NOTE = b"NOTE"
_LIMIT = 16 << 20       # bytes of all notes of a file


class Note(NamedTuple):
    """On a step: a mark's letter, or (then '') a text; neither takes the text away."""

    step: int
    letter: str
    text: str


def pieces(notes: Iterable[Note], number: int = MAIN) -> list[bytes]:
    """The chunk of some notes on a part of a recording; nothing if there are none."""
    packed = [tuple(note) for note in notes]
    return [piece for at in range(0, len(packed), wire.MAX_ITEMS)
            for piece in chunk(number, NOTE, container.pack(
                wire.pack(packed[at:at + wire.MAX_ITEMS])))]


def read(part: Part, total: int) -> tuple[Note, ...]:
    """The notes on a part, of which `total` is the last step, by step. A damaged chunk has none,
    nor have steps that are lost: they are not what a recording is opened for."""
    marks: dict[str, Note] = {}
    texts: dict[int, Note] = {}
    left = _LIMIT
    for found in part.all(NOTE):
        try:
            data = container.unpack(part.read(found), left, "the notes")
            entries = [_note(each) for each in wire.array(wire.unpack(data, "notes"), "notes")]
        except SnapshotError:
            continue
        left -= len(data)
        for note in entries:
            if note.letter:
                marks[note.letter] = note
            elif note.text:
                texts[note.step] = note
            else:
                texts.pop(note.step, None)
    return tuple(sorted(note for note in (*marks.values(), *texts.values()) if note.step <= total))


def _note(value: object) -> Note:
    step, letter, text = wire.array(value, "a note", 3)
    note = Note(wire.integer(step, "a note's step"), wire.text(letter, "a mark"),
                wire.text(text, "a note"))
    if note.letter and not (len(note.letter) == 1 and "a" <= note.letter <= "z"):
        raise SnapshotError(f"'{note.letter}' is no mark")
    return note
