"""Differences of host states: what a journal keeps of a state that is like the one before.

Most of a state never changes (arguments, environment, most descriptors), and a host call changes
a few bytes of the rest. A difference is how many bytes at the beginning and at the end stay, and
what is between them.
"""

from __future__ import annotations

from gabagool.runtime import wire

_WHAT = "the change of the host state"


def difference(before: bytes, after: bytes) -> bytes:
    """What makes `after` of `before`."""
    start = common(before, after)
    left, right = before[start:], after[start:]
    end = common(left[::-1], right[::-1])
    return wire.pack((start, end, right[:len(right) - end]))


def changed(before: bytes, change: bytes) -> bytes:
    """The state after `change`. SnapshotError if it is no difference from `before`."""
    start, end, middle = wire.array(wire.unpack(change, _WHAT), _WHAT, 3)
    start = wire.integer(start, _WHAT, 0, len(before))
    end = wire.integer(end, _WHAT, 0, len(before) - start)
    return before[:start] + wire.blob(middle, _WHAT) + before[len(before) - end:]


def common(one: bytes, other: bytes) -> int:
    """How many bytes at their beginnings are equal; by halving, as comparing is fast in C."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
