"""Lanes lose no peak, whatever is asked."""

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gabagool.history.lanes import Lane


@given(st.lists(st.integers(0, 9), min_size=1, max_size=70), st.integers(0, 9), st.data())
def test_peak_is_the_maximum(values, pending, data):
    lane = Lane(max)
    for value in values:
        lane.add(value)
        lane.close()
    lane.add(pending)
    cells = [*values, pending]
    first = data.draw(st.integers(0, len(cells) - 1))
    last = data.draw(st.integers(first + 1, len(cells)))
    assert lane.peak(first, last) == max(cells[first:last])


@given(st.lists(st.integers(0, 9), max_size=70), st.integers(0, 9),
       st.sampled_from([max, operator.add]))
def test_halving_merges_pairs_and_what_is_left_is_pending(values, pending, merge):
    lane = Lane(merge)
    for value in values:
        lane.add(value)
        lane.close()
    lane.add(pending)
    lane.halve()
    pairs = [merge(a, b) for a, b in zip(values[::2], values[1::2], strict=False)]
    assert len(lane) == len(pairs)
    assert [lane.peak(i, i + 1) for i in range(len(pairs))] == pairs
    left = merge(values[-1], pending) if len(values) % 2 else pending
    assert lane.peak(len(pairs), len(pairs) + 1) == left


def test_one_peak_in_a_hundred_thousand_shows():
    lane = Lane(max)
    for i in range(100_000):
        lane.add(i == 77_777)
        lane.close()
    assert lane.peak(0, 100_000) == 1
    assert lane.peak(0, 77_777) == 0
    assert lane.peak(77_777, 77_778) == 1


@pytest.mark.parametrize("first", [0, 1, 5])
def test_an_empty_range_has_no_peak(first):
    assert Lane(max).peak(first, first) == 0
