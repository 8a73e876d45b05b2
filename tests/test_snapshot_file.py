"""Snapshot files: what is loaded is what was saved; anything else is refused with a clear text."""

import hashlib
import os
import random
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gabagool import snapshot as files
from gabagool.errors import SnapshotError
from gabagool.runtime import wire
from gabagool.runtime.pages import Pages
from gabagool.runtime.state import Control, Snapshot

HASHES = (hashlib.sha256(b"a").digest(), hashlib.sha256(b"b").digest())
MEMORY = random.Random(1).randbytes(5000) + bytes(3 * 65536 - 5000)
SNAPSHOT = Snapshot(
    123_456_789_012,
    {"stack": Pages.from_bytes(b"\1" * 100), "memory 0": Pages.from_bytes(MEMORY)},
    Control(7, 0x1F3A, 16, 2, 3, 100, (("data", 0, 1),)), b"\x81\xa4wasi\x00", 0)
FILE = files.dump(SNAPSHOT, HASHES)


class Holder:
    """Stands in for a machine: what files need of it."""

    def __init__(self, state=None, hashes=HASHES):
        self.state = state
        self.store = SimpleNamespace(instances=[
            SimpleNamespace(compiled=SimpleNamespace(hash=h)) for h in hashes])

    def exported(self):
        return self.state

    def restore_checked(self, snapshot):
        self.state = snapshot


def signed(content):
    return content + hashlib.sha256(content).digest()


def test_round_trip():
    header, snapshot = files.load(FILE)
    assert snapshot == SNAPSHOT
    assert header == files.Header(HASHES, SNAPSHOT.step)


def test_a_file_has_no_journal():
    entries = Snapshot(1, {}, SNAPSHOT.control, b"", 99)
    assert files.load(files.dump(entries, ()))[1].journal == 0


def test_save_and_load_a_machine(tmp_path):
    path = tmp_path / "state.gabasnap"
    path.write_bytes(b"an older file")
    files.save_file(path, Holder(SNAPSHOT))
    other = Holder()
    files.load_file(path, other)
    assert other.state == SNAPSHOT
    assert os.listdir(tmp_path) == ["state.gabasnap"]


def test_a_failed_save_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "state"
    path.write_bytes(b"old")

    def full(_):
        raise OSError(28, "No space left on device")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.save_file(path, Holder(SNAPSHOT))
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["state"]


def test_another_program_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "state"
    path.write_bytes(FILE)
    other = Holder(hashes=HASHES[:1])
    with pytest.raises(SnapshotError, match=r"of another program.*give the program"):
        files.load_file(path, other)
    assert other.state is None


@pytest.mark.parametrize(("data", "text"), [
    (b"", "not a gabagool snapshot"),
    (b"\0asm\1\0\0\0" * 10, "not a gabagool snapshot"),
    (FILE[:30], "not a gabagool snapshot"),
    (FILE[:8] + b"\2\0" + FILE[10:], "format 2, this gabagool reads 1"),
    (FILE[:-1], "damaged or cut short"),
    (FILE + b"\0", "damaged or cut short"),
    (signed(FILE[:-32] + b"\0"), "1 bytes too many"),
    (signed(FILE[:40]), "head is cut short"),
])
def test_what_is_wrong_is_said(data, text):
    with pytest.raises(SnapshotError, match=text):
        files.load(data)


def test_a_small_file_cannot_unpack_to_much():
    bomb = files.dump(Snapshot(0, {"memory 0": Pages.from_bytes(b"\1" * (8 << 20))},
                               SNAPSHOT.control, b"", 0), HASHES)
    assert len(bomb) < 20_000
    with pytest.raises(SnapshotError, match="unpacks to 8396800 bytes"):
        files.load(bomb, limit=1 << 20)
    assert files.load(bomb)[1].regions["memory 0"].size == 8 << 20


def test_the_two_steps_must_agree():
    head = wire.pack((list(HASHES), 5))
    start = 10 + 4
    size = int.from_bytes(FILE[10:start], "little")
    content = FILE[:10] + len(head).to_bytes(4, "little") + head + FILE[start + size:-32]
    with pytest.raises(SnapshotError, match="contradicts itself"):
        files.load(signed(content))


def test_every_truncation_is_refused():
    for size in range(0, len(FILE), 7):
        for data in (FILE[:size], signed(FILE[:size])):
            with pytest.raises(SnapshotError):
                files.load(data)


@given(st.integers(0), st.binary(min_size=1, max_size=8), st.booleans())
@settings(max_examples=3000, deadline=None)
def test_mutations_with_a_right_checksum_are_refused_or_well_formed(at, patch, insert):
    content = bytearray(FILE[:-32])
    at %= len(content)
    content[at:at + (0 if insert else len(patch))] = patch
    try:
        _, snapshot = files.load(signed(bytes(content)), limit=1 << 22)
    except SnapshotError:
        return
    assert isinstance(snapshot.control, Control)
    for region in snapshot.regions.values():
        assert sum(map(len, region.pages)) == region.size
