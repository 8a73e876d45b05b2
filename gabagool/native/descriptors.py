"""What threading must know: of each form how long its words are, and of code that was kept."""

from __future__ import annotations

import enum
import struct
from array import array

from gabagool.isa import FORMS

# Kinds of fields that are translated: a module's indices → what native code wants.
MAP_KINDS = ("func", "global", "type", "table", "mem", "tag", "self")


class Desc(enum.IntEnum):
    """A form's descriptor: its size and up to three fields to translate."""

    SIZE = 0             # u16
    COUNT = 2            # u16, number of patches
    PATCH = 4            # then per patch: u16 offset, u16 number of the kind
    BYTES = 16


class KeptRow(enum.IntEnum):
    """A function of kept code: u32 fields. Sizes and frame offsets are those of `Lowered`."""

    FUNCIDX = 0
    AT = 4               # of its code in that of all functions
    LENGTH = 8           # of words
    SIZE = 12            # of words and branch tables
    HEADER = 16
    ZERO = 20
    FRAME = 24
    UNITS = 28           # a bit for each
    WORDS = 32           # how many offsets, and how many locals it has; where these lie
    LOCALS = 36
    OFFSETS = 40
    TYPES = 44
    BYTES = 48


CODE_ALIGN = 16          # of a function's code, in bytes


def descriptors() -> array[int]:
    """One `Desc` per form."""
    blob = b""
    for form in FORMS:
        patches = [(form.offset_of(name), MAP_KINDS.index(kind))
                   for name, kind in form.fields if kind in MAP_KINDS]
        record = struct.pack("<HH", form.size, len(patches))
        record += b"".join(struct.pack("<HH", *p) for p in patches)
        blob += record.ljust(Desc.BYTES, b"\0")
    return array("B", blob)
