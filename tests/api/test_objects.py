"""Objects of the GC heap in Python: looked at, changed, held, passed back, and recorded."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from gabagool import (
    I31,
    ArrayRef,
    Func,
    GabagoolError,
    Instance,
    Linker,
    Machine,
    Module,
    SnapshotError,
    Store,
    StructRef,
)
from gabagool.native.layout import HeapWord
from gabagool.runtime import journal as journals
from gabagool.runtime.journal import Journal
from gabagool.types import ANY, I32, FuncType, reftype
from tests.machines import wat
from tests.native.states import state

TEXT = """(module
  (type $text (array (mut i16)))
  (type $point (struct (field $x (mut i32)) (field $y (mut f64)) (field $name (ref null $text))
                       (field $tag (mut i8)) (field $other (mut anyref)) (field $f funcref)))
  (type $node (struct (field (ref null $node))))
  (import "host" "see" (func $see (param anyref) (result anyref)))
  (global $kept (mut anyref) (ref.null any))
  (export "kept" (global $kept))
  (func $point (export "point") (param $x i32) (result (ref $point))
    (struct.new $point (local.get $x) (f64.const 1.5)
      (array.new_fixed $text 3 (i32.const 104) (i32.const 105) (i32.const -1))
      (i32.const -2) (ref.i31 (i32.const -7)) (ref.func $point)))
  (func (export "x") (param (ref $point)) (result i32) (struct.get $point $x (local.get 0)))
  (func (export "same") (param anyref anyref) (result i32)
    (ref.eq (ref.cast eqref (local.get 0)) (ref.cast eqref (local.get 1))))
  (func (export "back") (param anyref) (result anyref) (local.get 0))
  (func (export "out") (param anyref) (result externref) (extern.convert_any (local.get 0)))
  (func (export "churn") (param $n i32)
    (loop $more (drop (struct.new $node (ref.null $node)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "run") (param $n i32) (result i32) (local $sum i32) (local $point (ref null $point))
    (loop $more
      (local.set $point (call $point (local.get $n)))
      (global.set $kept (call $see (local.get $point)))
      (local.set $sum (i32.add (local.get $sum) (struct.get $point $x (local.get $point))))
      (drop (array.new_default $text (i32.const 50000)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))"""


class World:
    """The program and a host that keeps every tenth point, and changes them all."""

    def __init__(self) -> None:
        self.store = Store()
        self.seen: list[StructRef] = []
        linker = Linker(self.store)
        anyref = reftype(True, ANY)
        linker.define_func("host", "see", FuncType((anyref,), (anyref,)), self.see)
        self.exports = linker.instantiate(Module(wat(TEXT))).exports(self.store)

    def see(self, point: StructRef) -> object:
        point[0] = point[0] * 2
        if self.seen:
            point[4] = self.seen[-1]
        if point[0] % 20 == 0:
            point.hold()
            self.seen.append(point)
        elif point[0] % 6 == 0:
            result = I31(point[0])
            point.release()
            return result
        return point[2] if point[0] % 3 else I31(point[0])

    def call(self, name: str, *args: object) -> object:
        return self.func(name)(self.store, *args)

    def func(self, name: str) -> Func:
        found = self.exports[name]
        assert isinstance(found, Func)
        return found


def test_a_structure() -> None:
    world = World()
    point = world.call("point", 5)
    assert isinstance(point, StructRef)
    x, y, name, tag, other, func = point.fields
    assert (x, y, tag, other) == (5, 1.5, 0xFE, I31(-7))
    assert isinstance(name, ArrayRef) and list(name) == [104, 105, 0xFFFF]
    assert isinstance(func, Func) and func(world.store, 9)[0] == 9
    assert len(point) == 6 and point[-2] == I31(-7) and point.type.fields[3].packed
    assert repr(point).startswith("<StructRef $point at 0x")
    with pytest.raises(IndexError):
        point[6]


def test_changing_one() -> None:
    world = World()
    point = world.call("point", 5)
    assert isinstance(point, StructRef)
    point[0], point[1], point[3], point[4] = -3, 2.25, 300, point
    assert point.fields[:2] == (-3, 2.25) and point[3] == 300 & 0xFF and point[4] == point
    assert world.call("x", point) == -3
    with pytest.raises(TypeError, match="immutable"):
        point[2] = None
    with pytest.raises(TypeError):
        point[0] = "three"
    with pytest.raises(OverflowError):
        point[0] = 1 << 40
    name = point[2]
    name[1] = 0x12345
    assert list(name) == [104, 0x2345, 0xFFFF]


def test_passing_back() -> None:
    world = World()
    point, other = world.call("point", 5), world.call("point", 5)
    assert world.call("back", point) == point != other
    assert len({point, other, world.call("out", point)}) == 2
    assert world.call("same", point, point) == 1 and world.call("same", point, other) == 0
    assert world.call("back", I31(-5)) == I31(-5) and world.call("out", I31(5)) == I31(5)
    with pytest.raises(TypeError):
        world.call("x", I31(1))
    with pytest.raises(TypeError):
        world.call("x", world.call("back", point[2]))
    with pytest.raises(TypeError, match="another store"):
        World().call("back", point)
    with pytest.raises(OverflowError):
        I31(1 << 30)


def test_what_python_holds_is_kept() -> None:
    world = World()
    points = [world.call("point", i) for i in range(100)]
    world.call("churn", 200_000)
    assert world.store.inner.heap.epoch > 0
    assert [p[0] for p in points if isinstance(p, StructRef)] == list(range(100))


def test_what_is_released_is_collected() -> None:
    world = World()
    heap = world.store.inner.heap
    points = [world.call("point", i) for i in range(50)]
    for point in points[::2]:
        assert isinstance(point, StructRef)
        point.release()
        point.release()
    world.call("churn", 200_000)
    live = heap.region.u64(HeapWord.LIVE)
    assert [p[0] for p in points[1::2] if isinstance(p, StructRef)] == list(range(1, 50, 2))
    with pytest.raises(GabagoolError, match="released"):
        world.call("x", points[0])
    for point in points[1::2]:
        assert isinstance(point, StructRef)
        point.release()
    world.call("churn", 200_000)
    assert heap.region.u64(HeapWord.LIVE) < live and heap.pins.size == 0


def test_what_is_of_a_later_time_is_gone() -> None:
    world = World()
    machine = world.func("run").start(world.store, 1)
    before = machine.capture()
    point = world.call("point", 1)
    machine.restore(before)
    with pytest.raises(GabagoolError, match="gone"):
        point[0]
    with pytest.raises(GabagoolError, match="gone"):
        world.call("x", point)


def test_what_a_host_function_gets_is_released_when_it_returns() -> None:
    world = World()
    heap = world.store.inner.heap
    got: list[StructRef] = []
    names: list[object] = []

    def see(point: StructRef) -> None:
        names.append(point[2])
        got.append(point)
        if len(got) % 100 == 0:
            point.hold()

    linker = Linker(world.store)
    anyref = reftype(True, ANY)
    linker.define_func("host", "see", FuncType((anyref,), (anyref,)), see)
    run = linker.instantiate(Module(wat(TEXT))).exports(world.store)["run"]
    assert isinstance(run, Func)
    assert run(world.store, 500) == sum(range(501))
    assert heap.pins.size == 8 * 5 and heap.epoch > 0
    assert [p[0] for p in got[99::100]] == [401, 301, 201, 101, 1]
    for gone in (got[0], got[-2], names[0]):
        assert isinstance(gone, StructRef | ArrayRef)
        with pytest.raises(GabagoolError, match=r"hold\(\) keeps it"):
            gone[0]
    for held in got[99::100]:
        held.release()
    assert heap.pins.size == 0


def test_what_python_had_before_a_call_stays() -> None:
    world = World()
    point = world.call("point", 7)
    assert isinstance(point, StructRef)
    scope = world.store.inner.heap.scope
    with scope([]):
        inner = world.call("point", 8)
        assert isinstance(inner, StructRef)
        with scope([]):
            assert world.call("back", point) == point and world.call("back", inner) == inner
        assert inner[0] == 8
    assert point[0] == 7
    with pytest.raises(GabagoolError, match="gone"):
        inner[0]


# -- views -----------------------------------------------------------------------------------

def test_views() -> None:
    world = World()
    point = world.call("point", 5)
    assert isinstance(point, StructRef)
    view = point.view()
    assert (view.kind, view.text, view.length) == ("struct", "$point", 6)
    assert [item.name for item in view.items] == ["x", "y", "name", "tag", "other", "f"]
    assert [item.text for item in view.items] == ["i32", "f64", "(ref null $text)", "i8", "anyref",
                                                  "funcref"]
    objects = world.store.inner.objects
    inner = [objects.view(item.bits, item.type) for item in view.items[2:5:2]]
    assert [(v.kind, v.text, v.length, v.number) for v in inner] == [
        ("array", "$text", 3, 0), ("i31", "i31", 0, -7)]
    assert [item.bits for item in inner[0].items] == [104, 105, 0xFFFF]
    assert objects.view(inner[0].items[0].bits, view.items[5].type).kind == "lost"
    part = objects.view(view.items[2].bits, view.items[2].type, start=1, count=1)
    assert (part.start, [item.bits for item in part.items]) == (1, [105])
    assert objects.view(view.items[5].bits, view.items[5].type).kind == "func"


def test_views_of_snapshots() -> None:
    world = World()
    point = world.call("point", 5)
    assert isinstance(point, StructRef)
    then = world.func("run").start(world.store, 1).capture().regions["heap"]
    point[0] = 6
    view = world.store.inner.objects.view
    anyref = reftype(True, ANY)
    assert view(point.bits, anyref, heap=then).items[0].bits == 5
    assert view(point.bits, anyref).items[0].bits == 6


def test_a_machine_views_its_locals() -> None:
    _, machine = recorded()
    while machine.depth != 1 or not machine.locals()[2][1]:
        machine.run(machine.step + 1)
    before = machine.capture()
    instance = machine.frames()[0].instance
    views = [machine.view(instance, t, bits) for t, bits in machine.locals() if t != I32]
    assert [v.text for v in views] == ["$point"]
    bits = machine.locals()[2][1]
    machine.run(machine.step + 200)
    t = reftype(True, ANY)
    assert machine.view(instance, t, bits, snapshot=before) == views[0]
    assert machine.view(instance, t, bits) != views[0]


def test_a_view_of_anything_does_no_harm() -> None:
    world = World()
    world.call("point", 5)
    rng = random.Random(3)
    heap = world.store.inner.heap
    kinds = {world.store.inner.objects.view(bits, reftype(True, ANY)).kind
             for bits in [*range(heap.region.size // 8 * 8), *(rng.getrandbits(64)
                                                              for _ in range(1000))][::13]}
    assert "lost" in kinds


# -- recordings ------------------------------------------------------------------------------

def recorded() -> tuple[World, Machine]:
    world = World()
    machine = world.func("run").start(world.store, 60)
    machine.journal = Journal()
    return world, machine


def test_what_hosts_do_to_objects_is_replayed() -> None:
    world, machine = recorded()
    start = machine.capture()
    machine.run(1 << 40)
    assert world.seen and world.store.inner.heap.epoch > 3
    end = state(machine)
    effects = {effect[0] for entry in machine.journal.entries for effect in entry.effects}
    assert {"item", "pin", "unpin"} <= effects
    seen = list(world.seen)
    machine.restore(start)
    machine.run(1 << 40)
    assert state(machine) == end and world.seen == seen

    other, again = recorded()
    again.journal = Journal(journals.decode(journals.encode(machine.journal.entries)))
    again.run(1 << 40)
    assert state(again) == end and not other.seen


def test_a_journal_may_lie() -> None:
    _, machine = recorded()
    machine.run(1 << 40)
    rng, refused = random.Random(4), 0
    entries = machine.journal.entries
    for _ in range(150):
        i = rng.randrange(len(entries))
        entry = entries[i]
        wrong = rng.choice((8, rng.randrange(1 << 20) & ~7, rng.getrandbits(30), 1 << 63))
        effects = list(entry.effects)
        if effects and rng.random() < 0.7:
            at = rng.randrange(len(effects))
            part = rng.randrange(1, len(effects[at]))
            effects[at] = (*effects[at][:part], wrong, *effects[at][part + 1:])
            lie = replace(entry, effects=tuple(effects))
        else:
            lie = replace(entry, results=(wrong,))
        _, other = recorded()
        other.journal = Journal([*entries[:i], lie, *entries[i + 1:]])
        try:
            other.run(1 << 40)
        except SnapshotError:
            refused += 1
    assert refused > 50


def test_instances_share_types_and_objects() -> None:
    world = World()
    source = """(module (type $node (struct (field (ref null $node))))
      (func (export "make") (result anyref) (struct.new $node (ref.null $node)))
      (func (export "test") (param anyref) (result i32) (ref.test (ref $node) (local.get 0))))"""
    exports = Instance(world.store, Module(wat(source))).exports(world.store)
    make, test = exports["make"], exports["test"]
    assert isinstance(make, Func) and isinstance(test, Func)
    assert test(world.store, make(world.store)) == 1
    assert test(world.store, world.call("point", 1)) == 0
