"""How far apart snapshots must be for recording to stay cheap.

Costs are reckoned from sizes, never from a clock, so that a recording is the same everywhere.
Reckoned in nanoseconds on a 2.6 GHz Xeon, a step counted as 1 ns (few programs are faster).
"""

from __future__ import annotations

FIRST_INTERVAL = 1 << 18    # steps; a quarter of a millisecond of replay
_FIXED = 150_000            # ns for a snapshot of nothing: leaving native code, a few calls
_COMPARED = 13              # bytes of regions compared with the previous snapshot, in a ns
_STORED = 4                 # ns to copy, XOR and compress a byte of pages that changed
_SHARE = 6                  # recording may take 1/6 of the time that the steps take
_GRACE = 5_000_000          # ns by which costs may run ahead before the interval doubles


class Pace:
    """Weighs what snapshots cost against the steps between them."""

    def __init__(self) -> None:
        self._debt = 0

    def is_too_fast(self, steps: int, size: int, stored: int) -> bool:
        """Account for a snapshot taken after `steps`, comparing `size` bytes and storing `stored`.

        True when the interval should double; then the account starts anew.
        """
        cost = _FIXED + size // _COMPARED + stored * _STORED
        self._debt = max(self._debt + cost - steps // _SHARE, 0)
        if self._debt <= _GRACE:
            return False
        self._debt = 0
        return True
