"""Offsets that native code and Python share: control block, records, frame header, heap.

Units are bytes. All of this is host bookkeeping: guest state itself lies in regions, which hold
indices and offsets only.
"""

from __future__ import annotations

import enum

from gabagool.isa.gc import HEADER


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
    WATCH_START = 136    # addresses between which all memory lies whose writes are watched
    WATCH_END = 144
    MEMORIES = 152       # address of the memory records
    TYPES = 160          # address of the type records
    HEAP = 168           # address of the GC heap
    MAPS = 176           # address of the reference maps
    CLOCK = 184          # the step before which fuel is f is CLOCK - f
    LEFT = 192           # fuel that was left when a tap took it all, to stop at the next boundary
    WATCHES = 200        # address of the addresses of memory taps, and how many there are
    WATCH_COUNT = 208
    TOUCHED = 216        # addresses of `taps.touched` and `taps.hooked`
    HOOKED = 224
    TRACE = 232          # address of the Trace that tracing handlers write
    READ_START = 240     # addresses between which all memory lies whose reads are watched
    READ_END = 248
    SIZE = 256


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


class TypeRec(enum.IntEnum):
    """A type of the store, by canonical id. Its supertypes from the root down are its display:
    a type is below another of depth d if its display has that one at d.
    """

    KIND = 0             # u32, a heap type: types.FUNC, STRUCT or ARRAY
    DEPTH = 4            # u32, supertypes above it
    LENGTH = 8           # u32, bytes of a structure with its header, of an exception with the
                         # function's parameters; of an array log2 of an element's bytes
    REFS = 12            # u32, number of the RefMap of such an object; for arrays of one element
    PACKED = 16          # u32, number of a map: how many packed fields a structure has, then the
                         # offset of each and a mask for it
    DISPLAY = 64         # u32 canonical ids, from the root to itself at DEPTH
    SIZE = 320


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
    "null structure reference",
    "null array reference",
    "null i31 reference",
    "out of bounds array access",
    "cast failure",
)

# Of an indirect call: the machine adds the element's number.
ELEMENT_TRAPS = ("undefined element", "uninitialized element")

# Reference encoding (a slot holds no address): null is 0, a function is its store address << 2,
# a host object its index << 2 | 2, a 31-bit integer its bits << 1 | 1, an object of the GC heap its
# byte offset there, a multiple of 8.
REF_SHIFT = 2
REF_HOST = 2
REF_I31 = 1


class HeapWord(enum.IntEnum):
    """Control words at the start of the heap region: all of the allocator's state."""

    CURSOR = 0           # where the next object goes, and the end of the hole being filled
    LIMIT = 8
    HOLES = 16           # the first free chunk; each has the next one's offset in its second word
    LIVE = 24            # bytes that the last collection found reachable
    COLLECTIONS = 32     # how many there were
    FIRST = 64           # offset of the first object


# The first half of an object's header is its type, the second its length: the elements of an
# array, or the object's whole size in words.
TYPE_MARK = 1 << 31      # reachable; only during a collection
TYPE_EXN = 1 << 30       # an exception; the rest is the number of its tag's function type
TYPE_NUMBER = TYPE_EXN - 1
TYPE_FREE = TYPE_NUMBER           # a free chunk, zero behind its two words
OBJECT_HEADER = HEADER
EXN_VALUES = 16          # an exception's values come behind the store address of its tag


class RefMap(enum.IntEnum):
    """Where references lie in an object or frame: u32 words, found by the number of the first."""

    TRACED = 0           # how many may refer to objects: they come first
    COUNT = 4            # how many there are
    LIST = 8             # then per reference: its offset, and its heap type (of elements: one)
    ENTRY = 8


class Work(enum.IntEnum):
    """What Python hands to the collector: a block of 64-bit words."""

    HEAP = 0             # address and size of the heap
    SIZE = 8
    RECORDS = 16         # addresses of the type records, of the reference maps, of the functions'
    MAPS = 24
    FUNCS = 32
    MARKS = 40           # a stack of marked objects not looked into yet: u32 words from the start
    PENDING = 48         # how many there are
    LIVE = 56            # bytes marked
    END = 64             # end of the last object marked
    ARENA = 72           # address of threaded code, and of the offsets of its reference maps
    FRAME_MAPS = 80
    A = 88               # arguments, as each function says
    B = 96
    C = 104
    TYPES = 112          # for checking: how many types, functions and host objects there are,
    FUNC_COUNT = 120     # and a bit for each word that an object starts at
    HOST_COUNT = 128
    STARTS = 136
    TAGS = 144           # address of the types of the store's tags, u32, and how many there are
    TAG_COUNT = 152
    BYTES = 160
