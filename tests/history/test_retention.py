"""The retention rule keeps what it promises (DESIGN 6)."""

from bisect import bisect_right
from itertools import pairwise
from math import log2

from hypothesis import given, settings
from hypothesis import strategies as st

from gabagool.history.deltas import FULL, base_of, chain_of
from gabagool.history.retention import ctz, evicted, is_kept, kept, nearest

NEWEST = st.integers(0, 10**6)
KEEP = st.sampled_from([2, 3, 8, 100, 128])


def by_definition(newest, keep):
    return [i for i in range(newest + 1)
            if i == 0 or newest - i < keep * (i & -i)]


@given(st.integers(0, 3000), KEEP)
@settings(max_examples=60)
def test_kept_is_the_rule(newest, keep):
    assert kept(newest, keep) == by_definition(newest, keep)


@given(NEWEST, st.sampled_from([2, 8, 100, 128]))
def test_count_is_bounded(newest, keep):
    extra = keep / 2 * log2(newest / keep) if newest > keep else 0
    assert len(kept(newest, keep)) <= keep + extra + 1


def test_count_of_a_million_is_as_designed():
    assert len(kept(10**6, 128)) == 955


@given(NEWEST, st.sampled_from([3, 8, 100, 128]), st.data())
def test_replay_distance_is_bounded(newest, keep, data):
    i = data.draw(st.integers(0, newest))
    age = newest - i
    assert i - nearest(i, newest, keep) <= 1 + 2 * age / (keep - 1)


def test_worst_gap_of_a_million_is_as_designed():
    indices = kept(10**6, 128)
    assert all(b - a - 1 <= 1 + 2 * (10**6 - b + 1) / 127
               for a, b in pairwise(indices))


@given(NEWEST, KEEP, st.data())
def test_nearest_finds_the_last_kept_before(newest, keep, data):
    i = data.draw(st.integers(0, newest))
    indices = kept(newest, keep)
    assert nearest(i, newest, keep) == indices[bisect_right(indices, i) - 1]


@given(NEWEST, KEEP)
def test_a_base_is_kept_with_what_builds_on_it(newest, keep):
    for i in kept(newest, keep)[1:]:
        assert is_kept(i & (i - 1), newest, keep)
        assert is_kept(base_of(i), newest, keep)


@given(st.integers(1, 10**6), KEEP)
def test_evicted_is_the_difference_to_one_before(newest, keep):
    before, now = kept(newest - 1, keep), kept(newest, keep)
    assert sorted(evicted(newest, keep)) == sorted(set(before) - set(now))
    assert set(now) - set(before) == {newest}


@given(st.integers(0, 10**6), KEEP)
def test_doubling_the_interval_leaves_what_the_rule_keeps(newest, keep):
    halved = [i // 2 for i in kept(newest, keep) if i % 2 == 0]
    assert halved == kept(newest // 2, keep)


@given(st.integers(1, 10**9))
def test_chains_are_short_and_end_in_a_multiple(i):
    chain = chain_of(i)
    assert chain[0] == i and chain[-1] == 0
    assert len(chain) - 2 <= FULL
    assert all(ctz(a) < FULL for a in chain[:-2])
