"""Recordings of real programs: every step is reached exactly, forwards and backwards."""

import random
from pathlib import Path

import pytest

from gabagool import Linker, Machine, Module, Position, Store, WasiConfig
from gabagool.history.recorder import Recorder
from gabagool.history.search import BreakScan, CallScan
from gabagool.runtime import journal
from gabagool.runtime.entries import Entries
from gabagool.runtime.stops import StopReason
from gabagool.snapshot import load_file, save_file

PROGRAMS = Path(__file__).parents[2] / "programs"


class Sink:
    """A program's standard output."""

    def __init__(self):
        self.data = b""

    def __call__(self, data):
        self.data += bytes(data)
        return len(data)


def machine(program, *args, export="_start", sink=None):
    """A machine before the first step of a program of the repository."""
    store = Store()
    linker = Linker(store)
    linker.define_wasi(WasiConfig(args=[program], stdout=sink or Sink(), stderr=Sink()))
    instance = linker.instantiate(Module.from_file(str(PROGRAMS / f"{program}.wasm")))
    made = Machine(store.inner)
    made.start(instance.exports(store)[export].inst.addr, args)
    return made


CASES = {
    "fib": ("fib", 22), "sieve": ("sieve", 100_000), "collatz": ("collatz", 2000),
    "quicksort": ("sort_test", 1000), "nbody": ("nbody", 1000), "stackvm": ("run", 1000),
    "garbage": ("garbage", 40_000),
    "life": ("_start",), "corruption": ("_start",), "oob": ("_start",), "overflow": ("_start",),
    "hello": ("_start",)}


def begin(name, sink=None):
    export, *args = CASES[name]
    return machine(name, *args, export=export, sink=sink)


def contents(made):
    snapshot = made.capture()
    return snapshot.step, dict(snapshot.regions), snapshot.control, snapshot.host


@pytest.mark.parametrize("name", CASES)
def test_recorded_is_as_plain_and_every_step_is_reached(name, dense):
    plain_sink, sink = Sink(), Sink()
    plain = begin(name, plain_sink)
    expected = plain.run(1 << 60)
    recorder = Recorder(begin(name, sink))
    stop = recorder.record()
    assert (stop.reason, stop.step, stop.results) == (
        expected.reason, expected.step, expected.results)
    assert sink.data == plain_sink.data
    end = contents(recorder.machine)
    rng = random.Random(name)
    steps = sorted({0, 1, stop.step - 1, *(rng.randrange(stop.step) for _ in range(12))})
    reference, states = begin(name), {}
    for step in steps:
        reference.run(step)
        states[step] = contents(reference)
    for step in rng.sample(steps, len(steps)) + steps[::-1]:
        assert recorder.seek(step)
        assert contents(recorder.machine) == states[step]
    assert recorder.advance().reason is stop.reason
    assert contents(recorder.machine) == end and recorder.machine.ended
    assert sink.data == plain_sink.data


@pytest.mark.parametrize("name", ["fib", "quicksort", "corruption"])
def test_search_back_agrees_with_running_forward(name, dense):
    recorder = Recorder(begin(name))
    recorder.record()
    rng = random.Random(name)
    for _ in range(5):
        recorder.seek(rng.randrange(recorder.total))
        here, position, depth = recorder.machine.step, recorder.machine.position, \
            recorder.machine.depth
        reference = begin(name)
        reference.set_probes([position])
        reference.mark_calls(depth)
        reference.run(here, breaks=False)
        assert recorder.search_back(here, BreakScan([position])) == reference.last_probe_step
        assert recorder.search_back(here, CallScan(depth)) == reference.last_call_step
        assert recorder.machine.step == here and recorder.machine.position == position
        recorder.advance(here + 1)
        assert recorder.search_back(here + 1, BreakScan([position])) == here


def test_breakpoints_stop_in_replay_where_they_stopped_live(dense):
    recorder = Recorder(begin("quicksort"))
    recorder.seek(0)
    recorder.record(777)
    position = recorder.machine.position
    recorder.machine.set_break(position)
    live = []
    while recorder.record().reason is StopReason.BREAKPOINT:
        live.append(recorder.total)
    recorder.seek(777)
    replayed = []
    while recorder.advance().reason is StopReason.BREAKPOINT:
        replayed.append(recorder.machine.step)
    assert live == replayed and len(live) > 10
    back = []
    while (hit := recorder.search_back(recorder.machine.step, BreakScan([position]),
                                       floor=778)) is not None:
        recorder.seek(hit)
        back.append(hit)
        if len(back) == 30:
            break
    assert back == live[::-1][:30]


def test_the_journal_survives_its_bytes(dense):
    sink = Sink()
    recorder = Recorder(begin("life", sink))
    recorder.record()
    recorder.machine.journal.entries = Entries(journal.decode(
        journal.encode(recorder.machine.journal.entries)))
    end = contents(recorder.machine)
    written = sink.data
    recorder.seek(0)
    recorder.advance()
    assert contents(recorder.machine) == end and sink.data == written
    assert b"".join(data for entry in recorder.journal.entries
                    for fd, data in entry.output if fd == 1) == written


@pytest.mark.parametrize("name", ["quicksort", "life", "corruption"])
def test_a_snapshot_file_goes_on_elsewhere(name, tmp_path):
    first = Sink()
    whole = begin(name, first)
    expected = whole.run(1 << 60)
    for part in (1, 3):
        early, late = Sink(), Sink()
        before = begin(name, early)
        before.run(expected.step * part // 4)
        save_file(tmp_path / "state", before)
        after = begin(name, late)
        load_file(tmp_path / "state", after)
        stop = after.run(1 << 60)
        assert (stop.reason, stop.step, stop.results) == (
            expected.reason, expected.step, expected.results)
        assert early.data + late.data == first.data


def test_a_recording_may_begin_from_a_snapshot_file(tmp_path, dense):
    made = begin("fib")
    expected = begin("fib").run(1 << 60)
    made.run(100_000)
    save_file(tmp_path / "state", made)
    other = begin("fib")
    load_file(tmp_path / "state", other)
    recorder = Recorder(other)
    stop = recorder.record()
    assert (stop.step, stop.results) == (expected.step, expected.results)
    assert recorder.origin == 100_000
    recorder.seek(100_001)
    assert isinstance(recorder.machine.position, Position)
