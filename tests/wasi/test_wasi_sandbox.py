"""Attacks: whatever a guest does with names, nothing outside its directories is reached."""

import os
import threading
from pathlib import Path

import pytest

from gabagool.wasi import WasiConfig
from gabagool.wasi.errno import Errno
from gabagool.wasi.types import Filetype, Oflags
from tests.wasi.program import READ_ONLY, READ_WRITE, Program

# Ways out of `root`; next to it lies outside/secret.
ESCAPES = (
    "..", "../", "../outside/secret", "../root", "../root/file", "dir/../..", "dir/../../outside",
    "./.././outside/secret", "dir//..//..//outside//secret", "/", "/etc/passwd", "//etc/passwd",
    "/proc/self/root/etc/passwd", "up", "up/secret", "deep/../../outside/secret", "abs",
    "abs/passwd", "proc", "proc/etc/passwd", "chain", "chain/secret", "dir/up2", "dir/up2/secret",
    "self/self/self/../../outside/secret", "fd", "fd/0")


@pytest.fixture
def maze(root: Path) -> Path:
    """Links of all kinds that lead out, as a host or another program may have left them."""
    (root / "dir").mkdir()
    (root / "dir" / "file").write_text("inside")
    (root / "file").write_text("inside")
    for name, text in (
            ("up", "../outside"), ("deep", "dir"), ("abs", "/etc"), ("proc", "/proc/self/root"),
            ("chain", "link2"), ("link2", "dir/up2"), ("dir/up2", "../../outside"),
            ("self", "."), ("fd", "/proc/self/fd"), ("inside", "dir/../file")):
        (root / name).symlink_to(text)
    return root


@pytest.mark.parametrize("path", ESCAPES)
def test_nothing_outside_is_found(program: Program, maze: Path, path: str) -> None:
    for oflags in (0, Oflags.DIRECTORY, Oflags.CREAT):
        for base in (READ_ONLY, READ_WRITE):
            assert program.open(path, oflags, base) in (Errno.PERM, Errno.NOTDIR), path
    assert program.stat(path) == Errno.PERM
    assert program.call("path_filestat_set_times", 3, 1, *program.put(path), 0, 0, 5) == Errno.PERM
    assert program.link(path, "new", follow=1) == Errno.PERM


@pytest.mark.parametrize("path", [f"{way}/new" for way in ESCAPES])
def test_nothing_outside_is_made(program: Program, maze: Path, path: str) -> None:
    before = sorted(os.listdir(maze.parent)), sorted(os.listdir(maze.parent / "outside"))
    denied = (Errno.PERM, Errno.NOTDIR, Errno.NOENT)
    assert program.open(path, Oflags.CREAT) in denied
    for name in ("path_create_directory", "path_unlink_file", "path_remove_directory"):
        assert program.at(name, path) in denied
    assert program.symlink("x", path) in denied
    assert program.link("file", path) in denied
    assert program.rename("file", path) in denied
    assert program.rename(path, "new") in denied
    assert before == (sorted(os.listdir(maze.parent)), sorted(os.listdir(maze.parent / "outside")))


def test_the_way_out_cannot_be_removed_or_replaced(program: Program, maze: Path) -> None:
    for path in ("..", "dir/../..", "/"):
        assert program.at("path_remove_directory", path) == Errno.PERM
        assert program.at("path_unlink_file", path) == Errno.PERM
        assert program.rename("dir", path) == Errno.PERM
        assert program.rename(path, "new") == Errno.PERM
        assert program.at("path_create_directory", path) == Errno.PERM


def test_links_themselves_are_ordinary_entries(program: Program, maze: Path) -> None:
    """Looking at, moving and removing a link that leads out is no way out."""
    assert program.stat("up", follow=0) == 0
    assert program.filestat()[2] == Filetype.SYMBOLIC_LINK
    assert program.rename("up", "dir/up") == 0
    assert program.stat("dir/up/secret") == Errno.NOENT  # dir/../outside: inside, and not there
    assert program.at("path_unlink_file", "abs") == 0
    assert program.stat("inside") == 0


def test_a_directory_descriptor_is_a_root_of_its_own(program: Program, maze: Path) -> None:
    fd = program.opened("dir", Oflags.DIRECTORY, READ_ONLY)
    for path in ("..", "../file", "up2", "./../dir/file"):
        assert program.open(path, 0, READ_ONLY, fd=fd) == Errno.PERM
    assert program.open("file", 0, READ_ONLY, fd=fd) == 0


def test_a_moved_directory_is_still_a_root(program: Program, maze: Path) -> None:
    (maze / "dir" / "sub").mkdir()
    fd = program.opened("dir/sub", Oflags.DIRECTORY, READ_ONLY)
    assert program.rename("dir/sub", "sub") == 0
    assert program.open("..", 0, READ_ONLY, fd=fd) == Errno.PERM


def test_links_that_the_guest_makes(program: Program, maze: Path) -> None:
    assert program.symlink("/etc/passwd", "evil") == Errno.PERM
    assert program.symlink("../outside/secret", "evil") == 0
    assert program.open("evil", 0, READ_ONLY) == Errno.PERM
    assert program.link("evil", "evil2", follow=1) == Errno.PERM
    assert program.link("evil", "dir/evil") == 0
    assert program.open("dir/evil", 0, READ_ONLY) == Errno.NOENT
    assert program.symlink("../file", "dir/ok") == 0
    assert program.read(program.opened("dir/ok", 0, READ_ONLY)) == b"inside"


def test_link_chains_end(program: Program, maze: Path) -> None:
    (maze / "l0").symlink_to("file")
    for number in range(1, 60):
        (maze / f"l{number}").symlink_to(f"l{number - 1}")
    assert program.open("l39", 0, READ_ONLY) == 0
    assert program.open("l40", 0, READ_ONLY) == Errno.LOOP
    (maze / "a").symlink_to("b/x")
    (maze / "b").symlink_to("a/x")
    assert program.open("a", 0, READ_ONLY) == Errno.LOOP
    (maze / "bomb").symlink_to("bomb/" * 800)
    assert program.open("bomb", 0, READ_ONLY) == Errno.LOOP


def test_proc_is_no_way_out_even_when_given() -> None:
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("no /proc here")
    program = Program(WasiConfig(dirs=(("/proc", "/proc"),), stdin=None))
    with program.wasi, open(__file__) as file:
        for path in ("self/root/etc/passwd", "self/cwd", "self/root", "self/exe",
                     f"self/fd/{file.fileno()}", f"self/fd/{file.fileno()}/../../etc"):
            assert program.open(path, 0, READ_ONLY) == Errno.PERM, path
            assert program.open(path, 0, READ_ONLY, follow=0) in (Errno.PERM, Errno.LOOP), path
        assert program.read(program.opened("self/comm", 0, READ_ONLY))


def test_no_descriptor_leaks(program: Program, maze: Path) -> None:
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("no /proc here")
    before = sorted(os.listdir("/proc/self/fd"))
    for path in (*ESCAPES, "dir/file", "l", "nothing/x", "dir/../dir/../file/x"):
        program.stat(path)
        program.open(path, Oflags.DIRECTORY | Oflags.CREAT)
        program.at("path_create_directory", path + "/x/y")
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_racing_links(program: Program, maze: Path) -> None:
    """Something outside keeps exchanging a directory and a link that leads out."""
    (maze / "race").mkdir()
    (maze / "race" / "secret").write_text("inside")
    stop = threading.Event()

    def exchange() -> None:
        while not stop.is_set():
            os.rename(maze / "race", maze / "aside")
            os.symlink("../outside", maze / "race")
            os.unlink(maze / "race")
            os.rename(maze / "aside", maze / "race")

    thread = threading.Thread(target=exchange)
    thread.start()
    try:
        for _ in range(3000):
            if program.open("race/secret", 0, READ_ONLY) == 0:
                fd = program.u32()
                assert program.read(fd) == b"inside"
                assert program.call("fd_close", fd) == 0
    finally:
        stop.set()
        thread.join()
