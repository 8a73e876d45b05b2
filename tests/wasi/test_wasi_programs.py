"""Our programs in C call every function; their log says which errno came and which should have."""

import contextlib
import shutil
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import wasmtime

from gabagool import Exit, Linker, Module, Store
from gabagool.cli import main
from gabagool.wasi import Wasi, WasiConfig

PROGRAMS = Path(__file__).parent / "programs"
ARGS, ENV = ("prog", "", "zwei Wörter"), {"A": "1", "B": ""}
NAMES = ("args", "clocks", "descriptors", "transfer", "status", "directories", "links", "opening",
         "polling", "corners")
# Not in wasmtime, which ends programs for nonsense, and whose Python package lacks wasi_unstable.
ONLY_OURS = ("nonsense", "unstable-clocks", "unstable-polling", "unstable-status",
             "unstable-transfer")

# What wasmtime answers otherwise, in the order of the log, and why we do not.
DIFFERENT: dict[str, tuple[str, ...]] = {
    # It has no CPU clocks. We have, and no witx text makes `badf` an answer.
    "clocks": ("clock_time_get cpu BADF", "clock_res_get thread BADF"),
    # It has given up rights.
    "descriptors": ("keep rights NOTSUP", "drop rights NOTSUP", "written without the right 1",
                    "add rights NOTSUP", "add inheriting rights NOTSUP"),
    # fsync(2) takes directories, and the witx says to be like it. pread and pwrite move only the
    # first of several vectors there, which is allowed, if unexpected. It cannot allocate.
    "transfer": ("sync a directory BADF", "datasync a directory BADF", "bytes 3", "scattered no",
                 "bytes 2", "as written no", "allocate NOTSUP", "allocated 23",
                 "allocate nothing NOTSUP", "allocate too much NOTSUP"),
    # `notdir` is what its own path_open answers, and openat(2).
    "status": ("at a file BADF",),
    # The same; and rmdir(2) takes a slash.
    "directories": ("list a file BADF", "with a slash INVAL"),
    # The witx has lookupflags for path_link, so that it can follow links.
    "links": ("a link followed INVAL", "type 4294967295", "a dangling link followed INVAL"),
    "opening": ("at a stream BADF",),
    # Linux says `notdir` of a slash behind a link that rmdir(2) and unlink(2) do not follow.
    "corners": ("remove todir/ INVAL", "unlink todir/ ISDIR", "unlink gone/ NOENT",
                "symlink gone/ NOENT", "link to gone/ NOENT"),
    # Of a file we tell how many bytes are left. What is wrong with one subscription is its
    # event's error, not the call's.
    "polling": ("bytes 1", "nothing BADF", "its error 0"),
}


def ours(name: str, root: Path, args: Sequence[str] = ARGS, listen: Sequence[str] = (),
         started: Callable[[Wasi], None] = lambda wasi: None) -> tuple[list[str], int]:
    """What a program prints here, by lines, and its exit code."""
    out: list[bytes] = []
    linker = Linker(store := Store())
    config = WasiConfig(args=args, env=ENV, dirs=((str(root), "/"),), listen=listen, stdin=None,
                        stdout=out.append)
    with linker.define_wasi(config) as wasi:
        started(wasi)  # type: ignore[arg-type]
        code = 0
        try:
            instance = linker.instantiate(Module.from_file(PROGRAMS / f"{name}.wasm"))
            instance.exports(store)["_start"](store)  # type: ignore[operator]
        except Exit as exit:
            code = exit.code
    return b"".join(out).decode().splitlines(), code


def wasmtimes(name: str, root: Path, output: Path) -> list[str]:
    """What it prints in wasmtime."""
    config = wasmtime.WasiConfig()
    config.argv, config.env = list(ARGS), list(ENV.items())
    config.stdout_file = str(output)
    config.preopen_dir(str(root), "/")
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    store.set_wasi(config)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    module = wasmtime.Module.from_file(engine, str(PROGRAMS / f"{name}.wasm"))
    with contextlib.suppress(wasmtime.ExitTrap):
        linker.instantiate(store, module).exports(store)["_start"](store)  # type: ignore[operator]
    store.close()
    return output.read_text().splitlines()


@pytest.mark.parametrize("name", (*NAMES, *ONLY_OURS))
def test_as_the_specification_says(name: str, tree: Path) -> None:
    lines, code = ours(name, tree)
    assert [line for line in lines if "(expected" in line] == []
    assert code == 0
    assert len(lines) > 10


@pytest.mark.parametrize("name", NAMES)
def test_as_in_wasmtime(name: str, tree: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tree, copy, symlinks=True)
    here, _ = ours(name, tree)
    there = wasmtimes(name, copy, tmp_path / "output")
    assert len(here) == len(there)
    different = tuple(line.partition(" (expected")[0]
                      for mine, line in zip(here, there, strict=True) if mine != line)
    assert different == DIFFERENT.get(name, ())


def test_a_server(tree: Path) -> None:
    """One peer after the other; the last says nothing."""
    heard: list[bytes] = []

    def clients(address: tuple[str, int]) -> None:
        for text in (b"hello", b"x" * 100_000, b""):
            with socket.create_connection(address, timeout=20) as peer:
                sender = threading.Thread(target=_say, args=(peer, text))
                sender.start()
                heard.append(peer.makefile("rb").read())
                sender.join()

    def started(wasi: Wasi) -> None:
        address = wasi.table.listeners.addresses[0]
        threading.Thread(target=clients, args=(address,)).start()

    lines, code = ours("echo", tree, listen=("127.0.0.1:0",), started=started)
    assert (code, [line for line in lines if "(expected" in line]) == (0, [])
    assert heard[:2] == [b"hello", b"x" * 100_000]
    assert lines.count("accept SUCCESS") == 3


def _say(peer: socket.socket, text: bytes) -> None:
    peer.sendall(text)
    peer.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize(("how", "number", "code"), [
    ("exit", 0, 0), ("exit", 7, 7), ("exit", 126, 126), ("exit", 255, 255), ("exit", 256, 256),
    ("raise", 6, 134), ("raise", 9, 137), ("raise", 15, 143), ("raise", 16, 0)])
def test_endings(tree: Path, how: str, number: int, code: int) -> None:
    assert ours("ending", tree, ("prog", how, str(number)))[1] == code


@pytest.mark.parametrize(("number", "code"), [(0, 0), (1, 1), (126, 126), (255, 255), (256, 1),
                                              (511, 255), (4294967295, 255)])
def test_exit_codes_of_the_command(number: int, code: int) -> None:
    """A system has one byte for them, but no failure may come out as success."""
    assert main(["run", str(PROGRAMS / "ending.wasm"), "exit", str(number)]) == code
