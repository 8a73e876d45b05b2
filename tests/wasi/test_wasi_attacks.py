"""Attacks on the sandbox that need a partner outside, or several steps: nothing may leave it."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gabagool.wasi import WasiConfig
from gabagool.wasi.errno import Errno
from gabagool.wasi.types import Filetype, Oflags, Right
from tests.wasi.program import PATH2, READ_ONLY, RESULT, Program

ROUNDS = 1500


@contextmanager
def meanwhile(step: Callable[[], None]) -> Iterator[None]:
    """Somebody outside does `step` again and again."""
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            step()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def swap(path: Path, target: str) -> Callable[[], None]:
    """Replace the file `path` by a link and back, each at one blow."""
    link, file = path.with_name("a link"), path.with_name("a file")

    def step() -> None:
        os.symlink(target, link)
        os.rename(link, path)
        file.write_bytes(b"inside")
        os.rename(file, path)

    return step


@pytest.mark.parametrize("target", ["../outside/secret", "/etc/hostname", "/proc/self/status"])
def test_the_last_component_changes_under_every_function(program: Program, root: Path,
                                                         target: str) -> None:
    """Opening to write, truncating, dating, linking: never what the link leads to."""
    victim = root.parent / "outside" / "secret"
    os.utime(victim, ns=(5, 5))
    (root / "race").write_bytes(b"inside")
    with meanwhile(swap(root / "race", target)):
        for number in range(ROUNDS):
            if program.open("race", Oflags.CREAT | Oflags.TRUNC * (number % 2)) == 0:
                fd = program.u32()
                assert program.write(fd, b"guest") == 0
                assert program.call("fd_close", fd) == 0
            if program.open("race", 0, READ_ONLY) == 0:
                fd = program.u32()
                assert program.read(fd) in (b"", b"inside", b"guest", b"gueste")
                assert program.call("fd_close", fd) == 0
            program.call("path_filestat_set_times", 3, 1, *program.put("race"), 9, 9, 5)
            if program.stat("race") == 0:
                assert program.filestat()[2] == Filetype.REGULAR_FILE
            if program.link("race", "linked", follow=1) == 0:
                assert program.stat("linked", follow=0) == 0
                program.at("path_unlink_file", "linked")
    assert victim.read_bytes() == b"secret"
    assert os.stat(victim).st_mtime_ns == 5


def test_a_directory_moves_while_it_is_walked_up(program: Program, root: Path) -> None:
    """`..` must be where the walk came from, wherever the directory is by now."""
    (root / "a" / "b").mkdir(parents=True)
    (root / "file").write_bytes(b"inside")
    (root.parent / "file").write_bytes(b"outside")

    def step() -> None:
        os.rename(root / "a" / "b", root / "b")
        os.rename(root / "b", root / "a" / "b")

    with meanwhile(step):
        for _ in range(ROUNDS):
            if program.open("a/b/../../file", 0, READ_ONLY) == 0:
                fd = program.u32()
                assert program.read(fd) == b"inside"
                assert program.call("fd_close", fd) == 0


def test_a_directory_moves_out_while_it_is_open(program: Program, root: Path) -> None:
    """It is still the guest's, as it would be the process's; what is around it is not."""
    (root / "mine").mkdir()
    fd = program.opened("mine", Oflags.DIRECTORY, READ_ONLY)
    os.rename(root / "mine", root.parent / "outside" / "mine")
    for path in ("..", "../secret", "../../outside/secret"):
        assert program.open(path, 0, READ_ONLY, fd=fd) == Errno.PERM
    assert program.open("new", Oflags.CREAT, fd=fd) == 0


def test_making_links_in_steps(program: Program, root: Path) -> None:
    """A link that is harmless where it is made is moved to where it leads out."""
    (root / "dir").mkdir()
    assert program.symlink("../outside", "dir/link") == 0
    assert program.rename("dir/link", "link") == 0
    for path in ("link", "link/", "link/secret", "link/../secret"):
        assert program.stat(path) == Errno.PERM, path
        assert program.open(path, Oflags.CREAT) in (Errno.PERM, Errno.ISDIR), path
    assert program.symlink("link/secret", "second") == 0
    assert program.symlink("second", "third") == 0
    assert program.open("third", 0, READ_ONLY) == Errno.PERM
    assert program.link("third", "hard", follow=1) == Errno.PERM
    assert program.rename("link/secret", "mine") == Errno.PERM
    assert program.at("path_unlink_file", "link/secret") == Errno.PERM
    assert (root.parent / "outside" / "secret").read_bytes() == b"secret"


@pytest.mark.parametrize("path", [
    "up/", "up/.", "up//", "./up/.//", "up/./secret", "up/secret/", "up/../root", "up/../../x"])
def test_slashes_behind_links_that_lead_out(program: Program, root: Path, path: str) -> None:
    (root / "up").symlink_to("../outside")
    before = sorted(os.listdir(root.parent)), sorted(os.listdir(root.parent / "outside"))
    assert program.stat(path, follow=0) == Errno.PERM
    assert program.open(path, Oflags.DIRECTORY, READ_ONLY, follow=0) == Errno.PERM
    assert program.open(path, Oflags.CREAT) in (Errno.PERM, Errno.ISDIR)
    refused = (Errno.PERM, Errno.NOTDIR, Errno.EXIST, Errno.NOENT)
    assert program.at("path_create_directory", path) in refused
    assert program.at("path_unlink_file", path) in refused
    assert program.at("path_remove_directory", path) in refused
    assert program.symlink("x", path) in refused
    assert before == (sorted(os.listdir(root.parent)), sorted(os.listdir(root.parent / "outside")))


def test_numbers_that_are_used_again(program: Program, root: Path) -> None:
    """A number means what it stands for now, with the rights that it has now."""
    (root / "dir").mkdir()
    (root / "file").write_bytes(b"inside")
    directory = program.opened("dir", Oflags.DIRECTORY, READ_ONLY)
    assert program.call("fd_close", directory) == 0
    assert program.opened("file", 0, Right.FD_READ) == directory
    assert program.open("..", 0, READ_ONLY, fd=directory) == Errno.NOTDIR
    assert program.call("fd_prestat_get", directory, RESULT) == Errno.BADF
    small = program.opened("dir", Oflags.DIRECTORY, Right.PATH_OPEN, inheriting=0)
    assert program.call("fd_renumber", small, 3) == 0
    assert program.call("fd_prestat_get", 3, RESULT) == Errno.BADF
    assert program.open("x", Oflags.CREAT) == Errno.NOTCAPABLE
    assert program.open("..", 0, 0, inheriting=0) == Errno.PERM


def test_two_directories_are_two_sandboxes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    program = Program(WasiConfig(stdin=None, dirs=((str(tmp_path / "one"), "/one"),
                                                   (str(tmp_path / "two"), "/two"))))
    with program.wasi:
        assert program.open("../two/file", 0, READ_ONLY, fd=3) == Errno.PERM
        assert program.call("path_link", 3, 0, *program.put("../two/file"), 4,
                            *program.put("x", PATH2)) == Errno.PERM
        assert program.rename("file", "moved", fd=3, to=4) == 0  # both are the guest's
        assert (tmp_path / "two" / "moved").read_text() == "one"
        assert program.symlink("../two/file", "link") == 0
        assert program.open("link", 0, READ_ONLY) == Errno.PERM


def test_names_that_mean_something_to_systems(program: Program, root: Path) -> None:
    """Backslashes, drive letters, tildes and percent signs are letters like others."""
    for name in ("..\\outside\\secret", "C:", "~", "%2e%2e", "…", ". .", " ", "..."):
        assert program.open(name, 0, READ_ONLY) == Errno.NOENT
        fd = program.opened(name, Oflags.CREAT)
        assert (root / name).is_file()
        assert program.call("fd_close", fd) == 0
