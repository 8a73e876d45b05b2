"""Offsets of what observes execution: taps and their log, and traces of calls.

Units are bytes, as in `layout`. Native code and Python share all of it; it is no guest state.
"""

from __future__ import annotations

import enum


class Tap(enum.IntEnum):
    """What native code is to notice, and what it has noticed so far (see `taps`)."""

    COUNT = 0            # hits
    LAST = 8             # i64, step of the last hit; steps up to it are not looked at
    CHECK = 16           # address of `i64 check(ctx, fp, old, new)`; 0 for no condition
    VALUES = 24          # address of `void values(ctx, fp, old, new, out)`; 0 for none
    STOP = 32            # 1: a hit stops
    IGNORE = 40          # address of how many hits don't stop yet; taps may share it
    CHANGED = 48         # 1: a write of what was there already is no hit
    START = 56           # memory: addresses of the first watched byte and after the last
    END = 64             # word: of the elements that an index must be one of; END 0 for any
    FRAME = 72           # word: the frame that it must execute in; 0 for any
    PLACE = 80           # word: address of what it writes or reads, of table element 0.
                         # Memory: of a copy of its bytes
    WIDTH = 88           # word: bytes written there; 0 if that doesn't matter
    LOG = 96             # address of the log that it shares with others
    UNTIL = 104          # i64, steps from this one on are not looked at
    PATTERN = 112        # memory: address of bytes that must be there after a write …
    PATTERN_SIZE = 120   # … some of which it has written; 0 for any write
    HEAT = 128           # memory: address of u64 counters of hits by lines of it; 0 for none
    HEAT_SHIFT = 136     # a line has 2^so many bytes
    READS = 144          # 1: reads are hits, not writes
    SIZE = 152


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


class Trace(enum.IntEnum):
    """Where tracing handlers note calls and returns (see `trace`). 64-bit words."""

    FRAMES = 0           # address of a TraceFrame for each depth
    NODES = 8            # address of the TraceNodes; 0 where no profile is wanted
    NODE_COUNT = 16      # how many there are, and how many fit
    NODE_ROOM = 24
    FUNCS = 32           # address of a FuncCount for each function of the store
    LAST = 40            # the step up to which steps have been counted
    LOST = 48            # calls whose path is not among the nodes: there was no room
    DEPTH = 56           # calls that lead to this depth are logged; -1 for none
    FUNC = 64            # calls of this function are logged; 0 for none
    COUNT = 72           # calls to be logged so far
    SKIP = 80            # of which those from number SKIP on are, as many as ROOM
    ROOM = 88
    ENTRIES = 96         # address of the CallEntrys
    OPEN = 104           # how many of these have not returned
    SIZE = 112


class TraceFrame(enum.IntEnum):
    """What is being traced of a frame. At depth 0 stands the host."""

    NODE = 0             # its node's number
    FUNC = 8             # store address of its function
    ENTRY = 16           # address of its CallEntry; 0 for none
    SIZE = 24


class TraceNode(enum.IntEnum):
    """A path of calls. u32, but for the last two."""

    FUNC = 0             # store address of the function
    PARENT = 4           # the number of the node before it; node 0 is the host
    CHILD = 8            # the first node behind it, the latest called first; 0 for none
    NEXT = 12            # its next sibling; 0 for none
    CALLS = 16
    STEPS = 24           # executed in the function itself
    SIZE = 32


class FuncCount(enum.IntEnum):
    """What a function has done. 64-bit words."""

    CALLS = 0
    STEPS = 8            # executed in the function itself
    TOTAL = 16           # with all that it has called; recursion counts once
    ACTIVE = 24          # frames of it on the stack
    SINCE = 32           # step at which the outermost of them was called
    SIZE = 40


class CallEntry(enum.IntEnum):
    """One logged call."""

    FUNC = 0             # store address
    DEPTH = 8
    FIRST = 16           # the step before its first instruction
    LAST = 24            # the step before the first instruction after it
    LEFT = 32            # a Left
    ARGS = 40            # 8 slots
    RESULTS = 104        # 4 slots
    SIZE = 136


class Left(enum.IntEnum):
    """How a call ended."""

    OPEN = 0             # it did not, as far as is known
    RETURN = 1
    TAIL = 2             # its frame was replaced by a tail call's
    THROW = 3


LOGGED_ARGS, LOGGED_RESULTS = 8, 4      # slots
