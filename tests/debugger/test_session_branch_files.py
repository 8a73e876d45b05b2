"""A branch that runs another way has files of its own: what hasn't happened leaves no trace."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from debugger.exchange import CommandError
from debugger.session import Session
from gabagool.wasi import worlds
from gabagool.wasi.options import WasiOptions
from tests.debugger.sessions import opened, run

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
        "reverse-step", 'set 32 = "SECOND"', "delete", "run")
    view = session.branches()[-1]
    assert (view.name, view.parent) == ("b2", "b1")
    assert session.output().text == "FIRST\nSECOND\n"
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
    assert live.output().text == "FIRST\nSECOND\n"
    live.close()
    assert contents(folder) == {"log": "first\nsecond\n"}
