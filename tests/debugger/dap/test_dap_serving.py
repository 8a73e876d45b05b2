"""The conversation itself: streams, garbage, faults, processes."""

from __future__ import annotations

import io
import json
import re
import socket
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from debugger.dap.catalogue import HANDLERS, URGENT
from debugger.dap.serving import converse
from debugger.dap.wire import messages
from debugger.main import main
from tests.debugger.dap.client import PROGRAMS, CheckedStream, Client, check, started
from tests.debugger.dap.test_dap_moving import CLIMB, module


def framed(*bodies: object) -> bytes:
    texts = [body if isinstance(body, bytes) else json.dumps(body).encode() for body in bodies]
    return b"".join(b"Content-Length: %d\r\n\r\n%b" % (len(text), text) for text in texts)


def request(seq: int, command: object, **arguments: object) -> dict[str, object]:
    return {"seq": seq, "type": "request", "command": command, "arguments": arguments}


class Patient(io.BytesIO):
    """A client who doesn't go before it has an answer to the last of its requests."""

    def __init__(self, data: bytes, out: io.BytesIO, seq: int) -> None:
        super().__init__(data)
        self._answer = b'"request_seq":%d,' % seq
        self._out = out

    def readline(self, size: int | None = -1) -> bytes:
        line = super().readline(size)
        end = time.monotonic() + 10
        while not line and self._answer not in self._out.getvalue() and time.monotonic() < end:
            time.sleep(0.001)
        return line


def conversation(data: bytes, last: int = 0) -> list[dict[str, object]]:
    """Everything the adapter says to a client who sends this, waits for an answer to request
    `last`, and goes."""
    out = io.BytesIO()
    converse(Patient(data, out, last) if last else io.BytesIO(data), out)
    faults: list[str] = []
    found = list(messages(io.BytesIO(out.getvalue()), faults.append))
    assert not faults
    for message in found:
        check(message)
    return found


LAST = request(99, "disconnect")

GARBAGE = [b"hello\r\n\r\n", b"Content-Length: x\r\n\r\n", b"Content-Length: -5\r\n\r\n",
           b"Content-Length: 99999999999\r\n\r\n", framed(b"{"), framed(b"[1]"), framed(b"\xff"),
           framed(b"[" * 100_000), framed({"seq": "1", "type": "request", "command": "threads"}),
           framed(request(1, 5)), b"\r\n\r\n\r\n", framed({"type": "response"}), b"\0" * 1000]


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda data: repr(data[:40]))
def test_garbage_is_told_and_skipped(garbage: bytes) -> None:
    said = conversation(garbage + framed(request(2, "threads"), LAST))
    answers = [message for message in said if message["type"] == "response"]
    assert [(each["command"], each["success"]) for each in answers] == [
        ("threads", True), ("disconnect", True)]
    told = [message for message in said if message["type"] == "event"]
    harmless = not garbage.strip() or b"response" in garbage
    assert bool(told) != harmless


@pytest.mark.parametrize("end", [1, 10, 22, 40, 60])
def test_a_stream_may_end_anywhere(end: int) -> None:
    data = framed(request(1, "initialize", adapterID="x"))
    said = conversation(data + data[:end])
    assert next(each["success"] for each in said if each.get("command") == "initialize")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(
    st.binary(max_size=40),
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
                 lambda each: st.lists(each, max_size=3)
                 | st.dictionaries(st.sampled_from(["seq", "type", "command", "arguments"]), each),
                 max_leaves=8).map(lambda value: framed(value)),
    st.tuples(st.sampled_from([name for name in (*HANDLERS, *URGENT)
                               if name not in ("terminate", "disconnect")]),
              st.dictionaries(st.sampled_from(["threadId", "frameId", "source", "line", "filters"]),
                              st.none() | st.integers() | st.text(max_size=3), max_size=3)).map(
        lambda each: framed({"seq": 7, "type": "request", "command": each[0],
                             "arguments": each[1]}))), max_size=8))
def test_no_input_ends_the_conversation(parts: list[bytes]) -> None:
    """Whatever comes, a request after it is still answered."""
    said = conversation(b"".join(part + b"\n\n" for part in parts)
                        + framed(request(98, "threads"), LAST))
    answered = {message.get("request_seq") for message in said}
    # a header in the garbage may have swallowed what follows it
    assert {98, 99} <= answered or b"ontent-" in b"".join(
        part for part in parts if not part.startswith(b"Content-Length: "))
    assert not [m for m in said if "internal error" in str(m.get("message"))]


WRONG = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) \
    | st.lists(st.integers(), max_size=2) | st.dictionaries(st.text(max_size=3), st.integers())
KEYS = ["threadId", "frameId", "source", "line", "column", "endLine", "breakpoints", "filters",
        "filterOptions", "variablesReference", "start", "count", "filter", "format", "startFrame",
        "levels", "memoryReference", "offset", "instructionOffset", "instructionCount",
        "expression", "context", "text", "cells", "first", "last", "address", "size", "step",
        "targetId", "sourceReference", "requestId", "progressId", "startModule", "lines"]


@settings(max_examples=150, deadline=None)
@given(command=st.sampled_from([name for name in (*HANDLERS, *URGENT) if name not in (
    "terminate", "disconnect", "restart", "launch", "configurationDone", "gaba/command")]),
       arguments=st.dictionaries(st.sampled_from(KEYS), WRONG, max_size=6) | WRONG)
def test_no_arguments_are_an_internal_error(command: str, arguments: object) -> None:
    program = str(PROGRAMS / "stair_climb.wasm")
    said = conversation(framed(
        request(1, "initialize", adapterID="x"),
        request(2, "launch", program=program, stopOnEntry=True, **CLIMB),
        {"seq": 3, "type": "request", "command": command, "arguments": arguments}), last=3)
    assert any(each.get("request_seq") == 3 for each in said)
    assert "internal error" not in json.dumps(said)


@pytest.mark.parametrize(("arguments", "complaint"), [
    ({}, "launch needs 'program'"),
    ({"program": 5}, "launch: 'program' must be a text"),
    ({"program": "missing.wasm"}, "can't read"),
    ({"program": "fib.wasm"}, "exported functions:\n  fib  [i32] -> [i32]"),
    ({"program": "fib.wasm", "invoke": "fib", "args": ["x"]}, "'x' is not an i32"),
    ({"program": "hello.wasm", "env": {"A": []}}, "'A' in 'env' must be a text"),
    ({"program": "hello.wasm", "dirs": ["nowhere"]}, "is not a directory"),
    ({"recording": "x.gaba"}, "x.gaba"),
])
def test_faults_of_a_launch(client: Client, arguments: dict[str, object], complaint: str) -> None:
    client.ask("initialize", adapterID="gaba")
    assert complaint in client.fault("launch", cwd=str(PROGRAMS), **arguments)
    assert client.fault("stackTrace", threadId=1) == "no program has been launched"
    client.launch("hello")              # and now it works


def test_requests_that_are_not_there(client: Client) -> None:
    assert client.fault("restartFrame") == "gaba-debug has no request 'restartFrame'"
    assert "nothing to attach to" in client.fault("attach")
    client.launch("hello")
    assert "launched already" in client.fault("launch", program="x")


def test_capabilities_are_honest(client: Client) -> None:
    """Each `supports…Request` has its handler, and each optional handler its capability."""
    told = client.ask("initialize", adapterID="gaba")
    named = {key.removeprefix("supports").removesuffix("Request") for key in told
             if key.endswith("Request") or key in ("supportsSetVariable", "supportsSetExpression")}
    handlers = {name[:1].upper() + name[1:] for name in (*HANDLERS, *URGENT)}
    assert named <= handlers
    optional = {"Restart", "GotoTargets", "Completions", "Modules", "ExceptionInfo", "SetVariable",
                "LoadedSources", "ReadMemory", "WriteMemory", "Disassemble", "Cancel", "Terminate",
                "BreakpointLocations", "SetExpression", "TerminateThreads", "RestartFrame"}
    assert handlers & optional == named & optional


def test_directories_are_the_guest_s(client: Client) -> None:
    client.launch("readfile", cwd=str(PROGRAMS), dirs=["readfile"],
                  args=["readfile/sample.txt"], stopOnEntry=False)
    assert client.output() == "      5      20      96 readfile/sample.txt\n"


def test_standard_input_and_output() -> None:
    process = started("--dap")
    client = Client(CheckedStream.from_process(process))
    client.launch("hello", stopOnEntry=False)
    assert client.output() == "hello, world\n"
    client.close()
    assert process.wait(20) == 0
    assert process.stderr is not None and process.stderr.read() == b""


def test_many_clients_over_tcp(tmp_path: Path) -> None:
    process = started("--dap-port", "0")
    assert process.stderr is not None
    told = process.stderr.readline().decode()
    match = re.fullmatch(r"gaba-debug: listening on 127\.0\.0\.1:(\d+)\n", told)
    assert match, told

    def connect() -> Client:
        return Client(CheckedStream.from_socket(
            socket.create_connection(("127.0.0.1", int(match[1]))), "tcp"))
    try:
        first, second = connect(), connect()
        first.launch("stair_climb", **CLIMB)
        second.launch("corruption")
        assert first.go("continue")["reason"] == "exited"
        assert second.go("continue")["reason"] == "exception"
        first.close()
        assert second.go("stepBack")["reason"] == "step"
        second.close()
        third = connect()
        third.launch("hello")
        third.close()
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.mark.parametrize(("words", "complaint"), [
    (["--dap", "hello.wasm"], "take no program"), (["--dap-port", "1", "--batch"], "take no"),
    ([], "PROG.wasm is missing")])
def test_usage_errors(capsys: pytest.CaptureFixture[str], words: list[str],
                      complaint: str) -> None:
    with pytest.raises(SystemExit):
        main(words)
    assert complaint in capsys.readouterr().err


def test_ports_that_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dap-port", "99999"]) == 2
    assert "takes PORT or HOST:PORT" in capsys.readouterr().err
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["--dap-port", str(taken.getsockname()[1])]) == 2
    assert "can't listen on" in capsys.readouterr().err


def test_a_broken_program_is_an_error_response(client: Client, tmp_path: Path) -> None:
    path = module(tmp_path, "(module (func (export \"_start\")))")
    path.write_bytes(path.read_bytes()[:-3])
    client.ask("initialize", adapterID="gaba")
    assert "is not a valid module" in client.fault("launch", program=str(path))
