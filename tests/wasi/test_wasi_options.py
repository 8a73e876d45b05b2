"""The words of the command line that say what a program may reach."""

import argparse
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from debugger.session import Session
from gabagool import Linker, Module, Store
from gabagool.cli import main
from gabagool.wasi import ConfigError
from gabagool.wasi.options import WasiOptions, add_options, fixed_time
from tests.wasi.test_wasi_programs import PROGRAMS

REACTOR = """
(module
  (global $ready (mut i32) (i32.const 0))
  (func (export "_initialize") (global.set $ready (i32.add (global.get $ready) (i32.const 41))))
  (func (export "answer") (result i32) (i32.add (global.get $ready) (i32.const 1))))
"""


def options(*words: str) -> WasiOptions:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return WasiOptions.of(parser.parse_args(words))


@pytest.mark.parametrize(("text", "nanoseconds"), [
    ("fixed:0", 0), ("fixed:1700000000123456789", 1_700_000_000_123_456_789),
    ("fixed:1970-01-02", 86_400 * 10**9), ("fixed:2026-01-31T12:00:00Z", 1_769_860_800 * 10**9),
    ("fixed:2026-01-31T12:00:00", 1_769_860_800 * 10**9),
    ("fixed:2026-01-31T13:00:00.000001+01:00", 1_769_860_800 * 10**9 + 1000)])
def test_times(text: str, nanoseconds: int) -> None:
    assert fixed_time(text) == nanoseconds
    assert options("--clock", text).config("p.wasm", ()).realtime == nanoseconds


@pytest.mark.parametrize("text", ["", "now", "2026-01-31", "fixed:", "fixed:x", "fixed:-1",
                                  "fixed:1969-12-31", "fixed:2026-13-01", f"fixed:{1 << 64}"])
def test_bad_times(text: str) -> None:
    with pytest.raises(ConfigError, match="--clock wants fixed:"):
        fixed_time(text)


def test_everything_reaches_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLOUR", "blue")
    (tmp_path / "in").write_text("x")
    config = options("--dir", f"{tmp_path}::/data", "--dir", str(tmp_path), "--env", "A=1=2",
                     "--env", "COLOUR", "--env", "EMPTY=", "--argv0", "name", "--seed", "-3",
                     "--listen", "127.0.0.1:0", "--stdin", str(tmp_path / "in")).config(
                         "folder/p.wasm", ("x",))
    assert config.args == ("name", "x")
    assert config.dirs == [(str(tmp_path), "/data"), (str(tmp_path), str(tmp_path))]
    assert config.env == {"A": "1=2", "COLOUR": "blue", "EMPTY": ""}
    assert (config.seed, config.listen, config.realtime) == (-3, ("127.0.0.1:0",), None)
    assert isinstance(config.stdin, int) and config.stdin > 2
    assert options().config("folder/p.wasm", ("x",)).args == ("p.wasm", "x")
    assert options().config("p.wasm", ()).stdin == 0


@pytest.mark.parametrize(("words", "message"), [
    (("--env", "NO_SUCH_VARIABLE"), "no such variable"), (("--env", "=1"), "--env needs"),
    (("--dir", "/no/such/place::/"), "not a directory"), (("--stdin", "/no/such"), "No such file")])
def test_mistakes(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        options(*words).config("p.wasm", ())


def test_a_reactor_is_initialised_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "reactor.wasm"
    path.write_bytes(wat2wasm(REACTOR))
    assert main(["run", "--invoke", "answer", str(path)]) == 0
    assert capfd.readouterr().out == "42\n"
    store = Store()
    instance = Linker(store).instantiate(Module.from_file(path))
    instance.initialize(store)
    assert instance.exports(store)["answer"](store) == 42  # type: ignore[operator]
    session = Session.open(path, invoke="answer")
    try:
        assert session.started
    finally:
        session.close()


def test_argv0_and_arguments(capfd: pytest.CaptureFixture[str]) -> None:
    words = ["--argv0", "prog", "--env", "A=1", "--env", "B=", str(PROGRAMS / "args.wasm")]
    assert main(["run", *words, "", "zwei Wörter"]) == 0
    assert "(expected" not in capfd.readouterr().out


def test_a_server_on_the_command_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = subprocess.Popen(
        [sys.executable, "-m", "gabagool.cli", "run", "--dir", f"{tmp_path}::/", "--listen",
         f"127.0.0.1:{port}", str(PROGRAMS / "echo.wasm")], stdout=subprocess.PIPE)
    try:
        assert talk(port, b"hello") == b"hello"
        assert talk(port, b"") == b""
        out, _ = command.communicate(timeout=60)
        assert command.returncode == 0 and b"(expected" not in out
    finally:
        command.kill()


def talk(port: int, text: bytes) -> bytes:
    for _ in range(600):
        try:
            peer = socket.create_connection(("127.0.0.1", port), timeout=60)
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
    with peer:
        peer.sendall(text)
        peer.shutdown(socket.SHUT_WR)
        return peer.makefile("rb").read()


def test_a_port_that_is_taken(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert main(["run", "--listen", address, str(PROGRAMS / "echo.wasm")]) == 1
        assert f"cannot listen on {address}" in capfd.readouterr().err


def test_the_debugger_takes_the_same_words(tmp_path: Path,
                                           capfd: pytest.CaptureFixture[str]) -> None:
    from debugger.main import main as debug
    (tmp_path / "in").write_bytes(b"time flies like an arrow")
    program = str(PROGRAMS.parents[2] / "programs" / "sha256.wasm")
    assert debug(["--batch", "--stdin", str(tmp_path / "in"), "--clock", "fixed:0", "--seed", "1",
                  "-ex", "continue", "-ex", "output", program, "--", "-"]) == 0
    assert "d0dc91a5cd96ef0c53ebf258b3d3e35c49d45ab196dce5556ba271daf2508457" in (
        capfd.readouterr().out)
