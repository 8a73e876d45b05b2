"""Large memories that are hardly used: only what was ever touched is compared."""

from __future__ import annotations

import random

import pytest

from gabagool.runtime import tracking
from gabagool.runtime.region import Region
from gabagool.runtime.touched import runs, touched
from tests.machines import Guest

PAGES = 1 << 14          # of 64 KiB: 1 GiB
MEMORY = f"""(module (memory {PAGES}) (func (export "put") (param i32 i32)
  (i32.store (local.get 0) (local.get 1))))"""


def test_runs() -> None:
    assert runs(b"") == runs(bytes(9)) == []
    assert runs(b"\1\1\0\1\0\0\1") == [(0, 2), (3, 4), (6, 7)]


def test_what_was_written_is_touched() -> None:
    region = Region(1 << 30)
    marks = touched(region.address, 1 << 18)
    if marks is None:
        pytest.skip("this system does not tell")
    assert not any(marks)
    for page in (0, 7, 70_000, (1 << 18) - 1):
        region.view[page * 4096] = 1
    marks = touched(region.address, 1 << 18)
    assert marks is not None
    assert [page for start, end in runs(marks) for page in range(start, end)] == [
        0, 7, 70_000, (1 << 18) - 1]


@pytest.mark.parametrize("system_tells", [True, False])
def test_captures_and_restores(system_tells: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not system_tells:
        monkeypatch.setattr(tracking, "touched", lambda address, count: None)
    rng = random.Random(4)
    guest = Guest(MEMORY)
    memory = guest.store.memories[0]
    snapshots, contents = [], []
    known: dict[int, int] = {}
    for _ in range(6):
        for _ in range(5):
            at, value = rng.randrange(PAGES << 14) * 4, rng.choice([0, rng.randrange(1, 1 << 32)])
            guest.call("put", at, value)
            known[at] = value
        guest.begin("put", 0, 0)
        snapshots.append(guest.machine.capture())
        contents.append(dict(known))
    for i in (2, 5, 0, 3):
        guest.machine.restore(snapshots[i])
        for at in known:
            assert memory.region.u32(at) == contents[i].get(at, 0)
        again = guest.machine.capture()
        assert again.regions["memory 0"].pages == snapshots[i].regions["memory 0"].pages
