"""WASI under the real engine: a program that copies a file to its output, 4 bytes a call."""

import threading
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from gabagool import Linker, Machine, Module, Store
from gabagool.runtime.journal import Journal
from gabagool.runtime.stops import StopReason
from gabagool.wasi import WasiConfig

COPY = """
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "input")
  (data (i32.const 16) "\\40\\00\\00\\00\\04\\00\\00\\00")
  (func (export "_start")
    (if (call $open (i32.const 3) (i32.const 0) (i32.const 8) (i32.const 5) (i32.const 0)
                    (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 32))
      (then (call $exit (i32.const 99))))
    (loop $more
      (if (call $read (i32.load (i32.const 32)) (i32.const 16) (i32.const 1) (i32.const 36))
        (then (call $exit (i32.const 98))))
      (i32.store (i32.const 20) (i32.load (i32.const 36)))
      (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 40)))
      (br_if $more (i32.load (i32.const 36))))
    (call $exit (i32.const 7))))
"""
SLEEP = """
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "\\01")
  (func (export "_start")
    (i64.store (i32.const 24) (i64.const 100000000000))
    (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 96)))))
"""
CONTENT = b"The quick brown fox jumps over the lazy dog"


class Run:
    """A machine at the start of a program; `out` is what reached the real output."""

    def __init__(self, text: str, root: Path, wake: threading.Event | None = None) -> None:
        self.out: list[bytes] = []
        store = Store()
        linker = Linker(store)
        config = WasiConfig(args=("copy",), dirs=((str(root), "/"),), stdin=None,
                            stdout=self.out.append, wake=wake)
        self.wasi = linker.define_wasi(config)
        instance = linker.instantiate(Module(bytes(wat2wasm(text))))
        self.machine = Machine(store.inner)
        kind, addr = instance.inst.export("_start") or ("", 0)
        assert kind == "func"
        self.machine.start(addr, ())

    def finish(self) -> None:
        stop = self.machine.run(1 << 40)
        assert (stop.reason, stop.exit_code) == (StopReason.EXIT, 7)


@pytest.fixture
def run(root: Path) -> Run:
    (root / "input").write_bytes(CONTENT)
    return Run(COPY, root)


def test_a_program_runs(run: Run) -> None:
    run.finish()
    assert b"".join(run.out) == CONTENT


def test_any_snapshot_goes_on_elsewhere(run: Run, root: Path) -> None:
    run.machine.run(1 << 40)
    last = run.machine.step
    for step in range(0, last, 7):
        run, other = Run(COPY, root), Run(COPY, root)
        run.machine.run(step)
        other.machine.restore(run.machine.capture())
        other.finish()
        assert other.machine.step == last
        assert b"".join(run.out + other.out) == CONTENT


def test_replay_touches_nothing(run: Run, root: Path) -> None:
    journal = run.machine.journal = Journal()
    run.finish()
    (root / "input").unlink()
    other = Run(COPY, root)
    other.machine.journal = Journal(journal.entries)
    other.finish()
    assert other.machine.step == run.machine.step
    assert other.out == []
    assert b"".join(data for entry in journal.entries for _, data in entry.output) == CONTENT


def test_an_interrupted_call_is_made_again(root: Path) -> None:
    wake = threading.Event()
    run = Run(SLEEP, root, wake)
    timer = threading.Timer(0.05, wake.set)
    timer.start()
    assert run.machine.run(1 << 40).reason is StopReason.CANCELLED
    timer.join()
    assert run.machine.ended is None
    step, position = run.machine.step, run.machine.position
    assert run.machine.run(1 << 40).reason is StopReason.CANCELLED
    assert (run.machine.step, run.machine.position) == (step, position)
