"""The allocator against a model: any objects made, dropped and collected in any order."""

from __future__ import annotations

import random

import pytest

from gabagool.errors import Trap
from gabagool.native.layout import HeapWord
from gabagool.runtime import heap as heaps
from gabagool.runtime.limits import Limits
from gabagool.runtime.references import References
from tests.machines import Guest

TEXT = """(module
  (type $empty (struct))
  (type $pair (struct (field i64) (field anyref)))
  (type $bytes (array i8))
  (type $refs (array anyref))
  (table 40 anyref)
  (func (export "f")))"""
LIMIT = 1 << 20


class Model:
    """What lies in the table: (offset, type, contents) by place. `check` looks at all of it."""

    def __init__(self, seed: int) -> None:
        self.guest = Guest(TEXT, limits=Limits(heap_bytes=LIMIT))
        self.machine = self.guest.begin("f")
        self.heap, self.table = self.guest.store.heap, self.guest.store.tables[0]
        self.empty, self.pair, self.bytes, self.refs, _ = self.guest.instance.types
        self.rng = random.Random(seed)
        self.held: dict[int, tuple[int, int, bytes]] = {}

    def make(self) -> None:
        """Put a new object at a place in the table, in place of what is there."""
        rng, place = self.rng, self.rng.randrange(40)
        kind = rng.choice((self.empty, self.pair, self.bytes, self.refs))
        size = rng.choice((rng.randrange(40), rng.randrange(400), rng.randrange(20_000)))
        if kind == self.empty:
            data = b""
            offset = self.heap.new_struct(kind, [], self.machine.collect)
        elif kind == self.pair:
            data = rng.randbytes(8) + self._some_reference()
            words = [int.from_bytes(data[i:i + 8], "little") for i in (0, 8)]
            offset = self.heap.new_struct(kind, words, self.machine.collect)
        elif kind == self.bytes:
            data = rng.randbytes(size)
            offset = self.heap.new_array(kind, size, data, self.machine.collect)
        else:
            data = b"".join(self._some_reference() for _ in range(size // 8))
            offset = self.heap.new_array(kind, size // 8, data, self.machine.collect)
        self.table.set(place, offset)
        self.held[place] = offset, kind, data

    def _some_reference(self) -> bytes:
        """To an object in the table, or null. It may outlive its place there."""
        known = self.held.get(self.rng.randrange(40))
        return (known[0] if known else 0).to_bytes(8, "little")

    def drop(self) -> None:
        place = self.rng.randrange(40)
        self.table.set(place, 0)
        self.held.pop(place, None)

    def check(self) -> None:
        References(self.guest.store, self.machine.capture())
        for offset, kind, data in self.held.values():
            assert self.heap.type_at(offset) == kind
            assert self.heap.region.read(offset + 8, len(data)) == data


@pytest.mark.parametrize("seed", range(12))
def test_objects_come_and_go(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heaps, "FIRST_SIZE", 8192)
    model = Model(seed)
    full = 0
    for _ in range(1500):
        try:
            model.rng.choice((model.make, model.make, model.make, model.drop))()
        except Trap:          # what refers to what may keep everything
            full += 1
            for place in range(40):
                model.table.set(place, 0)
            model.held.clear()
        if model.rng.random() < 0.05:
            model.machine.collect(model.rng.randrange(10_000))
            model.check()
    model.check()
    heap = model.heap
    assert heap.region.u64(HeapWord.COLLECTIONS) > 20 and full < 100
    for place in range(40):
        model.table.set(place, 0)
    model.machine.collect(0)
    assert heap.region.u64(HeapWord.LIVE) == 0 and heap.region.size == 8192


def test_objects_of_one_size_leave_no_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the objects die: as many new ones fit into their places."""
    monkeypatch.setattr(heaps, "FIRST_SIZE", 8192)
    model = Model(0)
    offsets = []
    while len(offsets) < 40:
        offsets.append(model.heap.new_struct(model.pair, [len(offsets), 0]))
        model.table.set(len(offsets) - 1, offsets[-1])
    for place in range(0, 40, 2):
        model.table.set(place, 0)
    model.machine.collect(0)
    again = [model.heap.new_struct(model.pair, [0, 0]) for _ in range(20)]
    assert sorted(again) == offsets[::2]
