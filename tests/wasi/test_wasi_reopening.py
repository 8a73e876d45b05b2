"""Files of a snapshot that comes back in another process: found again, missed, or told apart."""

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gabagool.errors import SnapshotError
from gabagool.runtime.journal import Journal
from gabagool.runtime.stops import StopReason
from gabagool.wasi import WasiConfig, seals
from gabagool.wasi.errno import Errno
from gabagool.wasi.types import Oflags, Right
from tests.wasi.program import READ_ONLY, RESULT, Program
from tests.wasi.test_wasi_engine import CONTENT, COPY, SLEEP, Run
from tests.wasi.test_wasi_state import config, through_a_file


@pytest.fixture
def other(root: Path) -> Iterator[Program]:
    """Another process, as far as WASI is concerned."""
    program = Program(config(root))
    with program.wasi:
        yield program


@pytest.fixture
def fd(program: Program, root: Path) -> int:
    (root / "file").write_bytes(b"0123456789")
    number = program.opened("file")
    assert program.read(number, 4) == b"0123"
    return number


def carry(program: Program, other: Program, force: bool = False) -> None:
    """What a snapshot file does: state and seal, through msgpack."""
    other.wasi.restore(through_a_file(program.wasi.state()))
    other.wasi.reopen(through_a_file(program.wasi.seal()), force)


def test_unchanged_files_are_the_same_wherever_they_lie(program: Program, root: Path, fd: int,
                                                        tmp_path: Path) -> None:
    """A copy on another machine has other inodes and dates."""
    sealed, state = program.wasi.seal(), program.wasi.state()
    shutil.copytree(root, tmp_path / "copy")
    os.utime(tmp_path / "copy" / "file", ns=(0, 0))
    other = Program(config(tmp_path / "copy"))
    with other.wasi:
        other.wasi.restore(through_a_file(state))
        other.wasi.reopen(through_a_file(sealed))
        assert other.read(fd) == b"456789"


@pytest.mark.parametrize(("content", "message"), [
    (b"0123456780", "/file has changed since: its content is another"),
    (b"0123", "/file has changed since: it had 10 bytes and has 4 now")])
def test_a_changed_file_is_named(program: Program, other: Program, root: Path, fd: int,
                                 content: bytes, message: str) -> None:
    sealed = program.wasi.seal()
    (root / "file").write_bytes(content)
    other.wasi.restore(program.wasi.state())
    with pytest.raises(SnapshotError, match=message):
        other.wasi.reopen(sealed)
    other.wasi.reopen(sealed, force=True)
    assert other.read(fd) == content[4:]


def test_large_files_are_known_by_their_dates(program: Program, other: Program, root: Path,
                                              fd: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "HASHED_MAX", 5)
    carry(program, other)
    sealed = program.wasi.seal()
    os.utime(root / "file", ns=(1, 1))
    with pytest.raises(SnapshotError, match="/file has changed since"):
        other.wasi.reopen(sealed)


def test_files_open_only_for_writing(program: Program, other: Program, root: Path) -> None:
    fd = program.opened("log", Oflags.CREAT, Right.FD_WRITE)
    assert program.write(fd, b"one") == 0
    before = program.wasi.seal()
    carry(program, other)
    assert other.write(fd, b"two") == 0
    assert (root / "log").read_bytes() == b"onetwo"
    with pytest.raises(SnapshotError, match="/log has changed since"):
        other.wasi.reopen(before)


def test_every_missing_file_is_named(program: Program, other: Program, root: Path,
                                     fd: int) -> None:
    second = program.opened("second", Oflags.CREAT)
    (root / "dir").mkdir()
    directory = program.opened("dir", 0, READ_ONLY)
    third = program.opened("third", Oflags.CREAT)
    assert program.at("path_unlink_file", "third") == 0
    sealed = program.wasi.seal()
    (root / "file").unlink()
    (root / "second").unlink()
    (root / "dir").rmdir()
    other.wasi.restore(program.wasi.state())
    with pytest.raises(SnapshotError) as error:
        other.wasi.reopen(sealed)
    for text in ("/file: No such file", "/second: No such file", "/dir: No such file", "deleted"):
        assert text in str(error.value)
    other.wasi.reopen(sealed, force=True)
    for lost in (fd, second, third):
        assert other.call("fd_read", lost, *other.vectors(1), RESULT) == Errno.STALE
        assert other.call("fd_filestat_get", lost, RESULT) == Errno.STALE
    assert other.open("x", 0, READ_ONLY, fd=directory) == Errno.STALE
    assert other.call("fd_close", fd) == 0
    assert program.read(fd) == b"456789"  # the first process still has it


def test_a_lost_file_may_come_back(program: Program, other: Program, root: Path, fd: int) -> None:
    os.rename(root / "file", root / "aside")
    carry(program, other, force=True)
    assert other.call("fd_read", fd, *other.vectors(1), RESULT) == Errno.STALE
    os.rename(root / "aside", root / "file")
    carry(program, other)
    assert other.read(fd) == b"456789"


@pytest.mark.parametrize("sealed", [1, [1], [[1]], [[1, 2, 3, 4]], [["1", 2, 3, b""]],
                                    [[1, -2, 3, b""]]])
def test_damaged_seals(program: Program, fd: int, sealed: object) -> None:
    with pytest.raises(SnapshotError, match="damaged WASI state"):
        program.wasi.reopen(sealed)


def test_standard_input_goes_on_in_its_file(root: Path) -> None:
    (root / "input").write_bytes(b"0123456789")
    with open(root / "input", "rb") as file, open(root / "input", "rb") as again:
        os.lseek(file.fileno(), 1, os.SEEK_SET)
        program = Program(WasiConfig(stdin=file.fileno()))
        start = program.wasi.state()
        assert program.read(0, 3) == b"123"
        later = program.wasi.state()
        assert program.read(0, 3) == b"456"
        program.wasi.restore(later)
        assert program.read(0, 2) == b"45"
        program.wasi.restore(start)
        assert program.read(0) == b"123456789"
        assert os.lseek(file.fileno(), 0, os.SEEK_CUR) == 10  # whoever shares it goes on behind
        other = Program(WasiConfig(stdin=again.fileno()))
        other.wasi.restore(through_a_file(later))
        assert other.read(0, 2) == b"34"


def test_any_snapshot_in_a_file_form_goes_on_elsewhere(root: Path) -> None:
    (root / "input").write_bytes(CONTENT)
    whole = Run(COPY, root)
    whole.machine.run(1 << 40)
    for step in range(0, whole.machine.step, 11):
        run, other = Run(COPY, root), Run(COPY, root)
        run.machine.run(step)
        other.machine.restore_checked(run.machine.exported())
        other.machine.hosts.reopen()
        other.finish()
        assert b"".join(run.out + other.out) == CONTENT
        assert other.machine.step == whole.machine.step


def test_a_changed_file_stops_a_resumed_program(root: Path) -> None:
    (root / "input").write_bytes(CONTENT)
    run, other = Run(COPY, root), Run(COPY, root)
    run.machine.run(100)
    snapshot = run.machine.exported()
    (root / "input").write_bytes(CONTENT[::-1])
    other.machine.restore_checked(snapshot)
    with pytest.raises(SnapshotError, match="/input has changed since"):
        other.machine.hosts.reopen()
    other.machine.hosts.reopen(force=True)
    other.finish()
    assert b"".join(other.out).endswith(CONTENT[::-1][-12:])


def test_a_program_goes_on_without_a_file(root: Path) -> None:
    (root / "input").write_bytes(CONTENT)
    run, other = Run(COPY, root), Run(COPY, root)
    run.machine.run(100)
    snapshot = run.machine.exported()
    (root / "input").unlink()
    other.machine.restore_checked(snapshot)
    with pytest.raises(SnapshotError, match="/input: No such file"):
        other.machine.hosts.reopen()
    other.machine.hosts.reopen(force=True)
    before = other.machine.capture()
    for _ in range(2):
        stop = other.machine.run(1 << 40)
        assert (stop.reason, stop.exit_code) == (StopReason.EXIT, 98)  # its answer to an errno
        other.machine.restore(before)


def test_a_snapshot_of_a_blocked_call_makes_it_again_elsewhere(root: Path) -> None:
    wake = threading.Event()
    run = Run(SLEEP, root, wake)
    timer = threading.Timer(0.05, wake.set)
    timer.start()
    assert run.machine.run(1 << 40).reason is StopReason.CANCELLED
    timer.join()
    again = threading.Event()
    other = Run(SLEEP, root, again)
    other.machine.restore_checked(run.machine.exported())
    other.machine.hosts.reopen()
    assert other.machine.step == run.machine.step
    again.set()
    assert other.machine.run(1 << 40).reason is StopReason.CANCELLED  # asleep once more
    assert other.machine.step == run.machine.step


def test_journal_entries_do_not_repeat_the_state(root: Path) -> None:
    (root / "input").write_bytes(CONTENT * 20)
    run = Run(COPY, root)
    journal = run.machine.journal = Journal()
    run.finish()
    sizes = [len(entry.host) for entry in journal.entries if entry.host is not None]
    assert len(sizes) > 100
    assert sorted(sizes)[len(sizes) // 2] < 16
