"""What lies in a heap, counted; collections noted once, however a run is cut."""

from __future__ import annotations

import pytest

from gabagool.native.layout import HeapWord
from gabagool.runtime import heap as heaps
from gabagool.runtime.census import heap_view
from gabagool.runtime.collected import Collection, Collections
from gabagool.runtime.machine import Machine
from tests.machines import Guest

from .garbage import FIRST, LIMITS, TEXT

FOREVER = 1 << 40


@pytest.fixture(autouse=True)
def small_heap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heaps, "FIRST_SIZE", FIRST)


def begun(rounds: int = 60) -> Machine:
    machine = Guest(TEXT, limits=LIMITS).begin("run", rounds)
    machine.collections = Collections()
    return machine


def counted(machine: Machine) -> dict[int, tuple[int, int]]:
    """The census by trying every offset."""
    heap = machine.store.heap
    found: dict[int, tuple[int, int]] = {}
    for offset in range(HeapWord.FIRST, heap.region.size, 8):
        if heap.is_object(offset):
            number = heap.type_at(offset) & 0xFFFFFF
            count, size = found.get(number, (0, 0))
            found[number] = count + 1, size + heap.size_at(offset)
    return found


def test_a_census_counts_every_object() -> None:
    machine = begun()
    assert machine.store.heap.census() != {}            # a global's
    for until in (500, 5_000, 20_000):
        machine.run(until)
        assert machine.store.heap.census() == counted(machine)


def test_without_a_heap_there_is_nothing_to_count() -> None:
    view = heap_view(Guest("(module (func (export \"run\")))").begin("run").store)
    assert (view.size, view.used, view.live, view.collections, view.types) == (0, 0, 0, 0, ())


def test_views_are_ordered_and_add_up() -> None:
    machine = begun()
    machine.run(30_000)
    view = heap_view(machine.store)
    sizes = [each.bytes for each in view.types]
    assert sizes == sorted(sizes, reverse=True) and view.used == sum(sizes)
    assert HeapWord.FIRST + view.used <= view.size <= view.limit
    assert {"$leaf", "$tree"} <= {each.text for each in view.types if each.kind == "struct"}
    assert {"$bytes", "$refs"} <= {each.text for each in view.types if each.kind == "array"}


def test_collections_are_the_same_however_a_run_is_cut() -> None:
    whole, parts = begun(), begun()
    whole.run(FOREVER)
    for until in range(777, whole.step + 777, 777):
        parts.run(until)
    assert whole.collections is not None and parts.collections is not None
    found = [whole.collections[i] for i in range(len(whole.collections))]
    assert found == [parts.collections[i] for i in range(len(parts.collections))]
    assert len(found) == whole.store.heap.control(HeapWord.COLLECTIONS) > 2
    assert all(each.live < each.size for each in found)


def test_what_is_replayed_is_not_noted_again() -> None:
    machine = begun()
    machine.run(10_000)
    snapshot = machine.capture()
    machine.run(FOREVER)
    assert machine.collections is not None
    count = len(machine.collections)
    machine.restore(snapshot)
    machine.run(FOREVER)
    assert len(machine.collections) == count
    machine.collections.forget(machine.collections.steps[2])
    assert len(machine.collections) == 2


def test_a_collection_in_words() -> None:
    assert str(Collection(7, 1000, 4096, 4096)) == "1,000 of 4,096 bytes live on"
    assert str(Collection(7, 4000, 4096, 8192)) == (
        "4,000 of 4,096 bytes live on, the heap has 8,192 now")
