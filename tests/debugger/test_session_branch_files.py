"""A branch that runs another way has files of its own: what hasn't happened leaves no trace."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from debugger.exchange import CommandError
from debugger.session import Session
from gabagool import Linker, Module, Store, WasiConfig
from gabagool.history.recorder import Recorder
from gabagool.wasi import undo, worlds
from gabagool.wasi.options import WasiOptions
from tests.cpython import require_cpython
from tests.debugger.sessions import opened, run
from tests.packaged import ENVIRONMENT

# Writes two lines into /log, reads it back and prints that; then deletes /old.
WRITER = """
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pread"
    (func $pread (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file"
    (func $unlink (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "first\\0a") (data (i32.const 32) "second\\0a")
  (data (i32.const 48) "log") (data (i32.const 52) "old")
  (func $line (param $fd i32) (param $at i32) (param $size i32)
    (i32.store (i32.const 0) (local.get $at)) (i32.store (i32.const 4) (local.get $size))
    (drop (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "_start") (local $fd i32)
    (drop (call $open (i32.const 3) (i32.const 0) (i32.const 48) (i32.const 3) (i32.const 9)
      (i64.const 70) (i64.const 70) (i32.const 0) (i32.const 12)))
    (local.set $fd (i32.load (i32.const 12)))
    (call $line (local.get $fd) (i32.const 16) (i32.const 6))
    (call $line (local.get $fd) (i32.const 32) (i32.const 7))
    (i32.store (i32.const 0) (i32.const 100)) (i32.store (i32.const 4) (i32.const 50))
    (drop (call $pread (local.get $fd) (i32.const 0) (i32.const 1) (i64.const 0) (i32.const 8)))
    (call $line (i32.const 1) (i32.const 100) (i32.load (i32.const 8)))
    (drop (call $unlink (i32.const 3) (i32.const 52) (i32.const 3)))))
"""

@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "d"
    made.mkdir()
    (made / "old").write_text("old")
    (made / "link").symlink_to("old")
    (made / "sub").mkdir()
    os.mkfifo(made / "sub" / "pipe")
    return made


def writing(tmp_path: Path, folder: Path) -> Session:
    return opened(tmp_path, WRITER, wasi=WasiOptions(dir=[f"{folder}::/"]))


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def test_what_a_branch_writes_is_only_its_own(tmp_path: Path, folder: Path) -> None:
    session = writing(tmp_path, folder)
    run(session, "run")
    assert session.output().text == "first\nsecond\n"
    assert contents(folder) == {"log": "first\nsecond\n"}
    for text in ("FIRST", "OTHER"):
        run(session, "branch main", "goto 0", f'set 16 = "{text}"', "run")
        assert session.ended and session.output().text == f"{text}\nsecond\n"
        assert contents(folder) == {"log": "first\nsecond\n"}
    run(session, "branch b1", "end")
    assert session.output().text == "FIRST\nsecond\n"
    own = run(session, "branch").text.splitlines()
    assert ["files" in line for line in own] == [False, True, True]


def test_main_goes_on_with_the_real_files_and_open_ones(tmp_path: Path, folder: Path) -> None:
    session = writing(tmp_path, folder)
    run(session, "catch fd_write", "continue 2")
    assert contents(folder)["log"] == "first\n"
    run(session, "delete", "reverse-step", 'set 16 = "FIRST"', 'set 32 = "SECOND"', "run")
    assert session.output().text == "first\nSECOND\n"
    assert contents(folder) == {"log": "first\n", "old": "old", "link": "old"}
    run(session, "branch main", "run")
    assert session.output().text == "first\nsecond\n"
    assert contents(folder) == {"log": "first\nsecond\n"}


def test_a_branch_of_a_branch_begins_with_its_files(tmp_path: Path, folder: Path) -> None:
    session = writing(tmp_path, folder)
    run(session, "run", "goto 0", 'set 16 = "FIRST"', "catch fd_write", "continue 2",
        "reverse-step", "delete", "run", "goto 30", 'set 32 = "SEC"', "run")
    view = session.branches()[-1]
    assert (view.name, view.parent) == ("b2", "b1")
    assert session.output().text == "FIRST\nSECond\n"
    assert contents(folder)["log"] == "first\nsecond\n"


def test_what_changes_no_file_copies_none(tmp_path: Path, folder: Path,
                                          monkeypatch: pytest.MonkeyPatch) -> None:
    session = writing(tmp_path, folder)
    run(session, "run")
    monkeypatch.setattr(worlds, "MOST_FILES", 0)
    run(session, "goto 60", "set 5000 = 1", "run")
    assert session.branches()[-1].live is None
    run(session, "branch main", "goto 0", 'set 16 = "FIRST"')
    with pytest.raises(CommandError, match="smaller directory"):
        session.cont()
    assert not session.ended and contents(folder) == {"log": "first\nsecond\n"}


def test_copies_are_gone_with_the_session(tmp_path: Path, folder: Path,
                                          monkeypatch: pytest.MonkeyPatch) -> None:
    copies = tmp_path / "tmp"
    copies.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(copies))
    session = writing(tmp_path, folder)
    run(session, "run", "goto 0", 'set 16 = "FIRST"', "run")
    made, = copies.iterdir()
    assert sorted(p.name for p in (made / "0").iterdir()) == ["link", "log", "sub"]
    session.close()
    assert list(copies.iterdir()) == []


def test_nested_directories_stay_nested(tmp_path: Path, folder: Path) -> None:
    inner = folder / "sub"
    session = opened(tmp_path, WRITER, wasi=WasiOptions(
        dir=[f"{inner}::/", f"{folder}::/outer"]))
    run(session, "run", "goto 0", 'set 16 = "FIRST"', "run")
    assert session.output().text == "FIRST\nsecond\n"
    assert (inner / "log").read_text() == "first\nsecond\n"


def test_sockets_are_not_asked_for_twice(tmp_path: Path, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    session = opened(tmp_path, WRITER, wasi=WasiOptions(
        dir=[f"{folder}::/"], listen=[f"127.0.0.1:{port}"]))
    run(session, "run", "goto 0", 'set 16 = "FIRST"', "run")
    assert session.output().text == "FIRST\nsecond\n"
    session.close()


def test_live_branches_of_a_file_leave_no_trace_either(tmp_path: Path, folder: Path) -> None:
    session = writing(tmp_path, folder)
    run(session, "run", "goto 0", 'set 16 = "FIRST"', "run", f"save {tmp_path}/r.gaba")
    session.close()
    live = Session.open(tmp_path / "r.gaba", live=True, wasi=WasiOptions(dir=[f"{folder}::/"]))
    run(live, "branch b1", "end")
    assert live.output().text == "FIRST\nsecond\n"
    run(live, "goto 0", 'set 32 = "SECOND"', "run")
    assert live.output().text == "first\nSECOND\n", "b1 has never written it here"
    assert [view.exact_files for view in live.branches()] == [True, True, False]
    live.close()
    assert contents(folder) == {"log": "first\nsecond\n"}


# As WRITER, but it makes new files only, and appends.
PICKY = WRITER.replace("(i32.const 3) (i32.const 9)", "(i32.const 3) (i32.const 5)")


def test_files_are_as_they_had_been(tmp_path: Path, folder: Path) -> None:
    """What main does behind the fork has not happened to a branch: not the file that it makes, so
    that it can be made once more, nor what it deletes, which can be deleted again."""
    (folder / "other").mkdir()
    session = opened(tmp_path, PICKY, wasi=WasiOptions(dir=[f"{folder}::/"]))
    run(session, "run")
    unlinked = session.total
    errno = run(session, "events call").text.splitlines()[-1]
    for at, words in ((0, 'set 16 = "FIRST"'), (0, "set 54 = 0x64"), (0, "set 5000 = 1")):
        run(session, "branch main", f"goto {at}", words, "run")
        assert session.output().text.endswith("second\n") and session.total == unlinked
        view = session.branches()[-1]
        assert view.exact_files
        if "54" not in words:
            assert run(session, "events call").text.splitlines()[-1] == errno
    assert contents(folder) == {"log": "first\nsecond\n"}


SCRIPT = """
import os
os.mkdir("/d/new"); open("/d/new/a", "w").write("a" * 10)
open("/d/new/a", "r+").write("bb"); os.rename("/d/new/a", "/d/new/b")
open("/d/c", "w").write("1"); os.rename("/d/new/b", "/d/c"); os.rmdir("/d/new")
os.symlink("c", "/d/s"); os.link("/d/c", "/d/l"); os.utime("/d/l", (5, 5))
os.truncate("/d/c", 3); open("/d/c", "a").write("end"); os.unlink("/d/s")
"""


def look(folder: Path) -> dict[str, object]:
    """Names, kinds, contents and dates of all that is in a directory."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        status = path.lstat()
        found[name] = (path.readlink() if path.is_symlink() else
                       (path.read_bytes(), status.st_mtime_ns) if path.is_file() else "other")
    return found


def test_every_change_is_taken_back(tmp_path: Path) -> None:
    """CPython changes files in every way; its files at each call are found again from the end."""
    python = require_cpython()
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "kept").write_text("kept")
    config = WasiConfig(args=("python", "-c", SCRIPT), env=ENVIRONMENT, stdout=None, stderr=None,
                        dirs=[(str(folder), "/d")])
    store = Store()
    wasi = (linker := Linker(store)).define_wasi(config)
    wasi.keeps_undo = True
    func = linker.instantiate(Module.from_file(python, lazy=True)).inst.export("_start")
    assert func is not None
    store.machine.start(func[1], [])
    recorder = Recorder(store.machine)
    seen: dict[int, dict[str, object]] = {}
    add = undo.Undo.add

    def noting(self: undo.Undo, call: int, restores: list[undo.Restore], size: int) -> None:
        seen[call + 1] = look(folder)
        add(self, call, restores, size)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(undo.Undo, "add", noting)
        recorder.record()
    assert len(seen) >= 12 and list(look(folder)) == ["c", "kept", "l"]
    for call, state in sorted(seen.items(), reverse=True):
        copy = worlds._copied(wasi.table.roots)
        wasi.worlds.undo(None).apply(copy, call)
        found = look(Path(copy.hosts[0]))
        assert list(found) == list(state), call
        for name, each in state.items():
            assert found[name] == each, (call, name)
