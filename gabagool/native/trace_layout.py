"""Offsets of what traces of calls consist of. Units are bytes, as in `layout`."""

from __future__ import annotations

import enum


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
