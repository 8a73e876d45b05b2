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
    WATCH_START = 136    # addresses between which all watched memory lies
    WATCH_END = 144
    MEMORIES = 152       # address of the memory records
    CLOCK = 160          # the step before which fuel is f is CLOCK - f
    LEFT = 168           # fuel that was left when a tap took it all, to stop at the next boundary
    WATCHES = 176        # address of the addresses of memory taps, and how many there are
    WATCH_COUNT = 184
    TOUCHED = 192        # addresses of `taps.touched` and `taps.hooked`
    HOOKED = 200
    SIZE = 208


class Tap(enum.IntEnum):
    """What native code is to notice, and what it has noticed so far (see `taps`)."""

    COUNT = 0            # hits
    LAST = 8             # i64, step of the last hit; steps up to it are not looked at
    CHECK = 16           # address of `i64 check(ctx, fp, old, new)`; 0 for no condition
    VALUES = 24          # address of `void values(ctx, fp, old, new, out)`; 0 for none
    STOP = 32            # 1: a hit stops
    IGNORE = 40          # hits that don't stop yet
    CHANGED = 48         # 1: a write of what was there already is no hit
    START = 56           # memory: addresses of the first watched byte and after the last
    END = 64
    FRAME = 72           # word: the frame that it must execute in; 0 for any
    PLACE = 80           # word: address of what it writes. Memory: of a copy of its bytes
    WIDTH = 88           # word: bytes written there; 0 if that doesn't matter
    LOG = 96             # address of the log that it shares with others
    UNTIL = 104          # i64, steps from this one on are not looked at
    SIZE = 112


class Log(enum.IntEnum):
    """Where taps write down their hits."""

    COUNT = 0            # hits of all its taps
    ENTRIES = 8          # address of entries for the hits SKIP, SKIP + 1 … of which ROOM fit
    SKIP = 16
    ROOM = 24
    SIZE = 32


class Entry(enum.IntEnum):
    """One logged hit. OLD and NEW are the first 16 bytes of what was written."""

    STEP = 0
    PC = 8
    AT = 16              # address of the first byte written
    LENGTH = 24
    OLD = 32
    NEW = 48
    TAP = 64             # address of the tap
    VALUES = 72          # 6 words, then a word with a bit for each that can't be computed
    SIZE = 128


LOGGED_VALUES = 6


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

# Reference encoding (a slot holds no address): null is 0, a function is its store address << 2,
# a host object its index << 2 | 2.
REF_SHIFT = 2
REF_HOST = 2
