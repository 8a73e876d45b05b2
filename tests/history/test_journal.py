"""The journal's rules and its bytes."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gabagool.errors import SnapshotError
from gabagool.runtime.journal import Entry, Journal, decode, encode

U32, U64, BITS = (st.integers(0, 2**n - 1) for n in (32, 64, 128))
EFFECT = st.one_of(
    st.tuples(st.just("memory"), U32, U64, st.binary(max_size=50)),
    st.tuples(st.just("grow"), U32, U32),
    st.tuples(st.just("global"), U32, BITS),
    st.tuples(st.sampled_from(["table", "tgrow"]), U32, U32, U64))
END = st.one_of(st.none(), st.tuples(st.just("exit"), U32),
                st.tuples(st.just("trap"), st.text(max_size=20)))
ENTRY = st.builds(
    Entry, U64, st.text(max_size=20), st.lists(BITS, max_size=4).map(tuple),
    st.lists(BITS, max_size=2).map(tuple), st.lists(EFFECT, max_size=3).map(tuple),
    st.lists(st.tuples(U32, st.binary(max_size=20)), max_size=2).map(tuple), END,
    st.none() | st.binary(max_size=20))
JOURNAL = st.lists(ENTRY, max_size=5).map(lambda entries: sorted(entries, key=lambda e: e.step))


@given(JOURNAL)
def test_round_trip(entries):
    assert decode(encode(entries)) == entries


@given(JOURNAL.filter(bool), st.data())
@settings(max_examples=500)
def test_damage_is_noticed_or_gives_entries(entries, data):
    coded = bytearray(encode(entries))
    at = data.draw(st.integers(0, len(coded) - 1))
    coded[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(coded)))
    for damaged in (bytes(coded), bytes(coded[:cut])):
        with suppress(SnapshotError):
            assert all(isinstance(entry, Entry) for entry in decode(damaged))


def test_a_call_with_very_many_writes_can_be_stored():
    entry = Entry(1, "m.f", (), (), (("memory", 0, 0, b"x"),) * 100_000)
    assert decode(encode([entry])) == [entry]


@pytest.mark.parametrize("data", [
    b"\xdd\xff\xff\xff\xff", b"\xdc\x40\x00" * 1500, b"\x91" * 5000, b"\xc7\x08\x05" + bytes(8),
    b"\x81\x01\x02", b"\xc1", b"\xd9\x04\xff\xff\xff\xff", b"\x01", b"\x98" + b"\xc0" * 8])
def test_what_is_no_journal_is_refused(data):
    with pytest.raises(SnapshotError):
        decode(data)


def test_steps_do_not_fall():
    with pytest.raises(SnapshotError, match="goes back from step 5 to 4"):
        decode(encode([Entry(5, "a.b", ()), Entry(4, "a.b", ())]))


def test_recording_then_replay_then_live():
    journal = Journal()
    assert journal.live
    first = Entry(5, "m.f", (1,), (2,))
    journal.append(first)
    journal.position = 0
    assert not journal.live
    with pytest.raises(SnapshotError, match="amid a replay"):
        journal.append(first)
    with pytest.raises(SnapshotError, match="replay diverged"):
        journal.replay(5, "m.f", (9,))
    assert journal.replay(5, "m.f", (1,)) is first
    assert journal.live
    with pytest.raises(SnapshotError, match="past the end"):
        journal.replay(6, "m.f", (1,))
