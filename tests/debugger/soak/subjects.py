"""The programs that monkeys are let loose on: each does the same in every run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from debugger.program import Program
from debugger.session import Session
from gabagool import Machine
from gabagool.wasi.options import WasiOptions
from tests.debugger.sessions import assembled

PROGRAMS = Path(__file__).parents[3] / "programs"

# Reads its input in pieces of random sizes, tells the time, and prints the input in capitals:
# every host call of a kind that a branch has to answer again.
ECHO = """
(module
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1 3)
  (table $case 2 funcref)
  (elem (i32.const 0) $keep $upper)
  (global $lines (export "lines") (mut i32) (i32.const 0))
  (global $since (mut i64) (i64.const 0))
  (type $byte (func (param i32) (result i32)))
  (func $keep (param $c i32) (result i32) (local.get $c))
  (func $upper (param $c i32) (result i32)
    (if (i32.eq (local.get $c) (i32.const 10))
      (then (global.set $lines (i32.add (global.get $lines) (i32.const 1)))))
    (i32.sub (local.get $c)
      (i32.shl (i32.and (i32.ge_u (local.get $c) (i32.const 97))
                        (i32.le_u (local.get $c) (i32.const 122))) (i32.const 5))))
  (func $convert (param $at i32) (param $end i32) (local $which i32)
    (loop $next
      (if (i32.lt_u (local.get $at) (local.get $end))
        (then
          (local.set $which (i32.eqz (i32.and (global.get $lines) (i32.const 1))))
          (i32.store8 (local.get $at)
            (call_indirect (type $byte) (i32.load8_u (local.get $at)) (local.get $which)))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $next)))))
  (func $piece (result i32) (local $size i32)
    (drop (call $random_get (i32.const 64) (i32.const 1)))
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4)
      (i32.add (i32.and (i32.load8_u (i32.const 64)) (i32.const 15)) (i32.const 1)))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (local.set $size (i32.load (i32.const 8)))
    (i32.store (i32.const 4) (local.get $size))
    (call $convert (i32.const 1024) (i32.add (i32.const 1024) (local.get $size)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (drop (call $clock (i32.const 1) (i64.const 1) (i32.const 72)))
    (global.set $since (i64.load (i32.const 72)))
    (local.get $size))
  (func (export "_start")
    (drop (memory.grow (i32.const 1)))
    (loop $more (br_if $more (call $piece)))
    (call $exit (global.get $lines))))
"""

INPUT = "".join(f"line {n} of what the program reads, {n * n}\n" for n in range(12))


@dataclass(frozen=True)
class Subject:
    """A program, and what it is run with. `calls` whether host calls can be made a second time
    with the same answers, so that state needs no journal to be replayed from zero."""

    name: str
    file: str
    invoke: str | None = None
    args: tuple[str, ...] = ()
    stdin: str = ""
    text: str = ""

    def _where(self, folder: Path) -> tuple[Path, WasiOptions]:
        path = PROGRAMS / self.file
        if self.text:
            path = folder / self.file
            path.write_bytes(assembled(self.text))
        stdin = folder / "stdin"
        stdin.write_text(self.stdin)
        return path, WasiOptions(stdin=str(stdin), clock="fixed:1700000000000000000", seed=7)

    def session(self, folder: Path) -> Session:
        """A new session at step 0."""
        path, wasi = self._where(folder)
        return Session.open(path, invoke=self.invoke, args=self.args, wasi=wasi)

    def fresh(self, folder: Path) -> Callable[[], tuple[Program, Machine]]:
        """Makes programs, each with a machine of its own before its first step."""
        path, wasi = self._where(folder)

        def make() -> tuple[Program, Machine]:
            program = Program(path, () if self.invoke else self.args, wasi)
            return program, program.start(self.invoke or "_start",
                                          self.args if self.invoke else ())[0]

        return make


SUBJECTS = {subject.name: subject for subject in (
    Subject("corruption", "corruption.wasm"),
    Subject("exceptions", "exceptions.wasm"),
    Subject("expression", "expression.wasm", "sum", ("20",)),
    Subject("echo", "echo.wasm", stdin=INPUT, text=ECHO),
    Subject("orders", "orders.wasm", "run", ("2",)),
)}
