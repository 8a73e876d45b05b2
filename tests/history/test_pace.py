"""The interval follows from sizes: long enough to be cheap, no longer than going back may take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gabagool.history.deltas import Frame
from gabagool.history.pace import FIRST_INTERVAL, LONGEST_INTERVAL, Pace

MB = 1 << 20


def settled(size, added, count=300):
    """The interval after many snapshots of the same kind."""
    pace, interval = Pace(), FIRST_INTERVAL
    for _ in range(count):
        frames = [Frame(0, b"", added, added // 3)]
        interval <<= pace.doublings(interval, size, added, frames)
    return interval


def test_little_state_is_recorded_densely():
    assert settled(64 * 1024, 8192) <= 1 << 22


def test_much_state_is_recorded_sparsely():
    assert settled(20 * MB, 0) > 10_000_000
    assert settled(MB, MB) > 20_000_000


@given(st.integers(0, 1 << 32), st.integers(0, 1 << 32))
def test_no_interval_is_too_long(size, added):
    assert FIRST_INTERVAL <= settled(size, added, 30) <= LONGEST_INTERVAL


@given(st.integers(0, 20 * MB), st.integers(0, 20 * MB))
def test_costs_stay_within_their_share(size, added):
    interval = settled(size, added)
    if interval < LONGEST_INTERVAL:
        cost = 120_000 + size // 10 + added + 60_000 + int(1.5 * added) + added // 3 * 6
        assert cost <= interval / 12 * 1.1


@pytest.mark.parametrize("added", [0, 4096, MB])
def test_one_costly_snapshot_doesnt_settle_it(added):
    pace = Pace()
    assert pace.doublings(1 << 26, 20 * MB, 20 * MB, []) == 1
    assert pace.doublings(1 << 27, MB, added, []) == 0
