"""When bytes first appear in memory: checked against looking after every step."""

import random

import pytest
from test_real import begin

from gabagool.history.differences import differences, ranges
from gabagool.history.finding import Appearance, appearance, occurrences
from gabagool.history.heat import heat
from gabagool.history.hits import tally
from gabagool.history.recorder import Recorder
from gabagool.runtime.pages import Pages
from gabagool.runtime.tapping import MemoryWrites, TapSpec


def slow(name, patterns, upto, edits=()):
    """The first boundary that has each pattern, found by looking at every one."""
    machine = begin(name)
    found = {}
    machine.journal = None
    for step in range(upto + 1):
        machine.run(step)
        memory = bytes(machine.store.memories[0].region.view[:machine.store.memories[0].size])
        for pattern in patterns:
            if pattern not in found and pattern in memory:
                found[pattern] = step, memory.index(pattern)
        if len(found) == len(patterns):
            break
    return found


def small(name):
    recorder = Recorder(begin(name))
    recorder.record(4000)
    return recorder


@pytest.mark.parametrize("name", ["quicksort", "stackvm", "corruption"])
def test_the_first_appearance_is_that_of_a_look_at_every_step(name):
    recorder = small(name)
    store = recorder.machine.store
    rng = random.Random(name)
    written = [each for step in rng.sample(range(3900), 12)
               for each in _written(recorder, step)]
    patterns = [*[data for data in written if any(data)][:8], b"\xfe\xdc\xba\x98"]
    expected = slow(name, patterns, recorder.total)
    assert len(expected) >= 3
    here = recorder.machine.step
    for pattern in patterns:
        found = appearance(recorder, store, 0, pattern, 0)
        if pattern not in expected:
            assert found is None
        else:
            assert found is not None and (found.step, found.address) == expected[pattern]
        assert recorder.machine.step == here


def _written(recorder, step):
    """What some steps have written, with a byte around it."""
    recorder.seek(step)
    before = recorder.machine.capture()
    recorder.seek(step + 60)
    after = recorder.machine.capture()
    memory = after.regions["memory 0"]
    return [memory.read(max(0, d.start - 1), len(d.new) + 1)[:12]
            for d in differences(before, after)]


def test_what_host_calls_and_bulk_instructions_write_is_seen():
    recorder = Recorder(begin("hello"))
    recorder.record()
    store = recorder.machine.store
    for entry in recorder.journal.entries:
        for effect in entry.effects:
            if effect[0] == "memory" and any(effect[3]):
                found = appearance(recorder, store, 0, effect[3], 0)
                assert found is not None and found.step <= entry.step + 1


def test_what_is_there_from_the_beginning_and_what_never_comes():
    recorder = small("hello")
    store = recorder.machine.store
    recorder.seek(0)
    there = bytes(store.memories[0].region.view).rstrip(b"\0")[-6:]
    found = appearance(recorder, store, 0, there, 0)
    assert found == Appearance(0, occurrences(store, 0, there)[0], False)
    assert appearance(recorder, store, 0, b"never, ever", 0) is None


def test_an_edit_makes_bytes_appear_on_its_branch_only():
    recorder = small("quicksort")
    store = recorder.machine.store
    recorder.seek(1234)
    branch = recorder.branch([("memory", 0, 60_000, b"by an edit")])
    branch.record(4000)
    assert appearance(branch, store, 0, b"an edit", 0) == Appearance(1234, 60_003, False)
    recorder.activate()
    assert appearance(recorder, store, 0, b"an edit", 0) is None


def test_occurrences_may_overlap():
    recorder = small("quicksort")
    recorder.seek(1)
    store = recorder.machine.store
    store.memories[0].region.view[60_000:60_004] = b"\xabab\xab"[:4]
    store.memories[0].region.view[61_000:61_003] = b"\xcd\xcd\xcd"
    assert occurrences(store, 0, b"\xcd\xcd") == [61_000, 61_001]
    assert occurrences(store, 0, b"\xcd\xcd", 61_001) == [61_001]


def test_differences_of_pages():
    old, new = bytearray(10_000), bytearray(10_000)
    new[5], new[7], new[4095], new[4096], new[9999] = 1, 2, 3, 4, 5
    a, b = Pages.from_bytes(old), Pages.from_bytes(new)
    assert ranges(a, b) == [(5, 8), (4095, 4097), (9999, 10_000)]
    rng = random.Random(1)
    for _ in range(20):
        for _ in range(5):
            new[rng.randrange(10_000)] ^= rng.randrange(256)
        covered = {i for s, e in ranges(a, Pages.from_bytes(new)) for i in range(s, e)}
        assert {i for i in range(10_000) if new[i] != old[i]} <= covered


@pytest.mark.parametrize("name", ["quicksort", "corruption"])
def test_heat_is_what_a_count_of_every_lines_writes_gives(name):
    recorder = small(name)
    found = heat(recorder, 0, 500, 3000, 64)
    assert sum(found.writes) > 0 and (sum(found.reads) > 0 or name == "quicksort")
    for counts, reads in ((found.writes, False), (found.reads, True)):
        for line in [*[i for i, n in enumerate(counts) if n][:6], 3]:
            spec = TapSpec(MemoryWrites(0, line * 64, 64), reads=reads)
            assert tally(recorder, [spec], 500, 3000).total == counts[line]
    assert not any(heat(recorder, 0, 500, 500, 64).writes)
    halves = [heat(recorder, 0, 500, 1700, 64), heat(recorder, 0, 1700, 3000, 64)]
    assert [sum(n) for n in zip(*(h.writes for h in halves), strict=True)] == list(found.writes)
    assert [sum(n) for n in zip(*(h.reads for h in halves), strict=True)] == list(found.reads)
    with pytest.raises(ValueError, match="power of two"):
        heat(recorder, 0, 0, 10, 48)
