"""Searching memory by words, and what has changed between two steps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from debugger.batch import Script, run_batch
from debugger.exchange import CommandError, Layout
from debugger.session import Session
from tests.debugger.sessions import PROGRAMS, REGIONS, opened, run


@pytest.fixture
def corruption() -> Iterator[Session]:
    session = Session.open(PROGRAMS / "corruption.wasm")
    yield session
    session.close()


@pytest.mark.parametrize(("text", "data"), [
    ('"abc"', b"abc"), ('"a\\n"', b"a\n"), ('"ä"', "ä".encode()), ("5", b"\5\0\0\0"),
    ("-1", b"\xff" * 4), ("0xffffffff", b"\xff" * 4), ("i32 5", b"\5\0\0\0"), ("u8 255", b"\xff"),
    ("{short} 258", b"\2\1"), ("i64 1", b"\1" + bytes(7)), ("f32 1.0", bytes.fromhex("0000803f")),
    ("{double}1.0", bytes.fromhex("000000000000f03f")), ("de ad be ef", b"\xde\xad\xbe\xef"),
    ("hex 2a", b"\x2a"), ("u16 1 + 1", b"\2\0"),
])
def test_what_is_searched_may_be_written_in_many_ways(
    corruption: Session, text: str, data: bytes
) -> None:
    assert corruption.pattern(text) == data


@pytest.mark.parametrize("text", ["", '""', '"abc', "u8 256", "i33 5", "zz zz", "{struct}5",
                                  f'"{"x" * 5000}"'])
def test_what_cannot_be_searched_is_said(corruption: Session, text: str) -> None:
    with pytest.raises(CommandError):
        corruption.find(text)


def test_finding_in_memory_now(corruption: Session) -> None:
    run(corruption, "goto 60000")
    found = run(corruption, "find 4d 61 79")
    assert found.data["addresses"] == [0x10049, 0x10096, 0x101D4]
    memory = corruption.read_memory(0, 0, corruption.memory_sizes()[0])
    assert found.data["total"] == memory.count(b"May")
    assert run(corruption, 'find "no such thing"').data["total"] == 0
    with pytest.raises(CommandError, match="no memory 3"):
        run(corruption, 'find memory 3: "May"')


def test_when_something_was_first_in_memory(corruption: Session) -> None:
    run(corruption, "run")
    first = run(corruption, "find-first i32 99840")
    step = corruption.cursor
    assert first.arrival is not None and first.arrival.step == step > 0
    address = first.data["address"]
    assert isinstance(address, int)
    assert corruption.read_memory(0, address, 4) == (99840).to_bytes(4, "little")
    run(corruption, "back")
    assert not corruption.find("i32 99840").addresses
    run(corruption, "step", "find-next i32 99840")
    assert corruption.cursor >= step
    run(corruption, "goto 500")
    assert run(corruption, 'find-first "zzz"').arrival.reason == "absent"
    assert corruption.cursor == 500
    assert run(corruption, 'find-first "Okonkwo"').arrival.step == 0


def test_differences_between_steps_and_marks(corruption: Session) -> None:
    run(corruption, "goto 1000", "mark a", "goto 1002")
    found = run(corruption, "diff 'a")
    assert [(each["address"], each["new"]) for each in found.data["memory"]] == [
        (0x101E0, "a08601")]
    assert corruption.cursor == 1002
    changed = corruption.screen(Layout(memory_address=0x101E0)).memory.changed
    assert changed == {0x101E0, 0x101E1, 0x101E2}
    assert run(corruption, "diff 1002 'a").data["bytes"] == 3
    assert run(corruption, "diff 1002").data["ranges"] == 0
    for wrong in ("diff", "diff 1 2 3", "diff 99999999", "diff 'q"):
        with pytest.raises(CommandError):
            run(corruption, wrong)


def test_json(corruption: Session, capsys: pytest.CaptureFixture[str]) -> None:
    lines = ["goto 60000", "find 4d 61 79", "find-first i32 99840", "diff 59000"]
    assert run_batch(corruption, [Script("text", line) for line in lines], as_json=True) == 0
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert objects[1]["result"]["pattern"] == "4d6179"
    assert objects[2]["reason"] == "step" and objects[2]["result"]["address"] == 0x1022F
    assert objects[3]["result"]["ranges"] == len(objects[3]["result"]["memory"])


def test_heat_of_a_stretch(corruption: Session) -> None:
    run(corruption, "run", "mark b", "goto 1000", "mark a")
    whole, part = run(corruption, "heat"), run(corruption, "heat 'a 1002")
    assert part.data["lines"] == [{"address": 0x101C0, "writes": 1, "reads": 0}]
    lines = whole.data["lines"]
    assert isinstance(lines, list) and sum(each["writes"] for each in lines) == whole.data["writes"]
    assert whole.text.count("│") == 2 * sum("│" in line for line in whole.text.splitlines()) > 0
    assert len(whole.text.splitlines()) < 30 and corruption.cursor == 1000
    for wrong in ("heat 5", "heat 7 7", "heat memory 4: 1 2"):
        with pytest.raises(CommandError):
            run(corruption, wrong)


def test_regions_are_told_by_exports(tmp_path: Path) -> None:
    session = opened(tmp_path, REGIONS, invoke="go")
    assert session.regions() == (
        ("data", 1024, 2000), ("stack", 2000, 67_536), ("stack in use", 60_000, 67_536),
        ("heap", 67_536, 131_072))
    assert "heap" in run(session, "regions").text


def test_programs_that_tell_nothing_have_no_regions(corruption: Session) -> None:
    assert corruption.regions() == ()
