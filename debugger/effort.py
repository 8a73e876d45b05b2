"""How long a replay takes, told beforehand."""

from __future__ import annotations

from bisect import bisect_left

from gabagool.history.recorder import Recorder

_CALL = 1 << 12         # a host call takes as long as so many steps, with what it does in Python


def effort(recorder: Recorder, first: int, last: int) -> int:
    """Of replaying the steps [first, last), in plain steps: 10^9 take about a second."""
    steps = recorder.journal.entries.columns.steps
    calls = bisect_left(steps, last) - bisect_left(steps, first)
    return last - first + calls * _CALL
