"""Snapshots whose structure is right and whose stack lies: refused, or harmless."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from gabagool import Func, Instance, Limits, Machine, Module, SnapshotError, Store
from gabagool.runtime.pages import Pages

PROGRAM = Path(__file__).parents[2] / "programs" / "quicksort.wasm"
LIMITS = Limits(memory_pages=1024, table_elements=100_000, stack_bytes=1 << 20, call_depth=2_000)


def started() -> Machine:
    store = Store(LIMITS)
    func = Instance(store, Module.from_file(PROGRAM)).exports(store)["sort_test"]
    assert isinstance(func, Func)
    return func.start(store, 200)


def test_every_bit_of_the_stack_may_lie() -> None:
    machine = started()
    machine.run(5_000)
    snapshot = machine.exported()
    rng, refused = random.Random(5), 0
    for _ in range(300):
        stack = bytearray(snapshot.regions["stack"].to_bytes())
        stack[rng.randrange(len(stack))] ^= 1 << rng.randrange(8)
        lie = replace(snapshot,
                      regions={**snapshot.regions, "stack": Pages.from_bytes(stack)})
        try:
            machine.restore_checked(lie)
            machine.run(snapshot.step + 2_000)
        except SnapshotError:
            refused += 1
    assert refused > 20
    machine.restore_checked(snapshot)
    assert machine.run(1 << 40) == started().run(1 << 40)
