"""Sessions on small programs for the tests of the debugger's core."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from wasmtime import wat2wasm

from debugger.batch import Script, run_batch
from debugger.commands.registry import Context, Result, execute
from debugger.session import Session

PROGRAMS = Path(__file__).parents[2] / "programs"

# Every kind of control that motions have to find their way through: recursion, calls through a
# table, calls to the host, early returns, loops, traps.
WALK = """
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "ok\\0a")
  (table funcref (elem $twice $fact))
  (global $calls (export "calls") (mut i32) (i32.const 0))
  (global $ratio f64 (f64.const 0.1))
  (type $unary (func (param i32) (result i32)))
  (func $say
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 3))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func $twice (param $x i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (i32.eqz (local.get $x)) (then (return (i32.const 0))))
    (i32.mul (local.get $x) (i32.const 2)))
  (func $fact (param $n i32) (result i32)
    (if (result i32) (i32.le_s (local.get $n) (i32.const 1))
      (then (i32.const 1))
      (else (i32.mul (local.get $n) (call $fact (i32.sub (local.get $n) (i32.const 1)))))))
  (func $walk (export "walk") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum)
        (call_indirect (type $unary) (local.get $n)
          (i32.and (local.get $n) (i32.const 1)))))
      (call $say)
      (local.tee $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (i32.gt_s (i32.const 0))))
    (local.get $sum))
  (func (export "crash") (param $n i32) (result i32)
    (drop (call $walk (local.get $n)))
    (i32.load (i32.const -1)))
  (func (export "floats") (param f32 f64 i64) (result f32 f64 i64)
    (local.get 0) (local.get 1) (local.get 2)))
"""

# A loop over vectors: some of a vector's lanes change, others don't.
VECTORS = """
(module
  (memory (export "memory") 1)
  (global $sum (mut v128) (v128.const f32x4 1.5 -2 0 nan))
  (func $mix (export "mix") (param $n i32) (result v128) (local $x v128) (local $total v128)
    (local.set $x (v128.const i16x8 1 2 3 4 5 6 7 -8))
    (loop $again
      (local.set $total (i16x8.add (local.get $total)
        (i16x8.mul (local.get $x) (i16x8.splat (local.get $n)))))
      (local.set $x (i8x16.replace_lane 3 (local.get $x) (local.get $n)))
      (global.set $sum (f32x4.add (global.get $sum) (f32x4.convert_i32x4_s (local.get $total))))
      (v128.store offset=16 (local.get $n) (local.get $total))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $total)))
"""

ENDLESS = """(module (memory (export "memory") 1) (func (export "spin") (local i32)
  (loop (local.set 0 (i32.add (local.get 0) (i32.const 1)))
        (i32.store (i32.const 64) (local.get 0)) (br 0))))"""

# Objects of every kind, some of which refer to each other in a circle.
OBJECTS = """
(module
  (rec
    (type $point (sub (struct (field $x (mut i32)) (field f64))))
    (type $pair (sub final $point (struct (field $x (mut i32)) (field f64)
      (field $other (mut (ref null $pair)))))))
  (type $bytes (array (mut i8)))
  (type $wide (array i16))
  (type $numbers (array (mut i64)))
  (type $any (array (mut anyref)))
  (type $all (struct (field $v v128) (field $f funcref) (field $e externref) (field $b i8)))
  (type (struct))
  (tag $bad (param i32 (ref null $point)))
  (data $hello "hello, world")
  (data $snowmen "\\03\\26\\04\\26")
  (table $kept 3 anyref)
  (global $first (export "first") (mut (ref null $pair)) (ref.null $pair))
  (func $make (param $n i32) (result (ref $pair)) (local $new (ref $pair))
    (local.set $new (struct.new $pair (local.get $n) (f64.const 0.5) (global.get $first)))
    (if (i32.eqz (ref.is_null (global.get $first)))
      (then (struct.set $pair $other (global.get $first) (local.get $new))))
    (global.set $first (local.get $new))
    (local.get $new))
  (func $end (param $at (ref null $pair)) (param $error exnref) (nop))
  (func $run (export "run") (param $n i32) (result i32 (ref $pair) anyref)
    (local $bytes (ref null $bytes)) (local $wide (ref null $wide))
    (local $long (ref null $numbers)) (local $any (ref null $any)) (local $all (ref null $all))
    (local $error exnref) (local $small i31ref) (local $empty (ref null struct))
    (local.set $bytes (array.new_data $bytes $hello (i32.const 0) (i32.const 12)))
    (local.set $wide (array.new_data $wide $snowmen (i32.const 0) (i32.const 2)))
    (local.set $long (array.new $numbers (i64.const -7) (i32.const 1234)))
    (local.set $any (array.new_fixed $any 4 (ref.i31 (i32.const -3)) (local.get $bytes)
      (ref.null any) (call $make (i32.const 1))))
    (array.set $any (local.get $any) (i32.const 2) (local.get $any))
    (local.set $all (struct.new $all (v128.const i32x4 1 2 3 4) (ref.func $make)
      (ref.null extern) (i32.const 200)))
    (local.set $small (ref.i31 (local.get $n)))
    (local.set $empty (struct.new 7))
    (local.set $error (block $caught (result exnref)
      (try_table (result exnref) (catch_all_ref $caught)
        (throw $bad (local.get $n) (call $make (i32.const 2))))))
    (table.set $kept (i32.const 1) (global.get $first))
    (array.set $numbers (local.get $long) (i32.const 1200) (i64.const 5000))
    (array.set $bytes (local.get $bytes) (i32.const 0) (i32.const 72))
    (struct.set $pair $x (global.get $first) (i32.const 40))
    (call $end (global.get $first) (local.get $error))
    (local.get $n) (ref.as_non_null (global.get $first)) (local.get $any))
  (elem declare func $make))
"""

# Prints what it reads, until it has read nothing.
ECHO = """
(module
  (import "wasi_snapshot_preview1" "fd_read"
    (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (loop $more
      (i32.store (i32.const 0) (i32.const 64))
      (i32.store (i32.const 4) (i32.const 100))
      (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (if (i32.load (i32.const 8)) (then
        (i32.store (i32.const 4) (i32.load (i32.const 8)))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))
        (br $more))))))
"""

# What a linker exports to say where its parts of memory are.
REGIONS = """
(module (memory (export "memory") 2)
  (global (export "__global_base") i32 (i32.const 1024))
  (global (export "__data_end") i32 (i32.const 2000))
  (global (export "__heap_base") i32 (i32.const 67536))
  (global (export "__stack_pointer") (mut i32) (i32.const 60000))
  (func (export "go") (nop)))
"""


@cache
def assembled(text: str) -> bytes:
    """The binary of a module's text."""
    return bytes(wat2wasm(text))


def opened(folder: Path, text: str = WALK, **options: object) -> Session:
    """A session on a module's text."""
    path = folder / "prog.wasm"
    path.write_bytes(assembled(text))
    return Session.open(path, **options)  # type: ignore[arg-type]


def run(session: Session, *lines: str) -> Result:
    """Runs command lines; the last one's result."""
    context = Context(session)
    result = Result()
    for line in lines:
        result = execute(context, line)
    return result


def batch(session: Session, *lines: str) -> int:
    """Runs command lines as batch mode does; the exit code."""
    return run_batch(session, [Script("text", line) for line in lines])
