"""The history's snapshots: exact, thinned, within budget, quick to reach."""

import random
from types import SimpleNamespace

import pytest

from gabagool.history.deltas import base_of, chain_of
from gabagool.history.retention import kept
from gabagool.history.store import History
from gabagool.runtime import codec
from gabagool.runtime.pages import PAGE, Pages
from gabagool.runtime.state import Control, Snapshot

CONTROL = Control(1, 0, 0, 0, 1, 0)


def snapshots(interval, pages=64, dirty=3, seed=1, first=0):
    """Endless snapshots, each with some pages changed from the one before."""
    rng = random.Random(seed)
    memory = Pages.from_bytes(rng.randbytes(pages * PAGE))
    step = first
    while True:
        yield Snapshot(step, {"memory 0": memory, "stack": Pages.from_bytes(b"%d" % step)},
                       CONTROL, b"", step // 1000)
        for index in rng.sample(range(pages), dirty):
            page = bytearray(memory.pages[index])
            page[rng.randrange(PAGE)] ^= 1 + rng.randrange(255)
            memory = memory.replaced([(index, bytes(page))])
        step += interval


def put(history, snapshot):
    history.put(snapshot, 3 * PAGE)


def filled(count, interval=100, **options):
    """A history with `count` snapshots put, and what was put by step."""
    source = snapshots(interval)
    first = next(source)
    history = History(first, interval, **options)
    seen = {first.step: first}
    for snapshot in source:
        if snapshot.step > count * interval:
            return history, seen
        seen[snapshot.step] = snapshot
        if snapshot.step == history.due:
            put(history, snapshot)


def test_every_retained_snapshot_is_exact():
    history, seen = filled(3000, keep=8)
    steps = history.steps()
    assert steps == tuple(i * 100 for i in kept(3000, 8))
    for step in steps:
        assert history.get(step) == seen[step]


def test_nearest_is_the_last_retained_before():
    history, _ = filled(1000, keep=8)
    steps = history.steps()
    for step in random.Random(5).sample(range(100_000), 300):
        assert history.nearest(step) == max(s for s in steps if s <= step)
    assert history.nearest(10**9) == 100_000
    with pytest.raises(ValueError, match="before the history's first"):
        history.nearest(-1)
    with pytest.raises(KeyError):
        history.get(1)
    with pytest.raises(KeyError):
        history.get(100)


def test_put_never_decodes(monkeypatch):
    monkeypatch.setattr(codec, "decode", lambda *_: pytest.fail("decoded"))
    filled(2000, keep=8)


def test_a_get_decodes_at_most_a_chain(monkeypatch):
    history, seen = filled(1000, keep=128)
    calls = SimpleNamespace(n=0)
    decode = codec.decode

    def counting(*args):
        calls.n += 1
        return decode(*args)
    monkeypatch.setattr(codec, "decode", counting)
    for step in history.steps():
        calls.n = 0
        assert history.get(step) == seen[step]
        assert calls.n <= len(chain_of(step // 100)) - 1 <= 9


def test_widening_keeps_the_rule_and_the_contents():
    history, seen = filled(1001, keep=8)
    history.widen()
    assert history.interval == 200 and history.newest == 500
    assert history.steps() == tuple(i * 200 for i in kept(500, 8))
    for step in history.steps():
        assert history.get(step) == seen[step]
    assert history.due == 100_200


def test_over_budget_the_interval_doubles_and_all_stays_exact():
    history, seen = filled(4000, keep=128, budget=600_000)
    assert history.interval > 100
    assert history.bytes <= 600_000
    assert all(history.get(step) == seen[step] for step in history.steps())


def test_the_budget_does_not_depend_on_the_compressor(monkeypatch):
    def run():
        history, _ = filled(1500, budget=500_000)
        return history.interval, history.steps()
    with_zstd = run()
    compressor = codec.zstandard.ZstdCompressor
    monkeypatch.setattr(codec.zstandard, "ZstdCompressor", lambda level: compressor(level=-50))
    assert run() == with_zstd


def test_a_spine_over_budget_is_decoded_instead():
    source = snapshots(100, pages=64, dirty=60)
    history = History(next(source), 100, budget=400_000)
    seen = {}
    for _, snapshot in zip(range(200), source, strict=False):
        seen[snapshot.step] = snapshot
        if snapshot.step == history.due:
            put(history, snapshot)
    assert all(history.get(s) == seen[s] for s in history.steps()[1:])


def test_pins_stay_until_let_go():
    history, _ = filled(50, keep=4)
    odd = next(snapshots(1, seed=9, first=123))
    history.pin(odd)
    source = snapshots(100)
    next(source)
    for snapshot in source:
        if snapshot.step > 100_000:
            break
        if snapshot.step == history.due:
            put(history, snapshot)
    history.widen()
    assert 123 in history.steps()
    assert history.nearest(150) == 123 and history.nearest(122) < 123
    assert history.get(123) == odd
    before = history.bytes
    history.unpin(123)
    history.unpin(123)
    assert 123 not in history.steps() and history.bytes < before


def test_put_wants_the_due_step():
    history, _ = filled(3)
    with pytest.raises(ValueError, match="where 400 is due"):
        put(history, next(snapshots(100, first=500)))


def test_origin_may_be_any_step():
    source = snapshots(100, first=77)
    history = History(next(source), 100)
    put(history, next(source))
    assert history.steps() == (77, 177)
    assert history.nearest(176) == 77
    assert base_of(1) == 0
