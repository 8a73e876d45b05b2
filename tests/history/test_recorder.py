"""A recorded machine goes anywhere, exactly, and asks the outside world once only."""

import random
from itertools import count
from threading import Event as Flag

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gabagool.history.pace import FIRST_INTERVAL
from gabagool.history.player import replay
from gabagool.history.recorder import Recorder
from gabagool.history.search import BreakScan, CallScan, segments
from gabagool.runtime.stops import Position, StopReason
from tests.history.toy import EVENT, Toy

LONG = 40_000_000


def outside():
    """The same answers for each toy, so that a plain run and a recorded one can be compared."""
    return (n * n for n in count(1))


def truth(steps, **options):
    """State at each of `steps` (rising) of a machine that only ever ran forward."""
    toy = Toy(outside(), **options)
    states = {}
    for step in steps:
        toy.run(step, breaks=False)
        states[step] = contents(toy)
    return states


def contents(toy):
    snapshot = toy.capture()
    return snapshot.step, dict(snapshot.regions), snapshot.control


@pytest.fixture(scope="module")
def recorded():
    toy = Toy(outside())
    recorder = Recorder(toy)
    stop = recorder.record(LONG)
    assert (stop.reason, stop.step, recorder.total) == (StopReason.FUEL, LONG, LONG)
    return recorder


def test_every_step_is_reached_exactly(recorded):
    steps = sorted(random.Random(1).sample(range(LONG), 60))
    expected = truth(steps)
    live_calls = recorded.machine.live_calls
    for step in random.Random(2).sample(steps, len(steps)):
        assert recorded.seek(step)
        assert contents(recorded.machine) == expected[step]
    assert recorded.machine.live_calls == live_calls


def test_stepping_back_by_hand_replays_little(recorded):
    recorded.seek(30_000_001)
    for step in range(30_000_000, 29_999_900, -1):
        before = recorded.machine.executed
        recorded.seek(step)
        assert recorded.machine.step == step
        assert recorded.machine.executed - before <= 1 << 17


def test_the_live_end_goes_on_after_an_excursion():
    toy = Toy(outside())
    recorder = Recorder(toy)
    recorder.record(3_000_000)
    recorder.seek(1_234_567)
    stop = recorder.record(6_000_001)
    assert (stop.step, recorder.total, toy.step) == (6_000_001,) * 3
    assert contents(toy) == truth([6_000_001])[6_000_001]
    assert toy.live_calls == len(toy.journal.entries)


def test_advance_replays_then_records():
    toy = Toy(outside())
    recorder = Recorder(toy)
    recorder.record(3_000_000)
    recorder.seek(1_000_000)
    calls = toy.live_calls
    assert recorder.advance(2_000_000).step == 2_000_000
    assert (recorder.total, toy.live_calls) == (3_000_000, calls)
    assert recorder.advance(5_000_000).step == 5_000_000
    assert recorder.total == 5_000_000 and toy.live_calls > calls
    assert contents(toy) == truth([5_000_000])[5_000_000]


def test_the_end_is_a_place_to_step_back_from():
    end = FIRST_INTERVAL * 20
    toy = Toy(outside(), end=end)
    recorder = Recorder(toy)
    stop = recorder.record()
    assert (stop.reason, stop.step) == (StopReason.TRAP, end)
    assert recorder.ended == stop and recorder.total == end
    recorder.seek(end - 1)
    assert not toy.ended and contents(toy) == truth([end - 1], end=end)[end - 1]
    assert recorder.advance() == stop and toy.ended
    recorder.seek(5)
    recorder.seek(end)
    assert toy.ended
    recorder.seek(17)
    assert recorder.record(10**12) == stop and toy.step == end and toy.ended


def test_breakpoints_stop_recording_and_replay_alike():
    toy = Toy(outside())
    recorder = Recorder(toy)
    toy.breaks.breaks.add(Position(0, 0, 0))       # each 8th event
    stops = []
    while len(stops) < 200:
        stop = recorder.record()
        assert stop.reason is StopReason.BREAKPOINT
        stops.append(stop.step)
    assert stops == [8 * EVENT * n for n in range(1, 201)]      # multiples of Δ among them
    recorder.seek(0)
    assert [recorder.advance().step for _ in stops] == stops
    assert recorder.advance().step == 8 * EVENT * 201


@pytest.mark.parametrize("replayed", [False, True])
def test_depth_stops_recording_and_replay_alike(replayed):
    plain = Toy(outside())
    plain.run(5_000_000)
    depth = plain.depth - 1
    expected = plain.run(10**9, max_depth=depth)
    assert expected.reason is StopReason.DEPTH
    recorder = Recorder(Toy(outside()))
    recorder.record(expected.step + 1000 if replayed else 5_000_000)
    recorder.seek(5_000_000)
    assert recorder.advance(max_depth=depth) == expected


def test_a_depth_stop_on_the_seam_of_two_slices_is_seen():
    class Late(Toy):
        """Notes depth at the start of no run, and fuel before depth."""

        def run(self, until, cancel=None, breaks=True, max_depth=None):
            return super().run(until, cancel, breaks)
    toy = Late(outside())
    recorder = Recorder(toy)
    recorder.record(1_000_000)
    stop = recorder.record(10**8, max_depth=100)
    assert stop.reason is StopReason.DEPTH and stop.step % FIRST_INTERVAL == 0


def test_cancelling():
    toy = Toy(outside())
    recorder = Recorder(toy)
    recorder.record(20_000_000)
    flag = Flag()
    seen = []

    def progress(done, total):
        seen.append((done, total))
        flag.set()
    stop = recorder.record(cancel=flag, progress=progress)
    assert stop.reason is StopReason.CANCELLED
    assert recorder.total == stop.step == 20_000_000 + seen[0][0] and seen[0][1] == 0
    assert not recorder.seek(10, cancel=flag) and toy.step <= 10
    assert recorder.search_back(10**7, CallScan(1000), cancel=flag) is None
    flag.clear()
    assert recorder.seek(10) and toy.step == 10


def test_a_failing_host_function_leaves_the_recording_whole():
    answers = iter([1, 2, ZeroDivisionError("host bug"), *range(3, 100)])
    toy = Toy(answers)
    recorder = Recorder(toy)
    with pytest.raises(ZeroDivisionError):
        recorder.record(10_000_000)
    assert toy.step == recorder.total < 10_000_000
    recorder.record(10_000_000)
    assert recorder.total == 10_000_000
    assert [e.results[0] for e in toy.journal.entries] == list(range(1, 1 + toy.live_calls - 1))


def brute_force(hit, before):
    """The last step before `before` at which `hit(toy)` holds, by looking at each event."""
    toy = Toy(outside())
    found = None
    for step in range(0, before, EVENT):
        toy.run(step, breaks=False)
        if hit(toy):
            found = step
    return found


@given(st.integers(0, LONG), st.integers(0, 7))
@settings(max_examples=40, deadline=None)
def test_search_back_finds_the_last_execution(recorded, before, offset):
    here = recorded.machine.step
    found = recorded.search_back(before, BreakScan([Position(0, 0, offset)]))
    last = (before - 1) // EVENT
    number = last - (last - offset) % 8
    assert found == (number * EVENT if number >= 0 and before else None)
    assert recorded.machine.step == here and not recorded.machine.probes


@pytest.mark.parametrize("before", [LONG, LONG - 1, 12_345_678, 4097, 0])
def test_search_back_finds_the_last_call(recorded, before):
    toy = Toy(outside())
    toy.mark_calls(2)
    toy.run(before, breaks=False)
    assert recorded.search_back(before, CallScan(2)) == toy.last_call_step
    assert recorded.machine.marked is None


def test_search_back_executes_no_more_than_lies_behind_the_hit(recorded):
    recorded.seek(LONG)
    before = recorded.machine.executed
    assert recorded.search_back(LONG, BreakScan([Position(0, 0, 1)])) is not None
    assert recorded.machine.executed - before < 8_000_000


def test_search_back_stops_at_the_floor(recorded):
    position = Position(0, 0, 0)
    hit = 8 * EVENT * 100
    for floor, expected in ((hit, hit), (hit + 1, None)):
        assert recorded.search_back(hit + 5, BreakScan([position]), floor=floor) == expected


@given(st.lists(st.integers(0, 10**10), max_size=50).map(sorted), st.integers(0, 10**9),
       st.integers(0, 10**10))
def test_segments_cover_all_newest_first(points, floor, before):
    parts = list(segments(points, floor, before))
    edges = [before, *(start for start, _ in parts)]
    assert [end for _, end in parts] == edges[:-1]
    assert edges[-1] == floor if before > floor else not parts


def test_lanes_show_what_was(recorded):
    depths = truth(range(0, LONG, EVENT))
    deepest = max(state[2].depth for state in depths.values())
    assert recorded.lane("depth", 0, LONG, 1)[0] in (deepest, deepest + 1)
    assert max(recorded.lane("depth", 0, LONG, 100)) == recorded.lane("depth", 0, LONG, 1)[0]
    writes = recorded.lane("writes", 0, LONG + LONG // 10, 110)
    assert all(writes[:100]) and not any(writes[101:])
    assert writes[105] is None


def test_events_are_those_of_the_journal_and_the_end():
    toy = Toy(outside(), end=1_000_001)
    recorder = Recorder(toy)
    recorder.record()
    found = recorder.events(0, 10**9)
    assert [e.kind for e in found] == ["output"] * toy.live_calls + ["trap"]
    assert found[0].text == r"1: '1\n'"
    assert found[-1].text == "unreachable" and found[-1].step == 1_000_001
    assert recorder.events(found[1].step, found[1].step + 1) == [found[1]]


def test_the_interval_does_not_depend_on_how_one_got_there():
    straight = Recorder(Toy(outside(), size=1 << 20))
    straight.record(LONG)
    winding = Recorder(Toy(outside(), size=1 << 20))
    rng = random.Random(4)
    while winding.total < LONG:
        winding.record(min(LONG, winding.total + rng.randrange(1, 3_000_000)))
        winding.seek(rng.randrange(winding.total))
    assert winding.interval == straight.interval > FIRST_INTERVAL
    assert winding.retained() == straight.retained()
    assert winding.lane("writes", 0, LONG, 37) == straight.lane("writes", 0, LONG, 37)
    assert winding.lane("depth", 0, LONG, 37) == straight.lane("depth", 0, LONG, 37)


def test_pins_are_retained(recorded):
    recorded.seek(777_777)
    recorded.pin()
    assert 777_777 in recorded.retained()
    recorded.seek(20_000_000)
    before = recorded.machine.executed
    recorded.seek(777_778)
    assert recorded.machine.executed - before == 1
    recorded.unpin(777_777)
    assert 777_777 not in recorded.retained()


def test_steps_outside_are_refused(recorded):
    for step in (-1, LONG + 1):
        with pytest.raises(ValueError, match="outside the recording"):
            recorded.seek(step)


def test_a_recording_may_begin_anywhere():
    toy = Toy(outside())
    toy.run(1_000_000)
    recorder = Recorder(toy)
    recorder.record(5_000_000)
    assert recorder.origin == recorder.retained()[0] == 1_000_000
    recorder.seek(1_000_000)
    recorder.seek(2_000_001)
    with pytest.raises(ValueError, match="1000000 to 5000000"):
        recorder.seek(999_999)
    assert recorder.search_back(1_000_001, BreakScan([Position(0, 0, 8)])) is None


def test_a_replay_that_ends_early_is_noticed():
    toy = Toy(outside(), end=1000)
    with pytest.raises(Exception, match="not what was recorded"):
        replay(toy, 2000)


def test_memory_stays_in_the_budget():
    toy = Toy(outside(), size=4 << 20)
    recorder = Recorder(toy, budget=16 << 20)
    recorder.record(400_000_000)
    assert recorder.bytes <= 16 << 20
    assert recorder.interval > FIRST_INTERVAL
