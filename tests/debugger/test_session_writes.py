"""Who wrote this: back to the last write of memory, in the planted bug and at the edges."""

from __future__ import annotations

from pathlib import Path

import pytest

from debugger.commands.action import Context
from debugger.commands.registry import execute
from debugger.exchange import CommandError
from debugger.session import Session

PROGRAMS = Path(__file__).parents[2] / "programs"


@pytest.fixture
def session() -> Session:
    session = Session.open(PROGRAMS / "corruption.wasm")
    session.run_to_end()
    return session


def test_the_hunt(session: Session) -> None:
    arrival = session.last_write("0x101e0, 4")
    assert (arrival.step, arrival.reason) == (96_758, "step")
    assert "set_owner" in session.line_here() and "i32.store8" in session.line_here()
    assert session.last_write("0x101e0, 4").step == 1_001
    last = session.last_write("0x101e0, 4")
    assert (last.step, last.reason) == (1_001, "unwritten"), "the cursor stays"


def test_by_command(session: Session) -> None:
    result = execute(Context(session), "last-write 0x101e0, 4")
    assert result.arrival is not None and result.arrival.step == 96_758
    session.end()
    assert execute(Context(session), "lw 66016").arrival == result.arrival


@pytest.mark.parametrize("text", ["last-write", "last-write 0x101e0, 0", "lw 0x101e0, many",
                                  "lw 0xfffffff0, 4", "lw nothing"])
def test_faults_are_said(session: Session, text: str) -> None:
    with pytest.raises(CommandError):
        execute(Context(session), text)
    assert session.cursor == session.total
