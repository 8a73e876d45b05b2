"""Fused handlers do exactly what the plain ones do, at every boundary, for any sequence."""

from __future__ import annotations

import os
import random

import pytest

from gabagool.isa import FORM_NUMBER, FORMS
from gabagool.native import compiler
from gabagool.native.engine import Native, native
from gabagool.runtime.machine import Machine
from gabagool.runtime.store import Store
from tests.machines import Guest, wat

from .shapes import Shape
from .states import state, walk

SEEDS = int(os.environ.get("GABAGOOL_FUSION_SEEDS", "2"))


def begin(source: bytes, handlers: Native, arguments: list[int]) -> Machine:
    store = Store()
    store.native = handlers
    return Guest(source, store=store).begin("run", *arguments)


def is_fused(machine: Machine, names: tuple[str, ...]) -> bool:
    """Whether the sequence in `run` starts with a word that has a fused handler."""
    assert machine.entry is not None and machine.entry.lowered is not None
    func, lowered = machine.entry, machine.entry.lowered
    numbers = [lowered.form_number(at) for at in lowered.words]
    wanted = [FORM_NUMBER[name] for name in names]
    first = next(i for i in range(len(numbers)) if numbers[i:i + len(wanted)] == wanted)
    at = func.base + lowered.words[first] - machine.store.arena.address
    return machine.store.arena.u64(at) not in machine.store.native.plain_handlers()


def check(names: tuple[str, ...], handlers: Native, seed: int) -> None:
    """Run one shape for every number of steps, fused where possible; stepping is never fused."""
    shape = Shape(names, seed)
    source, arguments = wat(shape.text()), shape.arguments()
    expected = walk(begin(source, handlers, arguments))
    machine = begin(source, handlers, arguments)
    assert is_fused(machine, names)
    start = machine.capture()
    machine.run(1 << 40)
    assert state(machine) == expected[-1]
    for n in range(len(expected)):
        machine.restore(start)
        machine.run(n)
        assert state(machine) == expected[n], f"step {n}"


@pytest.mark.parametrize("names", native(best=True).fusions, ids="|".join)
def test_sequence(names: tuple[str, ...]) -> None:
    for seed in range(SEEDS):
        check(names, native(best=True), seed)


# -- sequences nobody chose ------------------------------------------------------------------

# Forms a shape can be made of, and those that end it.
_INSIDE = [form.name for form in FORMS if form.kind in ("value", "effect")
           and not form.unit and "+" not in form.name
           and not form.name.startswith(("ref.", "memory."))]
_LAST = [*_INSIDE, "if", "br", "br_if", "br_table", "call", "call_indirect"]


def random_sequences(count: int, rng: random.Random) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    while len(found) < count:
        names = [rng.choice((rng.choice(_INSIDE), "local.get", "local.set", "local.tee"))
                 for _ in range(rng.randrange(1, 6))]
        names.append(rng.choice((rng.choice(_LAST), "call", "br_if")))
        try:
            Shape(names, 0)
        except AssertionError:      # not typable
            continue
        found.append(tuple(names))
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("level", [compiler.QUICK, compiler.BEST])
def test_random_sequences(level: int) -> None:
    seed = int(os.environ.get("GABAGOOL_SEED", "1"))
    print("seed", seed)
    rng = random.Random(seed)
    handlers = Native(compiler.compile_main(random_sequences(150 * SEEDS, rng), level))
    assert len(handlers.fusions) > 50 * SEEDS
    for names in handlers.fusions:
        try:
            check(names, handlers, rng.randrange(1 << 30))
        except AssertionError as error:
            raise AssertionError(f"{'|'.join(names)}: {error}") from error
