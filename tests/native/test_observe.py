"""Breakpoints, probes, depth stops and limits, also amid fused sequences."""

from __future__ import annotations

import pytest

from gabagool.errors import GabagoolError, Trap
from gabagool.native.engine import native
from gabagool.runtime.machine import Machine
from gabagool.runtime.stops import Position, StopReason
from gabagool.runtime.store import Limits
from tests.machines import Guest, wat

from .shapes import Shape
from .states import State, state, walk
from .test_fusion import begin

FOREVER = 1 << 40
FIB = """(module (func $fib (export "fib") (param i32) (result i32)
  (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
    (then (local.get 0))
    (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                   (call $fib (i32.sub (local.get 0) (i32.const 2))))))))"""


def steps_at(states: list[State], position: Position) -> list[int]:
    """The steps that a walked machine made, or trapped in, at `position`."""
    return list(dict.fromkeys(step for step, found, *_ in states if found == position))


@pytest.mark.parametrize("names", native().fusions, ids="|".join)
def test_breakpoints_and_probes_in_a_sequence(names: tuple[str, ...]) -> None:
    shape = Shape(names, 5)
    source, arguments = wat(shape.text()), shape.arguments()
    expected = walk(begin(source, native(), arguments))
    machine = begin(source, native(), arguments)
    start = machine.capture()
    for position in dict.fromkeys(found for _, found, *_ in expected if found is not None):
        steps = [step for step in steps_at(expected, position) if step != 0]
        machine.restore(start)
        machine.set_break(position)
        for step in steps:
            stop = machine.run(FOREVER)
            assert (stop.reason, stop.step) == (StopReason.BREAKPOINT, step)
            assert state(machine) == expected[step]
        machine.run(FOREVER)
        assert state(machine) == expected[-1]
        machine.clear_break(position)
        machine.restore(start)
        machine.set_probes([position])
        machine.run(FOREVER)
        assert state(machine) == expected[-1]
        assert machine.probe_count(position) == len(steps_at(expected, position))
        assert machine.last_probe_step == steps_at(expected, position)[-1]
        machine.set_probes([])
