"""Events in words, along them, and notes on steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from debugger.exchange import CommandError
from debugger.session import Session
from gabagool.wasi import describe, types
from gabagool.wasi.functions import FUNCTIONS
from gabagool.wasi.options import WasiOptions
from gabagool.wasi.witx import PAIRS, SIGNATURES

PROGRAMS = Path(__file__).parents[2] / "programs"


@pytest.fixture
def reading(tmp_path: Path) -> Session:
    (tmp_path / "notes.txt").write_text("hello there\n")
    session = Session.open(PROGRAMS / "readfile.wasm", args=["/data/notes.txt"],
                           wasi=WasiOptions(dir=(f"{tmp_path}::/data",)))
    session.run_to_end()
    return session


def test_calls_are_decoded(reading: Session) -> None:
    texts = [view.text for view in reading.events()]
    opened = next(text for text in texts if text.startswith("path_open"))
    assert '"notes.txt"' in opened and opened.endswith("= fd 4")
    assert "dirflags=SYMLINK_FOLLOW" in opened
    assert 'fd_read(fd 4, 1 buffer "hello there\\n") = nread 12' in texts
    assert "fd_prestat_get(fd 4) = EBADF" in texts
    assert any(t.startswith("fd_write(fd 1, ") and t.endswith("= nwritten 40") for t in texts)
    assert {view.kind for view in reading.events(("grow",))} == {"grow"}


def test_along_the_events(reading: Session) -> None:
    steps = [view.step for view in reading.events()]
    reading.goto(0)
    forward = []
    while (arrival := reading.next_event()).reason not in ("none", "finished"):
        forward.append(arrival.step)
    assert [*forward, arrival.step] == steps
    back = []
    while (arrival := reading.next_event(forward=False)).reason != "none":
        back.append(arrival.step)
    assert back == steps[-2::-1] and "no such event" in arrival.message
    assert reading.next_event(("output",)).step == reading.events(("output",))[0].step


def test_finding_an_event(reading: Session) -> None:
    reading.goto(0)
    arrival = reading.find_event("notes.txt")
    assert "path_open" in arrival.message
    assert "EBADF" in reading.find_event("ebadf", forward=False).message
    assert reading.find_event("no such thing").reason == "none"


def test_signatures_are_those_of_the_functions() -> None:
    assert {function.name for function in FUNCTIONS} == SIGNATURES.keys()
    for function in FUNCTIONS:
        signature = SIGNATURES[function.name]
        words = sum(2 if kind in PAIRS else 1 for _, kind in signature.params)
        assert words + len(signature.results) == len(function.params), function.name


@pytest.mark.parametrize("name", sorted(SIGNATURES))
def test_any_call_can_be_told(name: str) -> None:
    full = f"wasi_snapshot_preview1.{name}"
    for value in (0, 1, 8, 0xFFFFFFFF, (1 << 64) - 1):
        args = [value] * 12
        for results in ((), (0,), (44,), (999,)):
            assert describe.describe(full, args, results, [(0, b"abc")],
                                     lambda at, length: b"").startswith(name)


W = "wasi_snapshot_preview1."
CLOCK = types.SUBSCRIPTION_HEAD.pack(7, 0) + types.PREVIEW1.clock.pack(1, 1_500_000_000, 0, 0)
READ = (types.SUBSCRIPTION_HEAD.pack(7, 1) + b"\0").ljust(types.PREVIEW1.subscription_size, b"\0")
FILE = types.PREVIEW1.filestat.pack(1, 2, 4, 1, 12345, 0, 0, 0)


@pytest.mark.parametrize(("call", "args", "results", "written", "text"), [
    ("path_open", [3, 1, 100, 4, 9, types.Right.FILE, 3, 4, 200], [0], [(200, b"\5\0\0\0")],
     'path_open(fd 3, dirflags=SYMLINK_FOLLOW, "note", oflags=CREAT|TRUNC, base=13 rights, '
     "inheriting=FD_DATASYNC|FD_READ, fdflags=NONBLOCK) = fd 5"),
    ("fd_fdstat_set_rights", [3, types.Right.ALL, 1 << 40], [76], [],
     "fd_fdstat_set_rights(fd 3, base=ALL, inheriting=0x10000000000) = ENOTCAPABLE"),
    ("fd_fdstat_get", [3, 8], [0], [(8, types.FDSTAT.pack(4, 1, 2, 0))],
     "fd_fdstat_get(fd 3) = REGULAR_FILE, APPEND, FD_READ"),
    ("fd_filestat_get", [3, 8], [0], [(8, FILE)],
     "fd_filestat_get(fd 3) = REGULAR_FILE, 12,345 bytes"),
    ("fd_prestat_get", [3, 8], [0], [(8, types.PRESTAT.pack(0, 5))],
     "fd_prestat_get(fd 3) = directory, name of 5 bytes"),
    ("proc_raise", [6], [58], [], "proc_raise(signal=ABRT) = ENOTSUP"),
    ("fd_seek", [3, (1 << 64) - 5, 1, 8], [0], [(8, b"d".ljust(8, b"\0"))],
     "fd_seek(fd 3, offset=-5, whence=CUR) = offset 100"),
    ("sock_shutdown", [3, 3], [0], [], "sock_shutdown(fd 3, how=RD|WR) = ok"),
    ("fd_advise", [3, 0, 9, 2], [8], [], "fd_advise(fd 3, offset=0, len=9, advice=RANDOM) = EBADF"),
    ("path_filestat_set_times", [3, 0, 100, 4, 5, 6, 3], [0], [],
     'path_filestat_set_times(fd 3, flags=0, "note", atim=5, mtim=6, fst=ATIM|ATIM_NOW) = ok'),
])
def test_flags_errors_and_records_have_their_names(
        call: str, args: list[int], results: list[int], written: list[tuple[int, bytes]],
        text: str) -> None:
    assert describe.describe(W + call, args, results, written,
                             lambda at, length: b"note"[:length]) == text


def test_what_a_poll_waits_for() -> None:
    text = describe.describe(W + "poll_oneoff", [8, 100, 2, 200], [0], [(200, b"\1\0\0\0")],
                             lambda at, length: (CLOCK + READ)[:length])
    assert text == ("poll_oneoff(in=[MONOTONIC 1.5 s, read fd 0], out=0x64, nsubscriptions=2) = "
                    "nevents 1")
    assert "[…]" in describe.describe(W + "poll_oneoff", [8, 100, 1 << 31, 200], [0], [],
                                      lambda at, length: b"")


def test_notes(reading: Session) -> None:
    reading.goto(2_561)
    reading.note("opens the file")
    reading.set_mark("a", 100)
    assert [(each.step, each.letter, each.text) for each in reading.noted()] == [
        (100, "a", ""), (2_561, "", "opens the file")]
    reading.note("", 2_561)
    assert len(reading.noted()) == 1
    with pytest.raises(CommandError, match="no note"):
        reading.note("", 2_561)
    with pytest.raises(CommandError, match="not recorded"):
        reading.note("later", 10**9)


def test_notes_are_saved_and_a_saved_recording_has_calls(tmp_path: Path) -> None:
    session = Session.open(PROGRAMS / "corruption.wasm")
    session.run_to_end()
    session.note("it traps here")
    session.set_mark("b", 96_758)
    calls = session.calls_of("trade", 0, 5)
    profile, events = session.profile(), session.events()
    file = tmp_path / "bank.gaba"
    session.save(file)
    session.close()
    again = Session.open(file)
    assert [(n.step, n.letter, n.text) for n in again.noted()] == [
        (96_758, "b", ""), (3_535_899, "", "it traps here")]
    assert again.goto_mark("b").step == 96_758
    assert again.calls_of("trade", 0, 5).rows == calls.rows
    assert again.profile().functions == profile.functions
    assert again.call_root().name == "_start"
    again.goto(again.total)
    assert again.events() == events
    again.close()


def test_damaged_notes_are_none(tmp_path: Path) -> None:
    session = Session.open(PROGRAMS / "corruption.wasm")
    session.step(1000)
    session.note("x" * 50)
    session.save(tmp_path / "a.gaba")
    data = bytearray((tmp_path / "a.gaba").read_bytes())
    at = data.index(b"NOTE")
    data[at + 24] ^= 0xFF
    (tmp_path / "b.gaba").write_bytes(data)
    assert [n.text for n in Session.open(tmp_path / "a.gaba").noted()] == ["x" * 50]
    assert Session.open(tmp_path / "b.gaba").noted() == ()
