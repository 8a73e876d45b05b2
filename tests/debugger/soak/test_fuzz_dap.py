"""Hostile clients of the debug adapter: damaged streams, and requests whose arguments are anything
that the protocol's schema allows, and what it doesn't. Every request gets its one answer, by the
schema; none is an internal error; the conversation goes on.
"""

from __future__ import annotations

import io
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, BinaryIO

import pytest

from debugger.dap.catalogue import HANDLERS, URGENT
from debugger.dap.serving import converse
from debugger.dap.wire import messages
from tests.debugger.dap.client import _schema, check
from tests.debugger.soak.settings import SEEDS, count
from tests.debugger.soak.subjects import PROGRAMS

_PATIENCE = 60.0
_PROGRAM = str(PROGRAMS / "orders.wasm")
_LAUNCH = {"program": _PROGRAM, "invoke": "run", "args": ["2"], "stopOnEntry": True}
_ENDS = ("disconnect", "terminate")
_TEXTS = ("", "0", "1", "-1", "0x10", "main", "run", "orders.c", "$0", "$0 + 1", "order->number",
          "i32[0]", "é\u202e\ud800", "\0", "9" * 5000, "(" * 400, "a" * 70000, "..", "/", "%s%n",
          _PROGRAM, "trap", "throw", "AAAA", "> 3", "% 2", "{$0}", "0x101e0", "goto 5", "run",
          "reverse-continue", "x/4xb 0", "delete", "set $0 = 4", "branch", "instruction", "line")
_NUMBERS = (0, 1, -1, 2, 3, 10, 1000, 1 << 31, (1 << 53) - 1, -(1 << 53), 1 << 64, 10**400)


class Hostile:
    """Makes arguments up, with what answers have told among them."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._seen: list[Any] = []

    def learn(self, value: Any) -> None:
        """Numbers and texts of an answer, to be sent back."""
        if isinstance(value, dict):
            for each in value.values():
                self.learn(each)
        elif isinstance(value, list):
            for each in value[:20]:
                self.learn(each)
        elif isinstance(value, int | str):
            self._seen = [*self._seen[-300:], value]

    def arguments(self, command: str) -> Any:
        """Of a request, by the schema, by and large."""
        name = f"{command[:1].upper()}{command[1:]}Arguments"
        if command == "launch" and self._random.random() < 0.5:
            return _LAUNCH
        if self._random.random() < 0.05 or name not in _schema()["definitions"]:
            return self._anything(3)
        return self._by(_schema()["definitions"][name], 4)

    def _by(self, schema: dict[str, Any], depth: int) -> Any:
        random = self._random
        if random.random() < 0.03 or not depth:
            return self._anything(1)
        if "$ref" in schema:
            return self._by(_schema()["definitions"][schema["$ref"].rpartition("/")[2]], depth)
        if "allOf" in schema:
            return {key: value for part in schema["allOf"]
                    for key, value in (self._by(part, depth) or {}).items()}
        if "enum" in schema or "_enum" in schema:
            return random.choice(schema.get("enum") or schema["_enum"])
        kind = schema.get("type")
        kind = random.choice(kind) if isinstance(kind, list) else kind
        if kind == "object" or "properties" in schema:
            return {key: self._by(each, depth - 1)
                    for key, each in schema.get("properties", {}).items()
                    if key in schema.get("required", ()) or random.random() < 0.5}
        if kind == "array":
            return [self._by(schema["items"], depth - 1) for _ in range(random.randrange(4))]
        return self._plain(kind)

    def _plain(self, kind: Any) -> Any:
        known = [each for each in self._seen if isinstance(each, str if kind == "string" else int)]
        if known and self._random.random() < 0.6:
            return self._random.choice(known)
        return {"string": lambda: self._random.choice(_TEXTS),
                "integer": lambda: self._random.choice(_NUMBERS),
                "number": lambda: self._random.choice(_NUMBERS),
                "boolean": lambda: self._random.random() < 0.5}.get(kind, lambda: None)()

    def _anything(self, depth: int) -> Any:
        random = self._random
        if depth and random.random() < 0.5:
            some = [self._anything(depth - 1) for _ in range(random.randrange(4))]
            keys = ("program", "variablesReference", "frameId", "expression", "count", "source")
            return some if random.random() < 0.5 else dict(zip(keys, some, strict=False))
        return random.choice((*_TEXTS, *_NUMBERS, *self._seen[-20:], None, True, 1.5, 1e308))


class Line:
    """A conversation over pipes: one request, its response."""

    def __init__(self, to: BinaryIO, back: BinaryIO) -> None:
        self._to = to
        self._seq = 0
        self._answers: dict[int, list[dict[str, Any]]] = {}
        self._changed = threading.Condition()
        self.faults: list[str] = []
        self._reader = threading.Thread(target=self._read, args=(back,), daemon=True)
        self._reader.start()

    def _read(self, back: BinaryIO) -> None:
        for message in messages(back, self.faults.append):
            try:
                check(message)
            except Exception as error:
                self.faults.append(f"{error}: {str(message)[:500]}")
            if message["type"] == "response":
                with self._changed:
                    self._answers.setdefault(message["request_seq"], []).append(message)
                    self._changed.notify_all()

    def ask(self, command: str, arguments: Any) -> dict[str, Any]:
        self._seq += 1
        seq = self._seq
        body = json.dumps({"seq": seq, "type": "request", "command": command,
                           "arguments": arguments}).encode()
        self._to.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._to.flush()
        with self._changed:
            answered = self._changed.wait_for(lambda: seq in self._answers, _PATIENCE)
        assert answered, f"{command} {arguments!r:.500} was never answered"
        return self._answers[seq][0]

    def twice(self) -> list[int]:
        """Requests with more than one answer."""
        return [seq for seq, answers in self._answers.items() if len(answers) > 1]


@contextmanager
def conversation() -> Iterator[Line]:
    """A client and an adapter, until both are through."""
    theirs, to = os.pipe()
    back, ours = os.pipe()
    with open(theirs, "rb") as reader, open(ours, "wb") as out, open(back, "rb") as answers:
        server = threading.Thread(target=converse, args=(reader, out), daemon=True)
        server.start()
        with open(to, "wb") as requests:
            line = Line(requests, answers)
            yield line
        server.join(_PATIENCE)
        assert not server.is_alive(), "the adapter doesn't end"
        out.close()
        line._reader.join(_PATIENCE)


@pytest.mark.parametrize("seed", SEEDS)
def test_arguments_of_all_kinds(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    random = Random(f"dap {seed}")
    hostile = Hostile(random)
    commands = sorted({*HANDLERS, *URGENT} - {*_ENDS})
    left = count(150)
    while left > 0:
        with conversation() as line:
            line.ask("initialize", {"adapterID": "x"})
            if random.random() < 0.9:
                line.ask("launch", _LAUNCH)
                line.ask("configurationDone", {})
            for _ in range(min(left, 400)):
                left -= 1
                command = random.choice(commands)
                arguments = hostile.arguments(command)
                answer = line.ask(command, arguments)
                hostile.learn(answer.get("body"))
                assert "internal error" not in str(answer.get("message")), (command, arguments)
                assert answer["success"] or answer["message"]
            line.ask("disconnect", {})
        assert not line.faults, line.faults[0]
        assert not line.twice()
    assert "Traceback" not in capfd.readouterr().err


def _talk() -> bytes:
    talk = [("initialize", {"adapterID": "x"}), ("launch", _LAUNCH), ("configurationDone", {}),
            ("stackTrace", {"threadId": 1}), ("evaluate", {"expression": "when"}),
            ("next", {"threadId": 1}), ("disconnect", {})]
    bodies = [json.dumps({"seq": i, "type": "request", "command": command,
                          "arguments": arguments}).encode()
              for i, (command, arguments) in enumerate(talk, 1)]
    return b"".join(b"Content-Length: %d\r\n\r\n%b" % (len(body), body) for body in bodies)


@pytest.mark.parametrize("seed", SEEDS)
def test_damaged_streams(seed: int, capfd: pytest.CaptureFixture[str]) -> None:
    random, good = Random(f"stream {seed}"), _talk()
    for _ in range(count(60)):
        bad = bytearray(good)
        for _ in range(random.randrange(4)):
            at, size = random.randrange(len(bad)), random.choice((0, 1, 1, 40))
            bad[at:at + size] = random.choice((b"", bytes([random.randrange(256)]), b"\r\n", b"9",
                                               b"Content-Length: 1000000000\r\n\r\n",
                                               random.randbytes(30), b"[" * 5000, b"{" * 9))
        if random.random() < 0.3:
            del bad[random.randrange(len(bad)):]
        out = io.BytesIO()
        converse(io.BytesIO(bytes(bad)), out)
        faults: list[str] = []
        told = list(messages(io.BytesIO(out.getvalue()), faults.append))
        assert not faults
        assert not [each for each in told if "internal error" in str(each.get("message"))]
        for each in told:
            check(each)
    assert "Traceback" not in capfd.readouterr().err
