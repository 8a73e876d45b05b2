"""Exceptions as the debugger shows them: events, the end, the code."""

from __future__ import annotations

from pathlib import Path

from sessions import PROGRAMS, opened, run

from debugger.exchange import Layout
from debugger.session import Session
from debugger.views import EventView
from tests.runtime.throwing import LEGACY, NEW


def _events(session: Session, kind: str) -> list[EventView]:
    return [event for event in session.events() if event.kind == kind]


def test_caught(tmp_path: Path) -> None:
    session = opened(tmp_path, NEW, invoke="run", args=["3"])
    session.run_to_end()
    thrown = _events(session, "throw")
    # thrown, caught, thrown again, caught: three times round the loop
    assert [event.text.partition(" at ")[0] for event in thrown] == [
        "none() caught in once", "none() caught in run"] * 3
    for event in thrown:
        session.goto(event.step)
        assert "throw" in session.line_here()
    assert not _events(session, "exception")


def test_values_and_tags(tmp_path: Path) -> None:
    session = opened(tmp_path, NEW, invoke="run", args=["1"])
    session.run_to_end()
    event, = _events(session, "throw")
    assert event.text.startswith("wide(20, 0x00000000000000060000000000000005, 7, ")
    assert " caught in once at 0x" in event.text


def test_uncaught(tmp_path: Path) -> None:
    session = opened(tmp_path, NEW, invoke="run", args=["8"])
    arrival = session.run_to_end()
    assert (arrival.reason, arrival.message) == (
        "exception", "end of recording: uncaught exception none()")
    assert [event.kind for event in session.events()] == ["throw", "exception"]
    assert "throw $none" in session.line_here()
    assert session.screen(Layout()).header.stop == "uncaught exception none()"
    session.back()
    assert session.goto(arrival.step).reason == "exception"


def test_replay_notes_nothing_twice(tmp_path: Path) -> None:
    session = opened(tmp_path, LEGACY, invoke="run", args=["2"])
    session.run_to_end()
    before = session.events()
    session.start()
    session.over()
    session.run_to_end()
    assert session.events() == before
    assert len(_events(session, "throw")) == 3


def test_timeline(tmp_path: Path) -> None:
    session = opened(tmp_path, NEW, invoke="run", args=["3"])
    session.run_to_end()
    steps = [event.step for event in _events(session, "throw")]
    fine = session.screen(Layout(cells=session.total + 1)).timeline
    assert [event.step for event in fine.events if event.kind == "throw"] == steps
    coarse = session.screen(Layout(cells=2)).timeline
    assert steps[0] in [event.step for event in coarse.events]


def test_a_real_program() -> None:
    session = Session.open(PROGRAMS / "exceptions.wasm")
    session.run_to_end()
    caught = [event for event in _events(session, "throw") if "calculate" in event.text]
    assert len(caught) == 4           # four expressions are wrong
    session.goto(caught[0].step + 1)
    assert "calculate" in session.where_here()
    assert any("(catch_ref" in line.operands for line in session.code(None).lines)
    session.over_back()                     # the step that led here was thrown far below
    assert "call" in session.line_here() and "calculate" in session.where_here()
    result = run(session, "info events")
    assert "tag[0](" in result.text and "finished" in result.text
