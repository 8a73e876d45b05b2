"""Recording files: opened anywhere, gone about in exactly, and saved from as far as they go."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gabagool import (
    Linker,
    Module,
    SnapshotError,
    Store,
    WasiConfig,
    continue_recording,
    open_recording,
    save_recording,
    start_recording,
)
from gabagool.container import Source, framed, preface
from gabagool.history import recording as format_
from gabagool.history.recorder import Recorder
from gabagool.history.search import BreakScan
from gabagool.runtime.machine import Machine
from gabagool.runtime.stops import StopReason
from tests.machines import wat
from tests.native.states import state

ROOT = Path(__file__).parents[2]


@pytest.fixture
def dense(monkeypatch: pytest.MonkeyPatch) -> None:
    """Snapshots so near each other that short programs have many."""
    from gabagool.history import recorder
    monkeypatch.setattr(recorder, "FIRST_INTERVAL", 4096)
    monkeypatch.setattr(recorder, "_REPLAY", 500)
    monkeypatch.setattr(format_, "_NEAREST", 4096)


def begun(program: str, args: tuple[str, ...] = (), sink: bytearray | None = None) -> Machine:
    out = bytearray() if sink is None else sink
    store = Store()
    linker = Linker(store)
    linker.define_wasi(WasiConfig(args=(f"{program}.wasm", *args), stdout=out.extend, stderr=None))
    module = Module.from_file(ROOT / "programs" / f"{program}.wasm")
    instance = linker.instantiate(module).inst
    export = instance.export("_start")
    assert export is not None
    store.machine.start(export[1], [])
    return store.machine


def recorded(program: str, path: Path, until: int | None = None) -> Recorder:
    machine = begun(program)
    recorder = Recorder(machine)
    recorder.record(until)
    save_recording(recorder, machine, path, program=program, entry="_start")
    return recorder


@pytest.mark.parametrize("program", ["life", "corruption", "overflow"])
def test_every_step_is_as_it_was(program: str, tmp_path: Path, dense: None) -> None:
    path = tmp_path / "r.gaba"
    recorder = recorded(program, path)
    opened = open_recording(path)
    playback = opened.playback
    assert (playback.total, playback.origin, opened.notice) == (recorder.total, 0, "")
    assert playback.ended is not None and recorder.ended is not None
    assert playback.ended.reason is recorder.ended.reason
    assert len(playback.retained()) > (1 if program == "overflow" else 5)
    rng = random.Random(program)
    steps = [0, recorder.total, *(rng.randrange(recorder.total) for _ in range(12))]
    for step in steps:
        assert playback.seek(step) and recorder.seek(step)
        assert state(opened.machine) == state(recorder.machine)  # type: ignore[arg-type]
    assert playback.events(0, 1 << 60) == recorder.events(0, 1 << 60)
    for name in ("depth", "writes"):
        assert playback.lane(name, 0, playback.total, 40) == recorder.lane(
            name, 0, recorder.total, 40)
    playback.seek(steps[2])
    position = opened.machine.position
    assert position is not None
    playback.seek(playback.total)
    recorder.seek(recorder.total)
    assert playback.search_back(playback.total, BreakScan([position])) == recorder.search_back(
        recorder.total, BreakScan([position]))
    assert playback.record().reason is recorder.ended.reason
    opened.close()


def test_the_same_recording_makes_the_same_bytes(tmp_path: Path, dense: None) -> None:
    recorded("life", tmp_path / "a")
    recorded("life", tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_saved_again_it_is_the_same_recording(tmp_path: Path, dense: None) -> None:
    recorder = recorded("life", tmp_path / "a")
    opened = open_recording(tmp_path / "a")
    opened.playback.seek(1000)
    save_recording(opened.playback, opened.machine, tmp_path / "b", about=opened.about)
    again = open_recording(tmp_path / "b")
    assert again.playback.total == recorder.total and again.notice == ""
    again.playback.seek(99_999)
    recorder.seek(99_999)
    assert state(again.machine) == state(recorder.machine)  # type: ignore[arg-type]


def test_it_ends_where_recording_ended(tmp_path: Path) -> None:
    recorded("life", tmp_path / "r", until=100_000)
    opened = open_recording(tmp_path / "r")
    stop = opened.playback.record()
    assert (stop.reason, stop.step) == (StopReason.UNRECORDED, 100_000)
    assert opened.playback.advance(200_000).reason is StopReason.UNRECORDED
    assert opened.machine.step == 100_000 and opened.playback.ended is None


def test_it_can_go_on_live(tmp_path: Path) -> None:
    whole = bytearray()
    begun("life", sink=whole).run(1 << 60)
    first = recorded("life", tmp_path / "r", until=300_000)
    before = b"".join(data for entry in first.journal.entries for _, data in entry.output)
    late = bytearray()
    found = continue_recording(tmp_path / "r", WasiConfig(stdout=late.extend, stderr=None))
    machine, recorder = found.machine, found.recorder
    assert found.end == 300_000
    recorder.record(found.end)
    assert late == b""
    stop = recorder.record()
    assert machine.ended is stop and before + bytes(late) == bytes(whole)


def test_one_may_begin_in_the_middle(tmp_path: Path, dense: None) -> None:
    machine = begun("life")
    machine.run(200_000)
    recorder = Recorder(machine)
    recorder.record(400_000)
    save_recording(recorder, machine, tmp_path / "r")
    opened = open_recording(tmp_path / "r")
    assert (opened.playback.origin, opened.playback.total) == (200_000, 400_000)
    for step in (200_000, 312_345, 400_000):
        opened.playback.seek(step)
        recorder.seek(step)
        assert state(opened.machine) == state(machine)


def rewritten(data: bytes, keep: object) -> bytes:
    source = Source(data)
    chunks = [(c.tag, source.read(c)) for c in source.chunks]
    return preface() + b"".join(b"".join(framed(*chunk)) for i, chunk in enumerate(chunks)
                                if keep(i, chunk[0]))  # type: ignore[operator]


def test_what_a_cut_file_still_has(tmp_path: Path, dense: None) -> None:
    path = tmp_path / "r"
    recorder = recorded("life", path)
    data = path.read_bytes()
    chunks = Source(data).chunks
    first = next(c for c in chunks if c.tag == format_.FIRST)
    reached = set()
    for size in range(first.offset + first.size, len(data), 997):
        path.write_bytes(data[:size])
        opened = open_recording(path)
        assert "not whole" in opened.notice or "killed" in opened.notice
        total = opened.playback.total
        reached.add(total)
        assert total <= recorder.total
        step = total * 2 // 3
        opened.playback.seek(step)
        recorder.seek(step)
        assert state(opened.machine) == state(recorder.machine)  # type: ignore[arg-type]
        opened.close()
    assert len(reached) >= 2
    path.write_bytes(data[:first.offset + 5])
    with pytest.raises(SnapshotError, match="cut short"):
        open_recording(path)


def test_a_damaged_snapshot_is_gone_around(tmp_path: Path, dense: None) -> None:
    path = tmp_path / "r"
    recorder = recorded("life", path)
    data = bytearray(path.read_bytes())
    snaps = [c for c in Source(bytes(data)).chunks if c.tag == format_.SNAPSHOT]
    for chunk in snaps[2:6]:
        data[chunk.offset + chunk.size // 2] ^= 1
    path.write_bytes(bytes(data))
    opened = open_recording(path)
    for chunk in snaps[1:7]:
        step = int.from_bytes(data[chunk.offset:chunk.offset + 8], "little") + 10
        opened.playback.seek(step)
        recorder.seek(step)
        assert state(opened.machine) == state(recorder.machine)  # type: ignore[arg-type]


def test_a_damaged_journal_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "r"
    recorder = recorded("life", path)
    entries = recorder.journal.entries
    data = path.read_bytes()
    parts = [b"".join(format_.journal_pieces(entries, i, min(i + 5, len(entries)), 0))
             for i in range(0, len(entries), 5)]
    bare = rewritten(data, lambda _i, tag: tag not in (format_.JOURNAL, format_.DONE))
    path.write_bytes(bare + b"".join(parts[:2]) + b"".join(parts[3:]))
    opened = open_recording(path)
    assert "a part of the journal is missing" in opened.notice
    assert opened.playback.total == entries[9].step + 1
    opened.playback.seek(opened.playback.total)
    recorder.seek(opened.playback.total)
    assert state(opened.machine) == state(recorder.machine)  # type: ignore[arg-type]


@pytest.fixture
def looping(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program that goes on and on, under `gabagool record`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gabagool.cli", "record", "--out", str(tmp_path / "r.gaba"),
         "programs/life.wasm", "1000000"], cwd=ROOT, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def wait_for(path: Path, size: int) -> None:
    deadline = time.monotonic() + 60
    while not path.exists() or path.stat().st_size < size:
        assert time.monotonic() < deadline, "nothing is written"
        time.sleep(0.02)


def test_killed_it_has_what_was_flushed(tmp_path: Path, looping: subprocess.Popen[bytes]) -> None:
    path = tmp_path / "r.gaba"
    wait_for(path, 60_000)
    looping.send_signal(signal.SIGKILL)
    looping.wait()
    opened = open_recording(path)
    assert "was killed" in opened.notice or "cut short" in opened.notice
    assert opened.playback.total > 1_000_000
    reference = begun("life", ("1000000",))
    step = opened.playback.total * 3 // 4
    opened.playback.seek(step)
    reference.run(step)
    assert state(opened.machine) == state(reference)
    assert opened.playback.record().reason is StopReason.UNRECORDED


def test_interrupted_it_is_whole(tmp_path: Path, looping: subprocess.Popen[bytes]) -> None:
    path = tmp_path / "r.gaba"
    wait_for(path, 60_000)
    looping.send_signal(signal.SIGINT)
    assert looping.wait(60) == 130
    opened = open_recording(path)
    assert opened.notice == "" and opened.playback.total > 1_000_000


def test_a_log_is_closed_into_a_whole_recording(tmp_path: Path) -> None:
    machine = begun("life")
    recorder, log = start_recording(machine, tmp_path / "r", program="life")
    stop = recorder.record()
    assert log.close() == os.path.getsize(tmp_path / "r")
    opened = open_recording(tmp_path / "r")
    assert (opened.playback.total, opened.notice) == (stop.step, "")
    assert os.listdir(tmp_path) == ["r"]


FULL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
from gabagool.cli.main import main
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize(("room", "there"), [(1000, False), (12_000, True)])
def test_a_full_disk_is_told_and_what_is_written_stays(tmp_path: Path, room: int,
                                                       there: bool) -> None:
    path = tmp_path / "r.gaba"
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(room), "record", "--out", str(path),
         "programs/life.wasm", "300"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and f"can't write {path}: File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["r.gaba"] * there
    if there:
        assert "what was written up to step" in done.stderr
        opened = open_recording(path)
        assert "killed" in opened.notice or "cut short" in opened.notice
        opened.playback.seek(opened.playback.total)


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    for path, why in ((tmp_path / "no" / "r.gaba", "No such file"), (tmp_path, "Is a directory")):
        done = subprocess.run(
            [sys.executable, "-m", "gabagool.cli", "record", "--out", str(path),
             "programs/life.wasm"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 1 and f"can't write {path}: {why}" in done.stderr


# Opens a file, writes two lines and then one of stdout, over and over.
FILES = """(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\10\\00\\00\\00\\05\\00\\00\\00") (data (i32.const 16) "line\\0a")
  (data (i32.const 48) "log")
  (func (export "_start") (local $fd i32) (local $n i32)
    (drop (call $open (i32.const 3) (i32.const 0) (i32.const 48) (i32.const 3) (i32.const 9)
      (i64.const 70) (i64.const 70) (i32.const 0) (i32.const 12)))
    (local.set $fd (i32.load (i32.const 12)))
    (loop $more
      (drop (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br_if $more (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1)))
        (i32.const 5))))))"""


@pytest.mark.parametrize("until", [40, 55, 62])
def test_a_program_with_open_files_goes_on_live(tmp_path: Path, until: int) -> None:
    (tmp_path / "d").mkdir()
    config = WasiConfig(args=("p",), dirs=[(str(tmp_path / "d"), "/")], stdout=None, stderr=None)
    store = Store()
    linker = Linker(store)
    linker.define_wasi(config)
    func = linker.instantiate(Module(wat(FILES))).inst.export("_start")
    assert func is not None
    store.machine.start(func[1], [])
    recorder = Recorder(store.machine)
    recorder.record(until)
    save_recording(recorder, store.machine, tmp_path / "r")
    found = continue_recording(tmp_path / "r", config)
    found.recorder.record(found.end)
    found.recorder.record()
    assert (tmp_path / "d" / "log").read_text() == "line\n" * 5
    assert len([1 for e in found.recorder.journal.entries if e.output]) == 5
