"""Differences of host states."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gabagool.errors import SnapshotError
from gabagool.runtime import wire
from gabagool.runtime.difference import changed, difference

states = st.lists(st.sampled_from([b"a", b"b", b"long part"]), max_size=20).map(b"".join)


@given(states, states)
def test_a_difference_makes_the_one_of_the_other(before: bytes, after: bytes) -> None:
    assert changed(before, difference(before, after)) == after


def test_a_small_change_is_small() -> None:
    before = b"x" * 10_000 + b"1" + b"y" * 10_000
    assert len(difference(before, before.replace(b"1", b"22"))) < 12


@pytest.mark.parametrize("change", [b"", b"\xc1", wire.pack(1), wire.pack((1, 2)),
                                    wire.pack((4, 0, b"")), wire.pack((2, 2, b"")),
                                    wire.pack((-1, 0, b"")), wire.pack((0, 0, "text"))])
def test_what_is_no_difference_is_refused(change: bytes) -> None:
    with pytest.raises(SnapshotError, match="change of the host state"):
        changed(b"abc", change)
