"""Snapshots whose heap lies: refused, or harmless. Native code trusts what has been let in."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from dataclasses import replace

import pytest

from gabagool.errors import SnapshotError
from gabagool.native.layout import HeapWord
from gabagool.runtime import heap as heaps
from gabagool.runtime.machine import Machine
from gabagool.runtime.pages import Pages
from gabagool.runtime.state import Snapshot
from tests.machines import Guest
from tests.native.states import state

from .garbage import FIRST, LIMITS, TEXT

FOREVER = 1 << 40


@pytest.fixture(autouse=True)
def small_heap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heaps, "FIRST_SIZE", FIRST)


def stopped() -> tuple[Machine, Snapshot]:
    machine = Guest(TEXT, limits=LIMITS).begin("run", 40)
    machine.run(9_000)
    assert machine.store.heap.region.u64(HeapWord.COLLECTIONS) > 0
    return machine, machine.exported()


def with_region(snapshot: Snapshot, name: str, data: bytes | bytearray) -> Snapshot:
    return replace(snapshot, regions={**snapshot.regions, name: Pages.from_bytes(data)})


def flip(rng: random.Random, data: bytearray) -> None:
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def swap_words(rng: random.Random, data: bytearray) -> None:
    """References to objects of another type, lengths as types, …"""
    a, b = (rng.randrange(len(data) // 8) * 8 for _ in range(2))
    data[a:a + 8], data[b:b + 8] = data[b:b + 8], data[a:a + 8]


def another_number(rng: random.Random, data: bytearray) -> None:
    at = rng.randrange(len(data) // 4) * 4
    value = rng.choice((0, 1, 2, 8, 64, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 30,
                        rng.randrange(len(data)), rng.randrange(64)))
    data[at:at + 4] = struct.pack("<I", value)


def control_word(rng: random.Random, data: bytearray) -> None:
    word = rng.choice(list(HeapWord)[:-1])
    value = rng.choice((0, 8, 64, len(data) - 8, len(data), rng.randrange(len(data)) & ~7,
                        (1 << 64) - 8, rng.getrandbits(64)))
    data[word:word + 8] = struct.pack("<Q", value)


@pytest.mark.parametrize("lie", [flip, swap_words, another_number, control_word])
def test_a_heap_may_lie(lie: Callable[[random.Random, bytearray], None]) -> None:
    machine, snapshot = stopped()
    other = Guest(TEXT, limits=LIMITS).machine
    rng, refused = random.Random(7), 0
    heap = snapshot.regions["heap"].to_bytes()
    for _ in range(1_000):
        data = bytearray(heap)
        for _ in range(rng.choice((1, 1, 1, 5))):
            lie(rng, data)
        try:
            other.restore_checked(with_region(snapshot, "heap", data))
            other.run(snapshot.step + 6_000)
        except SnapshotError:
            refused += 1
    assert refused > 100
    other.restore_checked(snapshot)
    other.run(FOREVER)
    machine.run(FOREVER)
    assert state(other) == state(machine)


@pytest.mark.parametrize("name", ["table 0", "globals", "stack", "pins"])
def test_references_elsewhere_may_lie(name: str) -> None:
    _, snapshot = stopped()
    other = Guest(TEXT, limits=LIMITS).machine
    rng, refused = random.Random(8), 0
    region = snapshot.regions[name].to_bytes() or bytes(8)
    size = snapshot.regions["heap"].size
    for _ in range(1_000):
        data = bytearray(region)
        at = rng.randrange(len(data) // 8) * 8
        bits = rng.choice((rng.randrange(size), rng.randrange(size) & ~7, rng.getrandbits(64),
                           rng.randrange(64), 1 << 40))
        data[at:at + 8] = struct.pack("<Q", bits)
        try:
            other.restore_checked(with_region(snapshot, name, data))
            other.run(snapshot.step + 6_000)
        except SnapshotError:
            refused += 1
    assert refused > 100


@pytest.mark.parametrize("size", [8, 64, 4096, 4104, 1 << 23])
def test_a_heap_of_another_size(size: int) -> None:
    machine, snapshot = stopped()
    heap = snapshot.regions["heap"].to_bytes().ljust(size, b"\0")[:size]
    with pytest.raises(SnapshotError):
        machine.restore_checked(with_region(snapshot, "heap", heap))


def test_segments_are_checked_against_the_heap() -> None:
    """Their values are not in snapshots: what they refer to has to be there all the same."""
    machine, snapshot = stopped()
    empty = with_region(snapshot, "heap", b"")
    for name in ("table 0", "globals", "stack"):
        empty = with_region(empty, name, bytes(empty.regions[name].size))
    with pytest.raises(SnapshotError, match="element segment"):
        machine.restore_checked(empty)
