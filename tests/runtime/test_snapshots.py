"""A run that is captured and resumed, anywhere, is the run that never stopped."""

from __future__ import annotations

import functools
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gabagool import snapshot as files
from tests.machines import Guest
from tests.native.states import state

from .cases import CASES, PROGRAMS, Case, Run, begin
from .stepping import FOREVER, at_every_step

cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@functools.cache
def whole(case: Case) -> Run:
    """The run that never stops."""
    run = begin(case)
    run.machine.run(FOREVER)
    return run


@cases
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_captured_and_resumed(case: Case, data: st.DataObject) -> None:
    end = whole(case)
    total = end.machine.step
    at = data.draw(st.integers(0, total), "captured at")
    run = begin(case)
    run.machine.run(at)
    before, written = state(run.machine), len(run.output)
    snapshot = run.machine.capture()
    file = files.dump(run.machine)
    run.machine.run(data.draw(st.integers(at, total), "run on to"))

    run.machine.restore(snapshot)
    assert state(run.machine) == before
    del run.output[written:]
    finish(run, data)
    assert (state(run.machine), run.output) == (state(end.machine), end.output)

    fresh = begin(case)
    files.load(file, fresh.machine)
    assert state(fresh.machine) == before
    finish(fresh, data)
    assert state(fresh.machine) == state(end.machine)
    assert fresh.output == end.output[written:]


def finish(run: Run, data: st.DataObject) -> None:
    """Run to the end, with some stops on the way."""
    for pause in data.draw(st.lists(st.integers(0, 1000), max_size=3), "pauses"):
        run.machine.run(run.machine.step + pause)
        run.machine.capture()
    run.machine.run(FOREVER)


@pytest.mark.parametrize("case", [c for c in CASES if c.program in (
    "fib", "nbody", "readfile", "overflow", "greet")], ids=lambda case: case.name)
def test_resumed_in_another_process(case: Case, tmp_path: Path) -> None:
    end = whole(case)
    at = random.Random(case.name).randrange(end.machine.step)
    run = begin(case)
    run.machine.run(at)
    written = len(run.output)
    files.save_file(tmp_path / "state", run.machine)
    found = subprocess.run(
        [sys.executable, "-m", "tests.runtime.resume", case.name, tmp_path / "state"],
        cwd=PROGRAMS.parent, capture_output=True, text=True, check=True).stdout
    assert found.strip() == Run(end.machine, end.output[written:]).summary()


# -- state that programs rarely have ---------------------------------------------------------

EVERYTHING = """(module
  (memory 1 4) (data $d "abc") (table $t 2 6 funcref) (table $x 1 5 externref)
  (elem $e func $run $leaf) (global $g (mut f64) (f64.const 0))
  (global $h (mut funcref) (ref.null func))
  (func $leaf (result i64 f32) (i64.const -7) (f32.const 2.5))
  (func $run (export "run") (param $r externref) (result i64 f32 externref i32)
    (local $i i32) (local $f funcref)
    (loop $again
      (memory.init $d (i32.mul (local.get $i) (i32.const 3)) (i32.const 0) (i32.const 3))
      (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 2))
      (drop (memory.grow (i32.const 1)))
      (drop (table.grow $t (ref.func $leaf) (i32.const 1)))
      (drop (table.grow $x (local.get $r) (i32.const 1)))
      (global.set $g (f64.add (global.get $g) (f64.const 0.1)))
      (global.set $h (table.get $t (i32.const 1)))
      (local.set $f (global.get $h))
      (table.set $t (i32.const 0) (local.get $f))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 3))))
    (data.drop $d) (elem.drop $e)
    (call_indirect $t (result i64 f32) (i32.const 1))
    (table.get $x (i32.const 3))
    (i32.add (memory.size) (table.size $t))))"""


def everything() -> Guest:
    guest = Guest(EVERYTHING)
    guest.begin("run", guest.store.host_refs.ref("a host object"))
    return guest


def test_at_every_step() -> None:
    """Tables, references, growth, dropped segments, several results: captured at each boundary."""
    assert at_every_step(everything).trap is None


def test_unchanged_pages_are_shared() -> None:
    run = begin(next(case for case in CASES if case.program == "sieve"))
    run.machine.run(100)
    first = run.machine.capture()
    run.machine.run(120)
    second = run.machine.capture()
    pages = zip(first.regions["memory 0"].pages, second.regions["memory 0"].pages, strict=True)
    changed = sum(a is not b for a, b in pages)
    assert changed <= 1
