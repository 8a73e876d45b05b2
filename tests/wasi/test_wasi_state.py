"""The state of a WASI program in snapshots: cheap, complete, checked, and reopened."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gabagool.errors import SnapshotError
from gabagool.wasi import Wasi, WasiConfig
from gabagool.wasi.errno import Errno
from gabagool.wasi.types import FDSTAT, Fdflags, Oflags
from tests.wasi.program import BUFFER, READ_ONLY, RESULT, Program


def through_a_file(state: Any) -> Any:
    return msgpack.unpackb(msgpack.packb(state), use_list=True)


def config(root: Path, **options: Any) -> WasiConfig:
    return WasiConfig(dirs=((str(root), "/"),), stdin=None, stdout=None, stderr=None, **options)


@pytest.fixture
def other(root: Path) -> Iterator[Program]:
    """Another process, as far as WASI is concerned."""
    program = Program(config(root))
    with program.wasi:
        yield program


def test_version_changes_with_the_state(program: Program, root: Path) -> None:
    (root / "file").write_bytes(b"0123456789")
    wasi = program.wasi

    def changes(name: str, *args: int) -> bool:
        version, state = wasi.version, wasi.state()
        assert program.call(name, *args) == 0
        assert (wasi.version != version) == (wasi.state() != state)
        return wasi.version != version

    fd = program.opened("file")
    assert changes("fd_read", fd, *program.vectors(3), RESULT)
    assert changes("fd_seek", fd, 0, 0, RESULT)
    assert changes("fd_fdstat_set_flags", fd, Fdflags.APPEND)
    assert changes("fd_readdir", 3, BUFFER, 10, 0, RESULT)
    assert changes("clock_time_get", 1, 0, RESULT)
    assert changes("fd_close", fd)
    assert not changes("fd_write", 1, *program.vectors(3), RESULT)
    assert not changes("fd_readdir", 3, BUFFER, 10, 2, RESULT)
    assert not changes("clock_time_get", 0, 0, RESULT)
    assert not changes("path_filestat_get", 3, 0, *program.put("file"), RESULT)
    assert not changes("random_get", BUFFER, 10)


def test_unchanged_parts_are_shared(program: Program, root: Path) -> None:
    (root / "file").write_bytes(b"0123456789")
    fd = program.opened("file")
    before = program.wasi.state()
    program.read(fd, 1)
    after = program.wasi.state()
    assert after[1] is before[1]
    assert after[6][3] == before[6][3]
    assert after[6][3][1] is before[6][3][1]
    assert program.wasi.state()[6] is after[6]


def test_another_process_goes_on(program: Program, other: Program, root: Path) -> None:
    (root / "dir").mkdir()
    (root / "dir" / "file").write_bytes(b"0123456789")
    (root / "link").symlink_to("dir")
    fd = program.opened("link/file", fdflags=Fdflags.SYNC)
    directory = program.opened("dir", Oflags.DIRECTORY, READ_ONLY)
    program.read(fd, 4)
    assert program.call("fd_close", 0) == 0
    assert program.call("fd_renumber", fd, 1) == 0
    other.wasi.restore(through_a_file(program.wasi.state()))
    other.wasi.reopen()
    assert through_a_file(other.wasi.state()) == through_a_file(program.wasi.state())
    assert other.read(1) == b"456789"
    assert other.call("fd_fdstat_get", 1, RESULT) == 0
    assert other.struct(FDSTAT)[1] == Fdflags.SYNC
    assert other.call("fd_tell", 0, RESULT) == Errno.BADF
    assert other.open("file", 0, READ_ONLY, fd=directory) == 0
    assert other.call("args_sizes_get", RESULT, RESULT + 4) == 0
    assert other.u32() == 2


def test_listing_goes_on(program: Program, other: Program, root: Path) -> None:
    for name in "abc":
        (root / name).touch()
    first = program.entries(3, 0, 100)
    (root / "b").unlink()
    other.wasi.restore(through_a_file(program.wasi.state()))
    assert [name for _, name, _ in other.entries(3, first[-1][0])] == [b"b", b"c"]


def test_clocks_and_randomness_go_on(root: Path) -> None:
    one, two = (Program(config(root, realtime=10**18, seed=3)) for _ in range(2))

    def reading(program: Program) -> tuple[int, bytes]:
        assert program.call("clock_time_get", 0, 0, RESULT) == 0
        assert program.call("random_get", BUFFER, 8) == 0
        return program.u64(), program.memory.read(BUFFER, 8)

    reading(one)
    two.wasi.restore(through_a_file(one.wasi.state()))
    assert reading(one) == reading(two)


def test_clocks_must_be_of_the_same_kind(root: Path) -> None:
    fixed, live = Program(config(root, realtime=0)), Program(config(root))
    with fixed.wasi, live.wasi:
        with pytest.raises(SnapshotError, match="had a fixed clock"):
            live.wasi.restore(fixed.wasi.state())
        with pytest.raises(SnapshotError, match="had the system's clocks"):
            fixed.wasi.restore(live.wasi.state())


def test_monotonic_clock_does_not_jump(program: Program, other: Program) -> None:
    assert program.call("clock_time_get", 1, 0, RESULT) == 0
    state = list(program.wasi.state())
    day = 86400 * 10**9
    state[4] = (day, 0, 0)
    other.wasi.restore(through_a_file(state))
    assert other.call("clock_time_get", 1, 0, RESULT) == 0
    assert day <= other.u64() < day + 10**10


def test_going_back_and_forth_keeps_files_open(program: Program, root: Path) -> None:
    """As a debugger does: even a file that was deleted or renamed meanwhile is there again."""
    states = [program.wasi.state()]
    temporary = program.opened("temporary", Oflags.CREAT)
    states.append(program.wasi.state())
    assert program.write(temporary, b"kept") == 0
    assert program.at("path_unlink_file", "temporary") == 0
    assert program.seek(temporary, 0) == 0
    states.append(program.wasi.state())
    for index in (0, 2, 0, 2):
        program.wasi.restore(through_a_file(states[index]))
    assert program.read(temporary) == b"kept"
    program.wasi.restore(states[1])
    with pytest.raises(SnapshotError, match="/temporary"):
        program.wasi.reopen()


def test_a_closed_file_is_opened_again(program: Program, root: Path) -> None:
    (root / "file").write_bytes(b"0123456789")
    fd = program.opened("file")
    program.read(fd, 4)
    state = program.wasi.state()
    assert program.call("fd_close", fd) == 0
    program.wasi.restore(state)
    assert program.read(fd) == b"456789"


def test_numbers_of_an_abandoned_future_are_not_mixed_up(program: Program, root: Path) -> None:
    (root / "one").write_bytes(b"one")
    (root / "two").write_bytes(b"two")
    start = program.wasi.state()
    fd = program.opened("one")
    future = program.wasi.state()
    program.wasi.restore(start)
    assert program.opened("two") == fd
    assert program.read(fd) == b"two"
    program.wasi.restore(future)
    assert program.read(fd) == b"one"


def test_missing_files_are_named(program: Program, other: Program, root: Path) -> None:
    (root / "dir").mkdir()
    (root / "dir" / "file").touch()
    fd = program.opened("dir/file")
    state = program.wasi.state()
    (root / "dir" / "file").unlink()
    other.wasi.restore(state)
    with pytest.raises(SnapshotError, match="/dir/file: No such file"):
        other.wasi.reopen()
    with pytest.raises(SnapshotError, match="/dir/file"):
        other.read(fd)
    (root / "dir" / "file").mkdir()
    with pytest.raises(SnapshotError, match="/dir/file: Is a directory"):
        other.wasi.reopen()


def test_a_file_that_became_a_directory(program: Program, other: Program, root: Path) -> None:
    (root / "file").touch()
    program.opened("file", 0, READ_ONLY)
    (root / "file").unlink()
    (root / "file").mkdir()
    other.wasi.restore(program.wasi.state())
    with pytest.raises(SnapshotError, match="/file: a directory is in the place of a file"):
        other.wasi.reopen()


def test_deleted_files_are_known_to_be_lost(program: Program, other: Program, root: Path) -> None:
    program.opened("file", Oflags.CREAT)
    assert program.at("path_unlink_file", "file") == 0
    (root / "file").touch()  # another file of that name is not the program's
    other.wasi.restore(program.wasi.state())
    with pytest.raises(SnapshotError, match="deleted"):
        other.wasi.reopen()


def test_renamed_files_are_found(program: Program, other: Program, root: Path) -> None:
    (root / "dir").mkdir()
    fd = program.opened("dir/file", Oflags.CREAT)
    program.opened("old", Oflags.CREAT)
    assert program.write(fd, b"content") == 0
    assert program.seek(fd, 0) == 0
    assert program.rename("dir", "moved") == 0
    assert program.rename("moved/file", "old") == 0
    other.wasi.restore(through_a_file(program.wasi.state()))
    assert other.read(fd) == b"content"
    with pytest.raises(SnapshotError, match="deleted"):  # the replaced file
        other.wasi.reopen()


def test_directories_must_fit(program: Program, root: Path) -> None:
    state = program.wasi.state()
    for dirs in ((), ((str(root), "/other"),), ((str(root), "/"), (str(root), "/2"))):
        wasi = Wasi(WasiConfig(dirs=dirs))
        with wasi, pytest.raises(SnapshotError, match="directories"):
            wasi.restore(state)


def test_a_hostile_state_reaches_nothing_outside(program: Program, root: Path) -> None:
    (root / "file").touch()
    (root / "up").symlink_to("../outside/secret")
    fd = program.opened("file")
    state = through_a_file(program.wasi.state())
    row = state[6][-1][1]
    for parts in ([b"..", b"outside", b"secret"], [b"../outside/secret"], [b"/etc/passwd"],
                  [b"up"]):
        row[4][1] = [0, parts]
        program.wasi.restore(state)
        with pytest.raises(SnapshotError):
            program.read(fd)


def damaged(index: int, part: Any) -> list[Any]:
    """A good state but for one of its parts."""
    state = [2, [], [], [b"/"], [0, 0, 0], 0, [], [], 0]
    state[index] = part
    return state


@pytest.mark.parametrize("state", [
    None, 1, [], [1], damaged(0, 1), damaged(0, 3), damaged(1, [b"\0"]), damaged(3, []),
    damaged(4, [0, 0]), damaged(4, [0, 0, -1]), damaged(4, [0, 0, True]), damaged(5, None),
    damaged(6, [[1 << 31, []]]), damaged(6, [[3, ["stdio", 0, 0, 0, 3]]]),
    damaged(6, [[3, ["stdio", 1 << 30, 0, 0, 1]]]), damaged(6, [[3, ["pipe", 0, 0, 0, 1]]]),
    damaged(6, [[3, ["directory", 0, 0, 0, [1, [1, []], True, False], None, None]]]),
    damaged(6, [[3, ["socket", 0, 0, 0, [1, None, True, True], 0]]]),
    damaged(7, [b"127.0.0.1:1"]), damaged(8, -1)])
def test_damaged_states(program: Program, state: Any) -> None:
    program.wasi.restore(damaged(0, 2))
    before = program.wasi.state()
    with pytest.raises(SnapshotError):
        program.wasi.restore(state)
    assert program.wasi.state() == before


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.binary(max_size=4)
    | st.sampled_from(["stdio", "file", "directory"]),
    lambda inner: st.lists(inner, max_size=8), max_leaves=20)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 7), max_size=6), values)
def test_no_state_crashes(path: list[int], value: Any) -> None:
    """A valid state with anything in the place of one of its parts: restored or refused."""
    program = Program(WasiConfig(stdin=None, dirs=((os.path.dirname(__file__), "/"),)))
    with program.wasi:
        program.opened(os.path.basename(__file__), 0, READ_ONLY)
        program.entries(3)
        state = part = through_a_file(program.wasi.state())
        for index in path:
            if not isinstance(part[index % len(part)], list) or not part[index % len(part)]:
                break
            part = part[index % len(part)]
        part[(path or [0])[-1] % len(part)] = value
        try:
            program.wasi.restore(state)
            program.wasi.reopen()
        except SnapshotError:
            return
        for fd, row in program.wasi.state()[6]:
            if row[0] == "directory":
                program.call("fd_readdir", fd, BUFFER, 4096, 0, RESULT)
