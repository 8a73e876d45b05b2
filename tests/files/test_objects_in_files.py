"""Objects of the heap and exceptions in snapshot and recording files."""

from __future__ import annotations

from pathlib import Path

import pytest

from gabagool import SnapshotError, open_recording, resume, save_recording, suspend
from gabagool.history.recorder import Recorder
from gabagool.runtime.collected import Collections
from tests.machines import Guest
from tests.native.states import state

# A list of structs is built and summed; every tenth number is thrown and caught.
LIST = """(module
  (type $node (struct (field $value i32) (field $next (ref null $node))))
  (tag $tenth (param i32))
  (global $caught (export "caught") (mut i32) (i32.const 0))
  (func $maybe (param $n i32)
    (if (i32.eqz (i32.rem_u (local.get $n) (i32.const 10)))
      (then (throw $tenth (local.get $n)))))
  (func (export "run") (param $n i32) (result i32) (local $list (ref null $node)) (local $sum i32)
    (loop $build
      (local.set $list (struct.new $node (local.get $n) (local.get $list)))
      (block $done
        (global.set $caught (i32.add (global.get $caught)
          (block $handler (result i32)
            (try_table (catch $tenth $handler) (call $maybe (local.get $n)))
            (br $done)))))
      (br_if $build (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (loop $add
      (local.set $sum (i32.add (local.get $sum) (struct.get $node $value (local.get $list))))
      (br_if $add (i32.eqz (ref.is_null
        (local.tee $list (struct.get $node $next (local.get $list)))))))
    (i32.add (local.get $sum) (global.get $caught))))"""


def test_a_snapshot_has_its_objects(tmp_path: Path) -> None:
    whole = Guest(LIST)
    end = whole.begin("run", 50).run(1 << 40)
    assert end.results == (50 * 51 // 2 + 10 + 20 + 30 + 40 + 50,)
    for step in range(0, end.step + 1, 97):
        guest = Guest(LIST)
        guest.begin("run", 50).run(step)
        suspend(guest.machine, tmp_path / "x")
        again = resume(tmp_path / "x").machine
        assert state(again) == state(guest.machine)
        assert again.run(1 << 40).results == end.results


def test_a_recording_has_its_throws(tmp_path: Path) -> None:
    guest = Guest(LIST)
    recorder = Recorder(guest.begin("run", 50))
    recorder.record()
    save_recording(recorder, guest.machine, tmp_path / "r")
    opened = open_recording(tmp_path / "r")
    thrown = [event for event in opened.playback.events(0, 1 << 40) if event.kind == "throw"]
    assert len(thrown) == 5 and opened.playback.events(0, 1 << 40) == recorder.events(0, 1 << 40)
    for step in (recorder.total - 5, 3, recorder.total // 2):
        opened.playback.seek(step)
        recorder.seek(step)
        assert state(opened.machine) == state(guest.machine)
    save_recording(opened.playback, opened.machine, tmp_path / "s", about=opened.about)
    assert open_recording(tmp_path / "s").playback.events(0, 1 << 40) == recorder.events(0, 1 << 40)


def test_a_recording_has_its_collections(tmp_path: Path) -> None:
    guest = Guest(LIST)
    recorder = Recorder(guest.begin("run", 100_000))
    recorder.record()
    collected = [event for event in recorder.events(0, 1 << 40) if event.kind == "collect"]
    save_recording(recorder, guest.machine, tmp_path / "r")
    found = open_recording(tmp_path / "r").playback.events(0, 1 << 40)
    assert collected and [event for event in found if event.kind == "collect"] == collected


@pytest.mark.parametrize("data", [bytes(31), bytes(64)])
def test_collections_that_do_not_fit_together(data: bytes) -> None:
    with pytest.raises(SnapshotError, match="the list of garbage collections"):
        Collections().take(data)


def test_forks_have_objects_of_their_own() -> None:
    guest = Guest(LIST)
    first = guest.begin("run", 50)
    first.run(400)
    second = first.fork()
    first.run(700)
    second.run(450)
    third = second.fork()
    results = {machine.run(1 << 40).results for machine in (first, third, second)}
    assert results == {(1425,)}
