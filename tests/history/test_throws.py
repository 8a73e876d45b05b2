"""The record of exceptions thrown, and that a recording's events are the same however it went."""

from __future__ import annotations

import pytest

from gabagool.errors import Thrown
from gabagool.history.recorder import Recorder
from gabagool.runtime.host import Caller
from gabagool.runtime.stops import Position
from gabagool.runtime.store import Store
from gabagool.runtime.throws import Throw, Throws
from gabagool.types import I32, FuncType, TagType
from tests.machines import Guest
from tests.runtime.throwing import LEGACY, NEW

THROWN = (
    Throw(3, 1, (7, 1 << 100 | 5), Position(0, 2, 99)),
    Throw(9, 0, (), None),
    Throw(20, 2, ((1 << 64) - 1,), Position(1, 0, 40)),
    Throw(21, 2, (6,), Position(1, 0, 40)),
)


def _noted() -> Throws:
    throws = Throws()
    for t in THROWN:
        throws.note(t.step, t.tag, t.values, t.caught)
    return throws


def test_what_was_noted() -> None:
    throws = _noted()
    assert tuple(throws[i] for i in range(len(throws))) == THROWN
    assert [throws.index(step) for step in (0, 3, 4, 9, 20, 22)] == [0, 0, 1, 1, 2, 4]


def test_a_replay_is_not_noted() -> None:
    throws = _noted()
    for t in THROWN:
        throws.note(t.step, 5, (1,), None)
    assert tuple(throws[i] for i in range(len(throws))) == THROWN


@pytest.mark.parametrize("kept", range(5))
def test_forgotten(kept: int) -> None:
    throws = _noted()
    throws.forget(THROWN[kept].step if kept < len(THROWN) else 1000)
    assert tuple(throws[i] for i in range(len(throws))) == THROWN[:kept]
    for t in THROWN[kept:]:
        throws.note(t.step, t.tag, t.values, t.caught)
    assert tuple(throws[i] for i in range(len(throws))) == THROWN


@pytest.mark.parametrize(("source", "n"), [(NEW, 3), (NEW, 8), (LEGACY, 2), (LEGACY, 4)])
def test_events_are_the_same_however_it_was_recorded(source: str, n: int) -> None:
    """In one go, or step by step with excursions into the past."""
    whole = Recorder(Guest(source).begin("run", n))
    whole.record()
    cut = Recorder(Guest(source).begin("run", n))
    while cut.record(cut.total + 3).reason == "fuel":
        cut.seek(cut.total // 2)
        cut.advance(cut.total)
    assert cut.events(0, 1 << 40) == whole.events(0, 1 << 40)
    kinds = [event.kind for event in whole.events(0, 1 << 40)]
    assert "throw" in kinds and kinds[-1] in ("finished", "exception")


def test_what_a_failed_call_undid_did_not_happen() -> None:
    """A host function that fails takes the recording back to the slice's start."""
    store = Store()
    tag = store.new_tag(TagType(FuncType((I32,))), "e")
    failing = [True]

    def f(_: Caller, n: int) -> None:
        if n == 2 and failing:
            raise OSError("the host is out of order")
        raise Thrown("", store.new_exn(tag.addr, (n,)))

    func = store.new_host_func(FuncType((I32,)), f, "f")
    guest = Guest("""(module
      (import "h" "e" (tag $e (param i32))) (import "h" "f" (func $f (param i32)))
      (func (export "run") (local $n i32)
        (loop $more
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (block $h (result i32) (try_table (catch $e $h) (call $f (local.get $n))) (unreachable))
          (br_if $more (i32.lt_u (i32.const 3))))))""",
                  {("h", "e"): tag, ("h", "f"): func}, store)
    recorder = Recorder(guest.begin("run"))
    with pytest.raises(OSError):
        recorder.record()
    assert not [e for e in recorder.events(0, 1 << 40) if e.kind == "throw"]
    failing.clear()
    recorder.record()
    assert [e.text.partition(" ")[0] for e in recorder.events(0, 1 << 40)
            if e.kind == "throw"] == ["e(1)", "e(2)", "e(3)"]
