"""Typing for the program: it waits, reads, and what it has read is part of the recording."""

from __future__ import annotations

from pathlib import Path

import pytest

from debugger.exchange import CommandError
from debugger.session import Session
from gabagool.wasi.options import WasiOptions
from tests.debugger.sessions import ECHO, opened, run

READ = 10           # the step of the first read


@pytest.fixture
def asking(tmp_path: Path) -> Session:
    return opened(tmp_path, ECHO, asks=True)


@pytest.mark.parametrize("words", ["continue", "run", "step 500", "finish", "goto 900", "next 40"])
def test_the_program_stops_where_it_reads(asking: Session, words: str) -> None:
    arrival = run(asking, words).arrival
    assert arrival is not None and (arrival.reason, arrival.step) == ("input", READ)
    assert "input TEXT" in arrival.message
    assert run(asking, "step").arrival.reason == "input", "it goes on waiting"
    assert run(asking, "back").arrival.step == READ - 1
    run(asking, "input hello")
    assert run(asking, "step 3").arrival.step == READ + 2


def test_it_gets_line_by_line_up_to_the_end(asking: Session) -> None:
    run(asking, "input hello", 'input "two\\nlines"', 'input "\\xff\\n"')
    assert asking.cont().reason == "input"
    assert asking.output().text == "hello\ntwo\nlines\ufffd\n"
    printed = [each.data for each in asking.output_since()[0]]
    assert printed == [b"hello\n", b"two\n", b"lines", b"\xff\n"]
    run(asking, "input-end", "input never read")
    assert asking.cont().reason == "finished"


def test_a_long_line_comes_in_parts(asking: Session) -> None:
    asking.type_input("x" * 250 + "\n")
    asking.cont()
    assert [len(each.data) for each in asking.output_since()[0]] == [100, 100, 51]


def test_what_was_read_is_recorded(asking: Session, tmp_path: Path) -> None:
    run(asking, "input one", "input two", "input-end", "run")
    total, text = asking.total, asking.output().text
    run(asking, "start", "run")
    assert (asking.total, asking.output().text, text) == (total, text, "one\ntwo\n")
    run(asking, f"save {tmp_path}/r.gaba")
    looked = Session.open(tmp_path / "r.gaba", asks=True)
    assert looked.end().reason == "finished" and looked.output().text == text
    with pytest.raises(CommandError, match="only looked at"):
        run(looked, "input three")


def test_another_future_reads_the_same_until_it_is_another(asking: Session) -> None:
    run(asking, "input one", "input two", "input-end", "run", "start", "set 500 = 1", "run")
    assert asking.output().text == "one\ntwo\n" and asking.ended
    run(asking, "branch main", "goto 8", "set i32[0] = 90")        # where to read to
    assert asking.cont().reason == "input"
    run(asking, "input other", "input-end", "run", "branch main", "end")
    assert asking.output().text == "one\ntwo\n"


def test_live_it_reads_on(asking: Session, tmp_path: Path) -> None:
    run(asking, "input one", "continue", f"save {tmp_path}/r.gaba")
    live = Session.open(tmp_path / "r.gaba", live=True, asks=True)
    run(live, "end", "input two", "input-end", "run")
    assert live.output().text == "one\ntwo\n"


def test_unasked_there_is_none(tmp_path: Path) -> None:
    session = opened(tmp_path, ECHO)
    assert session.cont().reason == "finished" and session.output().text == ""
    session = opened(tmp_path, ECHO)
    run(session, "input piped")
    assert session.cont().reason == "finished" and session.output().text == "piped\n"


def test_a_file_is_read_instead(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("from a file\n")
    session = opened(tmp_path, ECHO, asks=True, wasi=WasiOptions(stdin=str(tmp_path / "in")))
    with pytest.raises(CommandError, match="--stdin"):
        run(session, "input x")
    assert session.cont().reason == "finished" and session.output().text == "from a file\n"


@pytest.mark.parametrize("line", ['input ""', "input-end now"])
def test_what_is_no_input(asking: Session, line: str) -> None:
    with pytest.raises(CommandError):
        run(asking, line)
