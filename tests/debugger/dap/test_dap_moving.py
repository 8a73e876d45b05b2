"""A client goes through time: every motion, and why it stops."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from debugger import Context, execute
from debugger.session import Session
from tests.debugger.dap.client import PROGRAMS, Client
from tests.debugger.sessions import ENDLESS, WALK, assembled

CLIMB = {"invoke": "stair_climb", "args": ["20"]}


def module(folder: Path, text: str) -> Path:
    path = folder / "prog.wasm"
    path.write_bytes(assembled(text))
    return path


def test_the_bug_of_corruption_is_hunted_backwards(client: Client) -> None:
    """The README's story, as an editor would tell it."""
    stop = client.launch("corruption", stopOnEntry=False)
    assert (stop["reason"], stop["text"]) == ("exception", "trap unreachable")
    assert client.events("exited") == [{"exitCode": 134}]
    info = client.ask("exceptionInfo", threadId=1)
    assert (info["exceptionId"], info["breakMode"]) == ("trap", "unhandled")
    assert "account 7 (Reserve) at 0x101e0 holds 99840 cents" in client.output()
    written = client.ask("gaba/lastWrite", address="0x101e0", size=4)
    assert written == {"step": 96758, "reason": "step", "message": "step 96,758"}
    assert client.until("stopped")["reason"] == "goto"
    frame, caller = client.frames()[:2]
    assert (frame["name"], caller["name"]) == ("set_owner", "rename_customers")
    assert frame["instructionPointerReference"] == "0x3f3"
    assert client.variables("Locals")["$3"]["value"] == "12"
    before = client.ask("readMemory", memoryReference="0x101e0", count=1)["data"]
    client.go("stepIn")
    assert (before, client.ask("readMemory", memoryReference="0x101e0", count=1)["data"]) == (
        "oA==", "AA==")


def test_every_motion_is_the_session_s(client: Client) -> None:
    session = Session.open(PROGRAMS / "corruption.wasm", breaks=["set_owner"])
    client.launch("corruption", lambda: client.ask(
        "setFunctionBreakpoints", breakpoints=[{"name": "set_owner"}]))
    for command, motion in [
            ("continue", "cont"), ("stepIn", "step"), ("next", "over"), ("stepOut", "out"),
            ("stepBack", "over_back"), ("continue", "cont"), ("continue", "cont"),
            ("reverseContinue", "cont_back"), ("stepIn", "step"), ("gaba/stepBackIn", "back"),
            ("gaba/stepBackOut", "out_back"), ("reverseContinue", "cont_back"),
            ("reverseContinue", "cont_back")]:
        stop, arrival = client.go(command), getattr(session, motion)()
        assert client.step() == arrival.step, command
        expected = {"step": "step", "start": "entry", "breakpoint": "function breakpoint"}
        assert stop["reason"] == expected[arrival.reason], command
        if arrival.reason == "breakpoint":
            assert stop["hitBreakpointIds"] == [1]


def test_the_end_is_a_place_to_look_back_from(client: Client) -> None:
    client.launch("stair_climb", **CLIMB)
    stop = client.go("continue")
    assert (stop["reason"], stop["description"]) == (
        "exited", "End of recording: finished, result 10946")
    assert client.events("exited") == [{"exitCode": 0}]
    [frame] = client.frames()
    assert frame["name"] == "finished, result 10946" and "source" not in frame
    assert client.go("continue")["reason"] == "exited"
    assert client.go("stepBack")["reason"] == "step"
    assert client.frames()[0]["name"] == "stair_climb"
    assert client.go("reverseContinue")["reason"] == "entry"
    assert client.step() == 0
    assert client.events("exited") == [{"exitCode": 0}], "told once"


@pytest.mark.parametrize("more", [{"stopAtEnd": False}, {"noDebug": True}])
def test_a_session_may_end_with_the_program(client: Client, more: dict[str, bool]) -> None:
    ended = client.launch("greet", stopOnEntry=False, args=["Bob"], env={"GREETING": "salut"},
                          **more)
    assert ended["event"] == "terminated"
    assert client.output() == "salut, Bob! (1 of 1)\n"


def test_output_comes_once_and_by_its_stream(client: Client) -> None:
    client.launch("greet", env={"GREETING": None})
    client.go("continue")
    client.go("reverseContinue")
    client.go("continue")
    assert (client.output(), client.output("stderr")) == ("", "greet: nobody to greet\n")
    assert client.events("exited") == [{"exitCode": 1}]


def test_output_comes_while_the_program_runs(client: Client, tmp_path: Path) -> None:
    text = WALK.replace('(export "walk")', '(export "_walk")').replace(
        '(func (export "crash")', '(func (export "_start") (loop (call $say) (br 0)))\n'
        '(func (export "crash")')
    client.launch(module(tmp_path, text))
    client.ask("continue", threadId=1)
    assert client.until("output")["output"].startswith("ok\n")
    client.ask("pause", threadId=1)
    assert client.until("stopped")["reason"] == "pause"


def test_a_trap_stops_only_if_its_filter_is_set(client: Client) -> None:
    client.launch("oob", lambda: client.ask("setExceptionBreakpoints", filters=["exception"]))
    assert client.go("continue")["event"] == "terminated"


def test_an_uncaught_exception_stops(client: Client) -> None:
    client.launch("exceptions", args=["(9999999999)"])
    stop = client.go("continue")
    assert stop["reason"] == "exception" and "uncaught exception" in stop["text"]
    assert client.ask("exceptionInfo", threadId=1)["exceptionId"] == "exception"


def test_pause_and_what_a_running_program_refuses(client: Client, tmp_path: Path) -> None:
    client.launch(module(tmp_path, ENDLESS), invoke="spin")
    assert client.fault("exceptionInfo", threadId=1).endswith("a trap or an exception")
    client.ask("continue", threadId=1)
    assert client.ask("threads") == {"threads": [{"id": 1, "name": "main"}]}
    for command in ("stackTrace", "next", "continue", "gotoTargets", "evaluate"):
        assert client.fault(command, threadId=1) == "notStopped"
    client.ask("pause", threadId=1)
    assert client.until("stopped")["reason"] == "pause"
    assert client.frames()[0]["name"] == "spin"


def test_breakpoints_can_be_set_while_it_runs(client: Client, tmp_path: Path) -> None:
    """A program that runs makes room for them, and runs on by itself."""
    client.launch(module(tmp_path, ENDLESS), invoke="spin")
    client.ask("continue", threadId=1)
    assert client.ask("setFunctionBreakpoints", breakpoints=[])["breakpoints"] == []
    assert client.ask("loadedSources")["sources"][0]["name"] == "spin (func 0)"
    time.sleep(0.1)
    assert not [each for each in client.events("stopped") if each["reason"] != "entry"]
    [point] = client.ask("setBreakpoints", source={"sourceReference": 1},
                         breakpoints=[{"line": 6}])["breakpoints"]
    stop = client.until("stopped")
    assert stop["reason"] == "breakpoint" and stop["hitBreakpointIds"] == [point["id"]]
    assert client.frames()[0]["line"] == 6


def test_a_line_s_executions_are_targets_to_go_to(client: Client) -> None:
    session = Session.open(PROGRAMS / "stair_climb.wasm", invoke="stair_climb", args=["20"])
    session.run_to_end()
    session.goto(100)
    source = {"sourceReference": 1}
    client.launch("stair_climb", **CLIMB)
    client.go("continue")
    client.ask("gaba/seek", step=100)
    client.until("stopped")
    frame = client.frames()[0]
    targets = client.ask("gotoTargets", source=source, line=frame["line"])["targets"]
    before, after = session.executed(f"*{frame['instructionPointerReference']}")
    assert [each["id"] for each in targets] == [before, after]
    assert targets[0]["label"] == f"previous execution: step {before}"
    for target in targets:
        assert client.go("goto", targetId=target["id"])["reason"] == "goto"
        assert client.step() == target["id"]
        assert client.frames()[0]["line"] == frame["line"]
    assert "outside of the recording" in client.fault("goto", threadId=1, targetId=10**9)


def test_seeks_marks_and_words(client: Client) -> None:
    client.launch("stair_climb", **CLIMB)
    client.go("continue")
    for step, expected in [(10, 10), ("50%", 174), ("+1k", 347), ("-3", 344), ("start", 0)]:
        assert client.ask("gaba/seek", step=step)["step"] == expected
        client.until("stopped")
    answer = client.ask("gaba/command", line="step 5")
    assert (answer["step"], answer["reason"]) == (5, "step")
    assert client.until("stopped")["reason"] == "goto"
    assert "needs 'step'" in client.fault("gaba/seek", step=True)
    assert "is not a step like" in client.fault("gaba/seek", step="soon")
    assert "no command 'jump'" in client.fault("gaba/command", line="jump")
    timeline = client.ask("gaba/timeline", cells=40, first=0, last=100)
    assert (timeline["total"], timeline["cursor"], timeline["last"]) == (347, 5, 100)
    assert len(timeline["overview"]) == 40 and len(timeline["lanes"][0]["cells"]) == 40
    assert "must lie in" in client.fault("gaba/timeline", first=9, last=3)


def test_a_restart_loads_the_program_anew(client: Client, tmp_path: Path) -> None:
    path = module(tmp_path, WALK)
    client.launch(path, lambda: client.ask("setFunctionBreakpoints",
                                           breakpoints=[{"name": "walk"}, {"name": "fact"}]),
                  invoke="walk", args=["5"], stopOnEntry=False)
    assert client.frames()[0]["name"] == "walk", "before anything has run"
    stop = client.go("continue")
    assert (client.frames()[0]["name"], stop["hitBreakpointIds"]) == ("fact", [2])
    path.write_bytes(assembled(WALK.replace("$fact", "$faculty")))
    client.ask("restart")
    assert client.until("stopped")["hitBreakpointIds"] == [1]
    assert client.go("continue")["hitBreakpointIds"] == [1], "walk's loop: fact is no more"
    path.write_bytes(assembled(WALK))
    client.ask("restart", arguments={"program": str(path), "invoke": "walk", "args": ["1"]})
    assert client.until("stopped")["hitBreakpointIds"] == [1]
    assert client.variables("Locals")["$n"]["value"] == "1"
    assert client.go("continue")["hitBreakpointIds"] == [2]


def test_a_long_search_shows_progress_and_can_be_cancelled(client: Client) -> None:
    client.launch("billion", invoke="billion", args=["20000000"])
    client.ask("gaba/seek", step=0)
    client.until("stopped")
    seek = client.send("gaba/seek", step="1e12")
    shown = client.until("progressStart")
    assert shown["cancellable"] and shown["title"] == "goto 1e12"
    client.until("progressUpdate")
    client.ask("cancel", progressId=shown["progressId"])
    assert seek.wait_for_response()["reason"] == "cancelled"
    assert client.until("progressEnd")["progressId"] == shown["progressId"]
    assert client.until("stopped")["reason"] == "pause"


def test_a_waiting_request_can_be_cancelled(client: Client, tmp_path: Path) -> None:
    client.launch(module(tmp_path, ENDLESS), invoke="spin")
    slow = client.send("gaba/seek", step=10**12)
    waits = client.send("evaluate", expression="$0")
    client.ask("cancel", requestId=waits.seq)
    refused: list[str] = []
    thread = threading.Thread(target=lambda: refused.append(
        str(waits.wait_for_response(raise_if_failed=False))))
    thread.start()
    thread.join(10)
    assert refused and "cancelled" in refused[0]
    client.ask("cancel", requestId=slow.seq)
    assert slow.wait_for_response()["reason"] == "cancelled"


def test_a_recording_is_opened(client: Client, tmp_path: Path) -> None:
    with Session.open(PROGRAMS / "corruption.wasm") as session:
        session.run_to_end()
        execute(Context(session), f"save {tmp_path / 'month.gaba'}")
    client.launch("", recording=str(tmp_path / "month.gaba"))
    client.ask("gaba/seek", step="end")
    assert client.until("stopped")["reason"] == "exception"
    assert client.ask("gaba/lastWrite", address="0x101e0", size=4)["step"] == 96758


def test_terminate_ends_a_running_program(client: Client, tmp_path: Path) -> None:
    client.launch(module(tmp_path, ENDLESS), invoke="spin")
    client.ask("continue", threadId=1)
    client.ask("terminate")
    client.until("terminated")
    assert client.fault("stackTrace", threadId=1) == "the session is over"
