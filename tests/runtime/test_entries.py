"""Entries are the same whether they lie in memory, packed, or in a file."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gabagool.runtime.entries import Entries, Packed
from gabagool.runtime.journal import Entry, Journal
from gabagool.runtime.spill import Spill, Spilled

SMALL = 20_000          # bytes of room: some twenty entries


def entry(number: int, size: int = 10) -> Entry:
    data = number.to_bytes(4, "little") * size
    prints = number % 3 == 0
    return Entry(7 * number, f"m.f{number % 5}", (number, 1 << 100), (number & 1,),
                 (("memory", 0, number, data), ("grow", 0, 1)) if number % 50 == 7 else (),
                 ((1, data),) if prints else (), ("exit", 3) if number % 97 == 96 else None,
                 data if number % 2 else None, ((0, 1, 2),), data[:16])


def random_bytes(size: int, step: int = 0) -> Entry:
    return Entry(step, "m.f", (), output=((1, os.urandom(size)),))


def packs(entries: Entries) -> list[Packed]:
    return entries._packs


@pytest.mark.parametrize("count", [0, 5, 300, 3000])
def test_whatever_is_asked_for_is_as_it_was(count: int) -> None:
    made = [entry(i) for i in range(count)]
    entries = Entries(made, SMALL)
    assert len(entries) == count and list(entries) == made and entries[:] == made
    assert bool(packs(entries)) is (count >= 300)
    for at in {0, count // 3, count - 1} if count else ():
        assert entries[at] == made[at] and entries[at - count] == made[at]
        assert entries[at:at + 7] == made[at:at + 7]
    for wrong in (count, -count - 1):
        with pytest.raises(IndexError):
            entries[wrong]
    assert entries.between(70, 7 * 40 + 1) == made[10:41]
    assert entries.number_between(70, 7 * 40 + 1) == len(made[10:41])


@given(st.lists(st.integers(0, 400), min_size=1, max_size=6), st.integers(0, 300))
@settings(max_examples=30, deadline=None)
def test_a_beginning_shares_what_is_packed_and_goes_its_own_way(cuts: list[int],
                                                                more: int) -> None:
    made = [entry(i) for i in range(400)]
    entries = Entries(made, SMALL)
    for cut in cuts:
        count = min(cut, len(entries))
        entries, made = entries.until(count), made[:count]
        new = [entry(i) for i in range(count, count + more)]
        for each in new:
            entries.append(each)
        made += new
        assert list(entries) == made
        columns = Entries(made).columns
        assert (entries.columns.steps, entries.columns.printed, entries.columns.outputs,
                entries.columns.calls, entries.columns.grown) == (
                    columns.steps, columns.printed, columns.outputs, columns.calls, columns.grown)


def test_memory_stays_bounded_and_the_rest_is_in_a_file() -> None:
    made = [random_bytes(500) for _ in range(2000)]
    entries = Entries(made, 100_000)
    assert any(isinstance(pack, Spilled) for pack in packs(entries))
    columns = 2000 * 8 * 5
    assert entries.bytes < 2 * 100_000 + columns
    assert list(entries) == made


def test_a_full_disk_costs_memory_but_no_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Spill, "add", lambda _self, _data: None)
    made = [random_bytes(500) for _ in range(2000)]
    entries = Entries(made, 100_000)
    assert list(entries) == made and not any(isinstance(p, Spilled) for p in packs(entries))


def test_one_entry_larger_than_all_room() -> None:
    made = [entry(0), random_bytes(300_000, 1), entry(2), random_bytes(300_000, 20), entry(4)]
    assert list(Entries(made, 100_000)) == made


def test_what_can_not_be_packed_stays_as_it_is() -> None:
    made = [Entry(i, "m.f", (), end=("trap", "\ud800")) for i in range(300)]
    assert list(Entries(made, SMALL)) == made


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only where processes fork")
def test_a_forked_process_does_not_write_into_its_parents_file() -> None:
    made = [random_bytes(500) for _ in range(1000)]
    entries = Entries(made, 50_000)
    child = os.fork()
    if not child:
        for _ in range(1000):
            entries.append(random_bytes(500))
        os._exit(0 if list(entries)[:1000] == made and len(entries) == 2000 else 1)
    for _ in range(1000):
        made.append(random_bytes(500))
        entries.append(made[-1])
    assert os.waitpid(child, 0)[1] == 0
    assert list(entries) == made


def test_several_runs_in_one_journal() -> None:
    made = [entry(i % 200) for i in range(1000)]
    assert list(Entries(made, SMALL)) == made


def test_numbers_by_name() -> None:
    entries = Entries([entry(i) for i in range(300)], SMALL)
    assert entries.named({"m.f1", "m.other"}, 100) == {"m.f1": list(range(101, 300, 5))}


def test_a_replay_from_packed_entries_is_the_recording() -> None:
    journal = Journal()
    journal.entries = Entries(room=SMALL)
    for i in range(1000):
        journal.append(entry(i))
    journal.position = 0
    assert [journal.replay(7 * i, f"m.f{i % 5}", (i, 1 << 100)) for i in range(1000)] == [
        entry(i) for i in range(1000)]
    assert journal.live
