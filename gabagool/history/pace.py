"""How far apart snapshots must be for recording to stay cheap.

Costs are reckoned from sizes, never from a clock, so that a recording is the same everywhere. The
figures are nanoseconds on a 2.6 GHz Xeon.
"""

from __future__ import annotations

from collections.abc import Sequence

from gabagool.history.deltas import Frame

FIRST_INTERVAL = 1 << 18    # steps; a quarter of a millisecond of replay
LONGEST_INTERVAL = 1 << 28  # steps; beyond it going to a step would take too long
_SNAPSHOT = 120_000         # to leave native code, take and keep a snapshot of nothing
_COMPARED = 10              # bytes compared with the last capture in a nanosecond
_COPIED = 1                 # for each byte of a changed page
_FRAME = 60_000             # to encode nothing
_PACKED = 1.5               # for each byte of a page encoded …
_DENSE = 6                  # … and each byte of it that isn't 0 when XORed
_STEPS = 12                 # steps that may cost 1 ns; they take 4 to 20
_GRACE = 2_000_000          # by which costs may run ahead before the interval doubles
_JUMP = 4                   # an interval this much too short doubles at once


class Pace:
    """Weighs what snapshots cost against the steps between them."""

    def __init__(self) -> None:
        self._debt = 0

    def doublings(self, steps: int, size: int, added: int, encoded: Sequence[Frame]) -> int:
        """How often the interval must double, which is `steps` now.

        The last snapshot compared `size` bytes of regions, copied `added`, and had some encoded.
        """
        cost = _SNAPSHOT + size // _COMPARED + added * _COPIED
        for frame in encoded:
            cost += _FRAME + int(frame.dirty * _PACKED) + frame.weight * _DENSE
        self._debt = max(self._debt + cost - steps // _STEPS, 0)
        if self._debt <= _GRACE or steps >= LONGEST_INTERVAL:
            return 0
        self._debt = 0
        wanted = min(cost * _STEPS // _JUMP, LONGEST_INTERVAL)
        return max(1, ((wanted - 1) // steps).bit_length())
