"""Snapshots as bytes: exact round trips, and only SnapshotError for bytes that are none."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gabagool.errors import SnapshotError
from gabagool.runtime import codec, wire
from gabagool.runtime.pages import PAGE, ZERO, Pages, changed, resized
from gabagool.runtime.state import MAX_STEP, Control, Snapshot

CONTROL = Control(3, 0x1F3A, 64, 2, 5, 4096, (("data", 0, 1, 4), ("elem", 2, 7, 70000)))


def snapshot(regions, step=7, control=CONTROL, host=b"\x81", journal=3):
    return Snapshot(step, {name: Pages.from_bytes(data) for name, data in regions.items()},
                    control, host, journal)


@st.composite
def contents(draw, like=None):
    """A region's bytes: sparse, of any size; `like` has some of its bytes kept."""
    size = draw(st.integers(0, 5 * PAGE))
    data = bytearray((like or b"")[:size].ljust(size, b"\0"))
    for at in draw(st.lists(st.integers(0, max(size - 1, 0)), max_size=6 if size else 0)):
        data[at] = draw(st.integers(0, 255))
    return bytes(data)


@given(contents())
def test_pages_hold_the_bytes(data):
    pages = Pages.from_bytes(data)
    assert pages.to_bytes() == data
    assert all(page is ZERO or page != ZERO for page in pages.pages)


@given(contents(), st.integers(0, 5 * PAGE))
def test_resized_cuts_or_extends_with_zeros(data, size):
    assert resized(Pages.from_bytes(data), size) == Pages.from_bytes(data[:size].ljust(size, b"\0"))


@given(contents(), st.data())
def test_changed_finds_exactly_the_different_pages(data, draw):
    old, new = Pages.from_bytes(data), Pages.from_bytes(draw.draw(contents(data)))
    assert changed(old, new) == [i for i, page in enumerate(new.pages)
                                 if old.pages[i:i + 1] != (page,)]


@given(contents(), st.data())
@settings(max_examples=200)
def test_round_trip_with_a_base(data, draw):
    base = snapshot({"memory 0": data, "stack": b"abc", "gone": b"x"}, step=3)
    now = snapshot({"stack": b"abd", "memory 0": draw.draw(contents(data)), "new": b"y" * 9000})
    for origin in (None, base):
        coded = codec.encode(now, origin)
        assert codec.decode(coded.data, origin) == now
        assert list(codec.decode(coded.data, origin).regions) == list(now.regions)


def test_unchanged_pages_are_the_bases_objects():
    data = random.Random(1).randbytes(40 * PAGE)
    base = snapshot({"memory 0": data})
    now = snapshot({"memory 0": data[:-1] + b"!"})
    found = codec.decode(codec.encode(now, base).data, base)
    same = [a is b for a, b in zip(found.regions["memory 0"].pages,
                                   base.regions["memory 0"].pages, strict=True)]
    assert same == [True] * 39 + [False]


@pytest.mark.parametrize("outcome", [
    (), ("finished",), ("finished", 1, 2**64, 2**128 - 1), ("exit", -1), ("trap", "unreachable")])
def test_round_trip_of_control(outcome):
    control = replace(CONTROL, offset=-1, outcome=outcome)
    assert codec.decode(codec.encode(snapshot({}, control=control)).data).control == control


def test_weight_follows_what_changed_not_the_compressor():
    data = random.Random(2).randbytes(100 * PAGE)
    base = snapshot({"memory 0": data})
    one = codec.encode(snapshot({"memory 0": data[:-1] + bytes([data[-1] ^ 1])}), base)
    assert one.dirty == PAGE and one.weight < 200
    whole = codec.encode(snapshot({"memory 0": data}))
    assert whole.dirty == len(data)
    assert len(data) <= whole.weight < len(data) * 1.01


def test_zeros_cost_nothing():
    coded = codec.encode(snapshot({"memory 0": bytes(64 << 20)}))
    assert coded.dirty == 0 and len(coded.data) < 200


def sample():
    rng = random.Random(3)
    data = bytearray(4 * PAGE + 17)
    data[5000:5100] = rng.randbytes(100)
    data[-4:] = b"tail"
    return codec.encode(snapshot({"memory 0": bytes(data), "stack": b"s" * 100})).data


def test_every_truncation_is_refused():
    data = sample()
    for size in range(len(data)):
        with pytest.raises(SnapshotError):
            codec.decode(data[:size])


@given(st.integers(0), st.integers(0, 255), st.integers(0), st.integers(0, 255))
@settings(max_examples=3000)
def test_mutations_are_refused_or_well_formed(at, value, at2, value2):
    data = bytearray(sample())
    data[at % len(data)] = value
    data[at2 % len(data)] = value2
    try:
        found = codec.decode(bytes(data), limit=1 << 20)
    except SnapshotError:
        return
    for region in found.regions.values():
        assert sum(map(len, region.pages)) == region.size


def forged(regions, raw, payload):
    head = wire.pack((0, CONTROL.wire(), b"", 0, regions, raw))
    return len(head).to_bytes(4, "little") + head + payload


@pytest.mark.parametrize(("regions", "raw", "text"), [
    ([("m", 1 << 40, 0)], 0, "the size of region 'm'"),
    ([("m", 4096, 2)], 0, "the pages of region 'm'"),
    ([("m", 1 << 34, 1 << 22)], 1 << 34, "more than the 1048576 allowed"),
    ([("m", 1 << 33, 0), ("n", 1 << 33, 0), ("o", 1, 0)], 0, "together"),
    ([("m", 0, 0), ("m", 0, 0)], 0, "twice"),
    ([("m", 4096, 1)], 1 << 20, "the payload's size"),
    ([("m", 4096, 1)], 4100, "the head 4100"),
])
def test_sizes_are_checked_before_anything_is_unpacked(regions, raw, text):
    import zstandard
    payload = zstandard.ZstdCompressor().compress(b"")
    with pytest.raises(SnapshotError, match=text):
        codec.decode(forged(regions, raw, payload), limit=1 << 20)


@pytest.mark.parametrize("indices", [(1, 0), (0, 0), (0, 2)])
def test_page_lists_are_checked(indices):
    import struct

    import zstandard
    raw = struct.pack("<2I", *indices) + bytes(2 * PAGE)
    payload = zstandard.ZstdCompressor().compress(raw)
    with pytest.raises(SnapshotError, match="page list"):
        codec.decode(forged([("m", 2 * PAGE, 2)], len(raw), payload))


def test_a_step_that_nobody_reaches() -> None:
    """Native code adds to steps: those of a hostile file must leave room for that."""
    with pytest.raises(SnapshotError, match="the step is"):
        codec.decode(codec.encode(snapshot({}, step=MAX_STEP + 1)).data)
    assert codec.decode(codec.encode(snapshot({}, step=MAX_STEP)).data).step == MAX_STEP
