"""Every offset that native code and Python share: control block, records, frame header.

Units are bytes. All of this is host bookkeeping: guest state itself lies in regions, which hold
indices and offsets only.
"""

from __future__ import annotations

import enum


class Ctx(enum.IntEnum):
    """Fields of the per-run control block."""

    PC = 0               # address of the current word
    FP = 8               # address of the current frame
    FUEL = 16            # steps still to go
    REASON = 24          # i32, a Reason
    TRAP = 28            # i32, index into TRAPS
    INST = 32            # address of the current instance record
    FUNCS = 40           # address of the function records
    GLOBALS = 48         # address of the globals region
    STACK_LIMIT = 56     # first address past the VM stack
    DEPTH = 64           # i32, frames on the stack
    MAX_DEPTH = 68       # i32, limit of DEPTH
    STOP_DEPTH = 72      # i32, a return to this depth or less stops; -1 for never
    MARK_DEPTH = 76      # i32, calls made at this depth or less are noted in MARK_FUEL; -1 never
    MARK_FUEL = 80       # fuel before the last noted call
    PEAK_DEPTH = 88      # i32, high-water mark of DEPTH
    SHADOW = 96          # distance from a word to its shadow
    RESUME_PC = 104      # a breakpoint at this word is passed over once
    PROBE_FUEL = 112     # fuel before the last probed word
    PROBE_HITS = 120
    TABLES = 128         # address of the table records
    WATCH_START = 136    # addresses of watched memory: watching handlers note writes to it
    WATCH_END = 144
    WATCH_FUEL = 152     # fuel before the last write noted
    MEMORIES = 160       # address of the memory records
    SIZE = 168


class FuncRec(enum.IntEnum):
    """A function of the store as native code sees it. CODE is 0 for host and unlowered ones."""

    CODE = 0
    INST = 8
    HEADER = 16          # u32, offset of the frame header from the frame = size of all locals
    ZERO = 20            # u32, offset of the first local that is not a parameter
    FRAME = 24           # u32, size of the largest frame
    TYPE = 28            # u32, canonical type id
    SIZE = 32


class InstRec(enum.IntEnum):
    """An instance: where its memory 0 is described, and its index in the store."""

    MEMORY = 0
    INDEX = 8
    SIZE = 16


class SpanRec(enum.IntEnum):
    """A memory or table: address of its bytes, length in bytes or elements."""

    BASE = 0
    LENGTH = 8
    SIZE = 16


class Header(enum.IntEnum):
    """A frame header, written by a call: where to return to."""

    RETURN = 0           # u32, offset of the return word in the caller's code
    CALLER = 4           # u32, store address of the calling function; 0 ends the stack
    DELTA = 8            # u32, distance from the caller's frame
    SPARE = 12           # u32, always 0
    SIZE = 16


class Reason(enum.IntEnum):
    """Why native code came back."""

    FUEL = 0
    TRAP = 1
    CALL = 2             # a host function, or one that is not lowered yet
    SERVICE = 3
    BREAKPOINT = 4
    DEPTH = 5
    FINISHED = 6


# Messages are those of the official test suite.
TRAPS = (
    "unreachable",
    "integer divide by zero",
    "integer overflow",
    "invalid conversion to integer",
    "out of bounds memory access",
    "call stack exhausted",
    "undefined element",
    "uninitialized element",
    "indirect call type mismatch",
    "null reference",
    "null function reference",
)

# Of an indirect call: the machine adds the element's number.
ELEMENT_TRAPS = ("undefined element", "uninitialized element")

# Reference encoding (a slot holds no address): null is 0, a function is its store address << 2,
# a host object its index << 2 | 2.
REF_SHIFT = 2
REF_HOST = 2
