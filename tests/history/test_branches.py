"""Branches: what would have happened, next to what did."""

import random

import pytest
from test_real import CASES, Sink, begin, contents

from gabagool import GabagoolError
from gabagool.history.recorder import Recorder
from gabagool.runtime.journal import decode, encode


def nothing(made):
    """Changes at a machine's boundary that change nothing."""
    frame = made.depth
    changes = [("memory", i, 0, bytes(memory.read(0, 64)))
               for i, memory in enumerate(made.store.memories) if memory.size]
    changes += [("global", g.addr, g.bits) for g in made.store.globals if g.type.mutable]
    changes += [("local", frame, i, bits) for i, (t, bits) in enumerate(made.locals())
                if isinstance(t, int) or not bits]
    return changes


def something(made, rng):
    """Changes that matter, or may."""
    memory = made.store.memories[0]
    changes = [("memory", 0, rng.randrange(min(memory.size, 70_000) - 8), rng.randbytes(8))]
    frame = rng.randrange(made.depth) + 1
    for kind, values in (("local", made.locals(made.depth - frame)),
                         ("operand", made.operands(made.depth - frame))):
        numbers = [(i, bits) for i, (t, bits) in enumerate(values)]
        if numbers:
            i, bits = rng.choice(numbers)
            changes.append((kind, frame, i, bits ^ 1))
    return changes


@pytest.mark.parametrize("name", [name for name in CASES if name != "garbage"])
def test_a_branch_that_changes_nothing_is_as_the_run(name, dense):
    sink = Sink()
    main = Recorder(begin(name, sink))
    stop = main.record()
    end, printed = contents(main.machine), sink.data
    rng = random.Random(name)
    for _ in range(3):
        main.seek(rng.randrange(stop.step))
        states = {step: main.seek(step) and contents(main.machine)
                  for step in rng.sample(range(stop.step), 6)}
        main.seek(rng.choice(list(states)))
        branch = main.branch(nothing(main.machine))
        assert branch.fork == branch.total == main.machine.step
        assert branch.record().step == stop.step
        assert contents(main.machine) == end
        assert branch.journal.entries == main.journal.entries
        assert branch.journal.offers.differs is None
        for step, state in states.items():
            branch.seek(step)
            assert contents(main.machine) == state
        main.activate()
        assert contents(main.machine) == end
    assert sink.data == printed      # nothing went out twice


@pytest.mark.parametrize("name", ["quicksort", "life", "stackvm", "corruption", "nbody"])
def test_states_of_a_branch_are_those_of_a_replay_from_zero(name, dense):
    main = Recorder(begin(name))
    total = main.record().step
    rng = random.Random(name)
    for _ in range(6):
        main.activate()
        before = contents(main.machine)
        main.seek(rng.randrange(total))
        if main.machine.store.memories == []:
            return
        branch = main.branch(something(main.machine, rng))
        branch.record(branch.fork + 60_000)
        reference = begin(name)
        reference.journal = type(branch.journal)(branch.journal.entries)
        reference.journal.edits = branch.journal.edits
        steps = sorted({0, branch.fork, max(branch.fork - 1, 0), branch.total,
                        *(rng.randrange(branch.total + 1) for _ in range(8))})
        states = {}
        for step in steps:
            reference.run(step)
            states[step] = contents(reference)
        for step in rng.sample(steps, len(steps)):
            branch.seek(step)
            assert contents(branch.machine) == states[step], step
        main.activate()
        assert contents(main.machine) == before


def test_branches_of_branches_share_what_is_before(dense):
    main = Recorder(begin("quicksort"))
    main.record()
    main.seek(9000)
    one = main.branch(nothing(main.machine))
    one.record(20_000)
    two = one.branch(nothing(main.machine))
    two.record()
    one.activate()
    one.seek(4000)
    three = one.branch(nothing(main.machine))        # before the fork of `one`: main's
    assert (two.before, one.before, three.before) == (one, main, main)
    assert [len(r.journal.edits) for r in (main, one, two, three)] == [0, 1, 2, 1]
    three.record()
    assert main.total == two.total == three.total
    for recorder in (two, three, main, one):
        recorder.activate()
        for step in (0, 3999, 4000, 8999, 9000, 15_000, 20_000):
            recorder.seek(step)
            reference = begin("quicksort")
            reference.run(step)
            assert contents(main.machine)[1:] == contents(reference)[1:]
        assert None not in recorder.lane("depth", 0, recorder.total, 40)
        assert list(recorder.retained()) == sorted(set(recorder.retained()))


def test_what_was_printed_before_is_not_printed_again_and_what_is_new_is():
    sink = Sink()
    main = Recorder(begin("hello", sink))
    main.record()
    printed = sink.data
    at = bytes(main.machine.store.memories[0].region.view).index(printed[:5])
    main.seek(0)
    branch = main.branch([("memory", 0, at, b"Jello")])
    branch.record()
    out = b"".join(data for e in branch.journal.entries for _, data in e.output)
    assert out == b"Jello" + printed[5:] and branch.journal.offers.differs is not None
    assert sink.data == printed + out
    main.activate()
    main.seek(0)
    assert bytes(main.machine.store.memories[0].read(at, 5)) == printed[:5]


def test_what_cannot_be_changed_is_said_and_changes_nothing():
    main = Recorder(begin("quicksort"))
    main.record(500)
    before = contents(main.machine)
    bad = [("memory", 0, main.machine.store.memories[0].size, b"x"), ("memory", 0, -1, b"x"),
           ("local", 1, 99, 0), ("local", 0, 0, 0), ("local", 9999, 0, 0),
           ("operand", 1, 99, 0), ("local", 1, 0, 1 << 64), ("local", 1, 0, -1)]
    for change in bad:
        with pytest.raises(GabagoolError):
            main.branch([("memory", 0, 0, b"\1\2\3"), change])
        assert contents(main.machine) == before
        assert main.machine.journal is main.journal
    main.record()
    with pytest.raises(GabagoolError, match="ended"):
        main.branch([("memory", 0, 0, b"x")])


def test_entries_keep_what_the_host_has_read():
    main = Recorder(begin("hello"))
    main.record()
    entries = main.journal.entries
    assert any(entry.reads for entry in entries) and all(entry.seen for entry in entries)
    assert decode(encode(entries)) == list(entries)
