"""The `gabagool` command: what it prints and the codes it exits with."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def gabagool(*args: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "gabagool.cli", *args], cwd=ROOT, input=stdin,
                          capture_output=True, timeout=120)


@pytest.mark.parametrize(("args", "out"), [
    (["run", "programs/hello.wasm"], b"hello, world\n"),
    (["run", "--invoke", "stair_climb", "programs/stair_climb.wasm", "20"], b"10946\n"),
    (["run", "--invoke", "fib64", "programs/fib.wasm", "0x14"], b"6765\n"),
    (["run", "--invoke", "nbody", "programs/nbody.wasm", "0"], b"-0.16907516382854323\n"),
    (["run", "--env", "GREETING=salut", "programs/greet.wasm", "Bob", "Eve"],
     b"salut, Bob! (1 of 2)\nsalut, Eve! (2 of 2)\n"),
    (["run", "--dir", "programs/readfile", "programs/readfile.wasm",
      "programs/readfile/sample.txt"],
     b"      5      20      96 programs/readfile/sample.txt\n"),
])
def test_run(args: list[str], out: bytes) -> None:
    done = gabagool(*args)
    assert (done.returncode, done.stdout, done.stderr) == (0, out, b"")


def test_running_imports_no_more_than_it_needs() -> None:
    """Start-up is measured in hundredths of seconds."""
    code = """import sys
from gabagool.cli import main
main(["run", "programs/hello.wasm"])
print(*sorted({name.split(".")[0] for name in sys.modules} & {"textual", "rich", "debugger"}),
      *sorted({"gabagool.code.objdump", "gabagool.api.face"} & set(sys.modules)))"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout == b"hello, world\n\n"


def test_stdin_reaches_the_program() -> None:
    text = b"time flies" * 1000
    done = gabagool("run", "programs/sha256.wasm", "-", stdin=text)
    assert done.stdout.decode().strip() == hashlib.sha256(text).hexdigest()


def test_the_programs_exit_code() -> None:
    done = gabagool("run", "programs/greet.wasm")
    assert done.returncode == 1 and done.stderr == b"greet: nobody to greet\n"


def test_a_trap_exits_134_with_a_backtrace() -> None:
    done = gabagool("run", "programs/corruption.wasm")
    assert done.returncode == 134
    assert done.stdout.splitlines()[-1].startswith(b"audit: account 7 (Reserve)")
    assert done.stderr.decode().splitlines() == [
        "gabagool: trap: unreachable", "  0: 0x3a6 - func[13] audit",
        "  1: 0x1dd - func[9] __original_main", "  2: 0xeb - func[3] _start"]


@pytest.mark.parametrize("program", ["exceptions", "legacy_exceptions"])
def test_exceptions(program: str) -> None:
    done = gabagool("run", f"programs/{program}.wasm")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.splitlines()[-1] == b"4 failed; 5 deep at most, 0 now"
    assert b"(((((1)))): ')' is missing at column 11" in done.stdout


@pytest.mark.parametrize("program", ["exceptions", "legacy_exceptions"])
def test_an_exception_nobody_catches_exits_134_with_a_backtrace(program: str) -> None:
    done = gabagool("run", f"programs/{program}.wasm", "1/0", "(9999999999)")
    assert done.returncode == 134
    assert done.stdout == b"1/0: infinity, at column 3\n"
    lines = done.stderr.decode().splitlines()
    assert lines[0].startswith("gabagool: uncaught exception tag[0](")
    assert [line.rpartition("] ")[2] for line in lines[1:]] == [
        "(anonymous namespace)::calculate(char const*)", "main", "__main_void", "_start"]


def test_a_deep_backtrace_is_cut() -> None:
    done = gabagool("run", "programs/overflow.wasm")
    lines = done.stderr.decode().splitlines()
    assert done.returncode == 134 and "call stack exhausted" in lines[0]
    assert len(lines) < 30 and "more frames" in lines[-1]


@pytest.mark.parametrize(("args", "message"), [
    (["run", "nowhere.wasm"], "nowhere.wasm: No such file or directory"),
    (["run", "LICENSE"], "magic header not detected"),
    (["run", "--invoke", "fib", "programs/fib.wasm", "many"], "'many' is not an i32"),
    (["run", "--invoke", "fib", "programs/fib.wasm"], "takes 1 argument (i32), not 0"),
    (["run", "programs/fib.wasm"], "fib64 [i64] -> [i64]"),
    (["run", "--env", "NO_SUCH_THING", "programs/hello.wasm"], "no such variable to hand on"),
    (["run", "--env", "=x", "programs/hello.wasm"], "--env needs NAME=VALUE"),
    (["run", "--clock", "noon", "programs/hello.wasm"], "--clock wants fixed:"),
    (["run", "--clock", "fixed:1969-12-31", "programs/hello.wasm"], "--clock wants fixed:"),
    (["run", "--stdin", "nowhere", "programs/hello.wasm"], "--stdin nowhere: No such file"),
    (["run", "--dir", "nowhere", "programs/hello.wasm"], "nowhere"),
    (["objdump", "--func", "nope", "programs/fib.wasm"], "nope"),
])
def test_a_clear_error_and_exit_code_1(args: list[str], message: str) -> None:
    done = gabagool(*args)
    error = done.stderr.decode()
    assert done.returncode == 1 and message in error
    assert "Traceback" not in error


WAT = """(module
  (func $main (export "_start") (drop (i32.div_u (i32.const 1) (i32.const 0)))))"""


def test_the_text_format_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "prog.wat"
    path.write_text(WAT)
    done = gabagool("run", str(path))
    assert done.returncode == 134 and b"integer divide by zero\n  0: 0x" in done.stderr
    assert "func[0] $main" in gabagool("objdump", str(path)).stdout.decode()


def test_a_fault_in_a_text_has_its_place(tmp_path: Path) -> None:
    path = tmp_path / "prog.wat"
    path.write_text(WAT.replace("i32.div_u", "i32.dive"))
    done = gabagool("run", str(path))
    assert done.returncode == 1
    assert done.stderr.decode() == (
        f"gabagool: {path}:2:40: unknown operator or unexpected token\n")


def test_objdump() -> None:
    text = gabagool("objdump", "programs/fib.wasm").stdout.decode()
    assert "func[0] $fib (param i32) (result i32)" in text
    assert " 00003f: 10 00                     |   call $fib" in text
    short = gabagool("objdump", "--headers", "programs/fib.wasm").stdout.decode()
    assert "call $fib" not in short and "func[0] $fib" in short


def test_a_closed_pipe_is_no_traceback() -> None:
    done = subprocess.run(f"{sys.executable} -m gabagool.cli objdump programs/hello.wasm | head -1",
                          shell=True, cwd=ROOT, capture_output=True, timeout=60)
    assert b"Traceback" not in done.stderr
