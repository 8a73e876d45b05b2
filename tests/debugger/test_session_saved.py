"""Sessions on files: recordings are looked at, snapshots gone on with, sessions saved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from debugger.main import main
from debugger.session import CommandError, Layout, Session
from gabagool import Linker, Module, Store, WasiConfig, suspend
from tests.debugger.sessions import PROGRAMS, run

END = 3_535_899                 # where corruption.wasm traps


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """corruption.wasm up to its trap, saved."""
    session = Session.open(PROGRAMS / "corruption.wasm")
    session.cont()
    session.goto(1000)
    result = run(session, f"save {tmp_path}/r.gaba")
    assert result.data["bytes"] == (tmp_path / "r.gaba").stat().st_size
    session.close()
    return tmp_path / "r.gaba"


def test_a_recording_is_opened_where_it_began(recording: Path) -> None:
    session = Session.open(recording)
    assert (session.started, session.cursor, session.total, session.ended) == (True, 0, END, True)
    assert session.notice == "" and session.exports_to_choose() == []
    assert session.cont().message == "end of recording: trap unreachable"
    assert session.last_write("0x101e0, 4").step == 96_758
    assert session.over_back().reason == "step" and session.undo().step == 96_758
    session.end()
    assert "audit: account 7" in session.output().text
    assert session.program_facts()["program"] == "corruption.wasm"
    session.close()


def test_views_are_those_of_the_live_session(recording: Path) -> None:
    live, saved = Session.open(PROGRAMS / "corruption.wasm"), Session.open(recording)
    live.cont()
    for step in (0, 96_758, 2_000_000, END):
        ours, theirs = (session.goto(step) and session.screen(Layout()) for session in
                        (live, saved))
        assert (ours.code, ours.state, ours.calls, ours.memory, ours.output) == (
            theirs.code, theirs.state, theirs.calls, theirs.memory, theirs.output)
    for session in (live, saved):
        session.close()


def test_a_cut_recording_says_so_and_ends_early(recording: Path,
                                                capsys: pytest.CaptureFixture[str]) -> None:
    recording.write_bytes(recording.read_bytes()[:40_000])
    session = Session.open(recording)
    assert "cut short" in session.notice and session.last is not None
    assert session.last.message == session.notice
    arrival = session.cont()
    assert arrival.reason == "unrecorded" and "the recording ends here" in arrival.message
    assert session.step(5).reason == "unrecorded" and not session.ended
    assert session.back().step == arrival.step - 1
    session.close()
    assert main(["--batch", "--json", "-ex", "continue", "-ex", "when", str(recording)]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out.splitlines()[0])["reason"] == "unrecorded"
    assert "this recording ends at step" in err


def test_live_it_goes_on_behind_its_end(recording: Path) -> None:
    recording.write_bytes(recording.read_bytes()[:40_000])
    session = Session.open(recording, live=True)
    end = session.total
    assert END - 100 < end < END
    assert session.cont().message == "end of recording: trap unreachable"
    assert session.total == END
    session.close()


def test_a_snapshot_is_gone_on_with(tmp_path: Path) -> None:
    store = Store()
    linker = Linker(store)
    linker.define_wasi(WasiConfig(args=("life.wasm", "3"), stdout=None))
    func = linker.instantiate(Module.from_file(PROGRAMS / "life.wasm")).exports(store)["_start"]
    machine = func.start(store)  # type: ignore[union-attr]
    machine.run(100_000)
    suspend(machine, tmp_path / "s.gaba", program="life.wasm")
    session = Session.open(tmp_path / "s.gaba")
    assert session.cursor == session.total == 100_000
    assert session.back().reason == "start" and session.cursor == 100_000
    assert session.cont().message == "end of recording: finished"
    assert session.total > 400_000
    assert session.start().step == 100_000
    assert session.goto(5).step == 100_000
    session.close()


@pytest.mark.parametrize(("words", "message"), [
    (["--invoke", "x"], "takes no arguments, no --invoke"), (["--env", "A=B"], "no --env"),
    (["--", "more"], "takes no arguments")])
def test_a_recording_takes_no_settings(recording: Path, words: list[str], message: str,
                                       capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--batch", "-ex", "when", str(recording), *words]) == 2
    assert message in capsys.readouterr().err


def test_what_cannot_be_opened_or_saved(tmp_path: Path, recording: Path) -> None:
    (tmp_path / "bad.gaba").write_bytes(recording.read_bytes()[:50])
    with pytest.raises(CommandError, match=r"bad.gaba: .*cut short"):
        Session.open(tmp_path / "bad.gaba")
    with pytest.raises(CommandError, match="--live is for recordings"):
        Session.open(PROGRAMS / "hello.wasm", live=True)
    session = Session.open(recording)
    with pytest.raises(CommandError, match=r"can't write .*nowhere"):
        run(session, f"save {tmp_path}/nowhere/x.gaba")
    with pytest.raises(CommandError, match="save needs a file name"):
        run(session, "save")
    session.close()
