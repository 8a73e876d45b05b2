"""`gabagool run --snapshot-on`, `resume`, `fork`, `info`, `record`: as processes and terminals see
them."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gabagool.cli.driver import SUSPENDED
from tests.machines import wat
from tests.test_cli import ROOT, gabagool

LIFE = "programs/life.wasm"
# Copies its standard input to its standard output, a read at a time, and counts the reads.
CAT = """(module
  (import "wasi_snapshot_preview1" "fd_read"
    (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (loop $again
      (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 64))
      (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
      (i32.store (i32.const 4) (i32.load (i32.const 8)))
      (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
      (br_if $again (i32.load (i32.const 4))))))"""


# Standard input becomes the terminal that signals come from.
ON_TERMINAL = """import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "gabagool.cli", *sys.argv[1:]])"""


def start(*args: str, **more: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "gabagool.cli", *args], cwd=ROOT,
                            **more)  # type: ignore[call-overload,no-any-return]


def test_at_a_step_and_on(tmp_path: Path) -> None:
    whole = gabagool("run", LIFE).stdout
    out = tmp_path / "x.gaba"
    first = gabagool("run", "--snapshot-on", "step:1_000_000", "--out", str(out), LIFE)
    assert (first.returncode, first.stdout) == (0, whole)
    assert b"snapshot at step 1,000,000" in first.stderr
    resumed = gabagool("resume", str(out))
    assert resumed.returncode == 0 and whole.endswith(resumed.stdout) and resumed.stdout
    assert b"life.wasm goes on at step 1,000,000" in resumed.stderr


def test_several_snapshots_and_a_stop(tmp_path: Path) -> None:
    whole = gabagool("run", LIFE).stdout
    one, two = tmp_path / "1.gaba", tmp_path / "2.gaba"
    first = gabagool("run", "--snapshot-on", "call:draw", "--stop", "--out", str(one), LIFE)
    assert (first.returncode, first.stdout) == (SUSPENDED, b"")
    assert f"gabagool resume {one}" in first.stderr.decode()
    second = gabagool("resume", "--snapshot-on", "step:2000000", "--snapshot-on", "step:3000000",
                      "--stop", "--out", str(two), str(one))
    assert second.returncode == SUSPENDED and b"step 2,000,000" in second.stderr
    third = gabagool("resume", str(two))
    assert third.returncode == 0 and first.stdout + second.stdout + third.stdout == whole


def test_results_are_printed_where_the_run_ends(tmp_path: Path) -> None:
    out = str(tmp_path / "x.gaba")
    first = gabagool("run", "--snapshot-on", "step:1000", "--stop", "--out", out, "--invoke", "fib",
                     "programs/fib.wasm", "20")
    assert (first.returncode, first.stdout) == (SUSPENDED, b"")
    assert gabagool("resume", out).stdout == b"6765\n"


def test_a_trap_after_resuming(tmp_path: Path) -> None:
    out = str(tmp_path / "x.gaba")
    gabagool("run", "--snapshot-on", "step:1000000", "--stop", "--out", out,
             "programs/corruption.wasm")
    done = gabagool("resume", out)
    assert done.returncode == 134 and b"func[13] audit" in done.stderr


def _await_handler(pid: int, number: int) -> None:
    """Until a process handles a signal, where the system tells; else for long enough."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        time.sleep(1.5)
        return
    caught = 0
    until = time.monotonic() + 60
    while not caught >> (number - 1) & 1:
        assert time.monotonic() < until
        time.sleep(0.05)
        caught = next(int(line.split()[1], 16) for line in status.read_text().splitlines()
                      if line.startswith("SigCgt"))


def test_a_signal_while_it_computes(tmp_path: Path) -> None:
    out = tmp_path / "x.gaba"
    process = start("run", "--snapshot-on", "SIGUSR1", "--out", str(out), LIFE, "1000000",
                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    _await_handler(process.pid, signal.SIGUSR1)
    process.send_signal(signal.SIGUSR1)
    assert b"snapshot at step" in process.stderr.readline()
    size = out.stat().st_size
    process.send_signal(signal.SIGQUIT)
    assert b"suspended at step" in process.stderr.readline()
    assert process.wait(60) == SUSPENDED and size > 1000
    process.stderr.close()
    resumed = start("resume", str(out), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert resumed.stdout is not None
    try:
        lines = [resumed.stdout.readline() for _ in range(30)]
        assert any(line.startswith(b"generation ") for line in lines)
    finally:
        resumed.kill()
        resumed.communicate()


def test_suspended_while_it_waits_for_input(tmp_path: Path) -> None:
    """On a terminal, by Ctrl-\\; the read that was waited for is made again."""
    program, out = tmp_path / "cat.wasm", tmp_path / "x.gaba"
    program.write_bytes(wat(CAT))
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", ON_TERMINAL, "run", "--out", str(out), str(program)], cwd=ROOT,
        stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None and process.stderr is not None
    os.write(ours, b"one\n")
    assert process.stdout.readline() == b"one\n"
    os.write(ours, b"\x1c")                     # Ctrl-\
    assert process.wait(30) == SUSPENDED
    assert b"suspended at step" in process.stderr.read()
    process.stdout.close()
    process.stderr.close()
    os.close(ours)
    os.close(theirs)
    info = json.loads(gabagool("info", "--json", str(out)).stdout)
    assert len(info["stack"]) == 1 and "_start" in info["stack"][0]
    resumed = gabagool("resume", str(out), stdin=b"two\nthree\n")
    assert (resumed.returncode, resumed.stdout) == (0, b"two\nthree\n")


def test_fork(tmp_path: Path) -> None:
    whole = gabagool("run", LIFE).stdout
    out = tmp_path / "x.gaba"
    gabagool("run", "--snapshot-on", "step:3000000", "--stop", "--out", str(out), LIFE)
    forked = gabagool("fork", str(out), "-n", "3", "--output", str(tmp_path / "{n}.txt"))
    assert forked.returncode == 0 and forked.stdout == b""
    texts = [(tmp_path / f"{n}.txt").read_bytes() for n in (1, 2, 3)]
    pids = {text.split(b"\n", 1)[0].split(b", ")[1] for text in texts}
    rest = {text.split(b"\n", 1)[1] for text in texts}
    assert len(pids) == 3 and len(rest) == 1
    assert whole.endswith(rest.pop())


def test_forks_end_with_the_first_bad_code(tmp_path: Path) -> None:
    out = str(tmp_path / "x.gaba")
    gabagool("run", "--snapshot-on", "step:1000000", "--stop", "--out", out,
             "programs/corruption.wasm")
    assert gabagool("fork", out).returncode == 134


def test_without_the_module(tmp_path: Path) -> None:
    out = str(tmp_path / "x.gaba")
    gabagool("run", "--snapshot-on", "step:5000", "--stop", "--no-module", "--out", out, LIFE)
    alone = gabagool("resume", out)
    assert alone.returncode == 1 and b"--module PROG.wasm" in alone.stderr
    assert gabagool("resume", "--module", LIFE, out).returncode == 0


def test_directories_are_asked_for(tmp_path: Path) -> None:
    out = str(tmp_path / "x.gaba")
    gabagool("run", "--dir", "programs/readfile", "--snapshot-on", "step:5000", "--stop", "--out",
             out, "programs/readfile.wasm", "programs/readfile/sample.txt")
    without = gabagool("resume", out)
    assert without.returncode == 1
    assert b"--dir programs/readfile::programs/readfile" in without.stderr
    for option in (["--dir", "programs/readfile"], ["--same-dirs"]):
        assert b"sample.txt" in gabagool("resume", *option, out).stdout


def test_record_and_look(tmp_path: Path) -> None:
    out = str(tmp_path / "r.gaba")
    done = gabagool("record", "--out", out, "programs/corruption.wasm")
    assert done.returncode == 134 and b"func[13] audit" in done.stderr
    assert done.stdout == gabagool("run", "programs/corruption.wasm").stdout
    facts = json.loads(gabagool("info", "--json", out).stdout)
    assert facts["kind"] == "recording" and facts["steps"] == "0 to 3,535,899"
    looked = subprocess.run(
        [sys.executable, "-m", "debugger.main", "--batch", "-ex", "continue", "-ex",
         "last-write 0x101e0, 4", "-ex", f"save {tmp_path}/s.gaba", out],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert "step 96,758" in looked.stdout and looked.returncode == 0, looked.stderr
    assert (tmp_path / "s.gaba").read_bytes() == Path(out).read_bytes()


@pytest.mark.parametrize(("args", "message"), [
    (["run", "--snapshot-on", "noon", LIFE], "--snapshot-on wants a signal"),
    (["run", "--snapshot-on", "call:nobody", LIFE], "no function 'nobody'"),
    (["resume", LIFE], "life.wasm: this is not a gabagool snapshot"),
    (["resume", "nowhere.gaba"], "nowhere.gaba: No such file"),
    (["info", "LICENSE"], "LICENSE: this is not a gabagool snapshot"),
    (["fork", LIFE, "-n", "0"], "-n wants 1 to"),
    (["fork", LIFE, "--output", "x"], "--output wants {n}"),
    (["record", "--out", "no/where.gaba", LIFE], "No such file"),
])
def test_a_clear_error_and_exit_code_1(args: list[str], message: str) -> None:
    done = gabagool(*args)
    assert done.returncode == 1 and message in done.stderr.decode(), done.stderr
    assert b"Traceback" not in done.stderr


def test_a_name_is_found_that_is_free(tmp_path: Path) -> None:
    for expected in ("life.gaba", "life-1.gaba", "life-2.gaba"):
        subprocess.run([sys.executable, "-m", "gabagool.cli", "run", "--snapshot-on", "step:9",
                        "--stop", str(ROOT / LIFE)], cwd=tmp_path, capture_output=True,
                       env={**os.environ, "PYTHONPATH": str(ROOT)})
        assert (tmp_path / expected).exists()


