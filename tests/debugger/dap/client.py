"""A DAP client for tests: the message channel of debugpy, which carries VS Code's own Python
debugger, and the protocol's official schema, which every message of ours must follow."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from debugpy.common import messaging
from jsonschema import Draft4Validator

from debugger.dap.serving import converse

PROGRAMS = Path(__file__).parents[3] / "programs"
_SCHEMA = "_vendored/pydevd/_pydevd_bundle/_debug_adapter/debugProtocol.json"
_PATIENCE = 60.0

Failed = messaging.MessageHandlingError
Body = dict[str, Any]


@cache
def _schema() -> dict[str, Any]:
    return json.loads(files("debugpy").joinpath(_SCHEMA).read_text())


@cache
def _validator(name: str) -> Draft4Validator | None:
    definitions = _schema()["definitions"]
    if name not in definitions:
        return None
    return Draft4Validator({"$ref": f"#/definitions/{name}", "definitions": definitions})


def check(message: Body) -> None:
    """A message of the adapter, by the protocol's schema. Our own requests are not in it."""
    if message["type"] == "event":
        kind = message["event"]
    elif message["success"]:
        kind = message["command"]
    else:
        kind = "Error"
    name = kind[:1].upper() + kind[1:] + {"event": "Event", "response": "Response"}[message["type"]]
    validator = _validator(name)
    if validator is None:
        assert message["type"] == "response" and kind.startswith("gaba/"), name
        return
    validator.validate(message)


class CheckedStream(messaging.JsonIOStream):  # type: ignore[misc]
    """A stream of messages, each of which must follow the schema."""

    fault: Exception | None = None

    def read_json(self, decoder: Any = None) -> Any:
        message = super().read_json(decoder)
        try:
            check(json.loads(json.dumps(message)))
        except Exception as error:
            self.fault = self.fault or error
        return message


class Client:
    """Sends requests and collects events."""

    def __init__(self, stream: CheckedStream) -> None:
        self._stream = stream
        self._events: list[tuple[str, Body]] = []
        self._seen = 0
        self._news = threading.Condition()
        self._channel = messaging.JsonMessageChannel(
            stream, messaging.MessageHandlers(event=self._event))
        self._channel.start()

    def _event(self, event: Any) -> None:
        with self._news:
            self._events.append((event.event, json.loads(json.dumps(event.body))))
            self._news.notify_all()

    def send(self, command: str, **arguments: object) -> Any:
        """A request whose response is waited for later."""
        return self._channel.send_request(command, arguments)

    def ask(self, command: str, **arguments: object) -> Body:
        """A request; its response's body. `Failed` is raised for an error response."""
        found = self.send(command, **arguments).wait_for_response()
        return json.loads(json.dumps(found))

    def fault(self, command: str, **arguments: object) -> str:
        """The message of a request that must fail."""
        try:
            found = self.ask(command, **arguments)
        except Failed as error:
            return str(error.reason)
        raise AssertionError(f"{command} succeeded: {found}")

    def until(self, *names: str) -> Body:
        """The body of the next event of one of these names, which may have come already."""
        with self._news:
            end = time.monotonic() + _PATIENCE
            while True:
                while self._seen < len(self._events):
                    self._seen += 1
                    name, body = self._events[self._seen - 1]
                    if name in names:
                        return {"event": name, **body}
                left = end - time.monotonic()
                assert left > 0 and self._news.wait(left), f"no {names} in {self.events()}"

    def events(self, name: str = "") -> list[Any]:
        """All events so far: their bodies by name, or everything."""
        with self._news:
            if not name:
                return list(self._events)
            return [body for each, body in self._events if each == name]

    def output(self, category: str = "stdout") -> str:
        return "".join(body["output"] for body in self.events("output")
                       if body.get("category") == category)

    # -- what every session begins with ------------------------------------------------------

    def launch(self, program: str | Path, configure: Callable[[], None] = lambda: None,
               **more: object) -> Body:
        """Up to the first stop; `configure` sets breakpoints."""
        self.ask("initialize", adapterID="gaba", clientID="test", linesStartAt1=True,
                 columnsStartAt1=True, supportsProgressReporting=True,
                 supportsInvalidatedEvent=True, supportsMemoryReferences=True,
                 supportsVariableType=True)
        path = PROGRAMS / f"{program}.wasm" if isinstance(program, str) else program
        self.ask("launch", **{"program": str(path), "stopOnEntry": True, **more})
        self.until("initialized")
        configure()
        self.ask("configurationDone")
        return self.until("stopped", "terminated")

    def go(self, command: str, **arguments: object) -> Body:
        """A motion and the stop it leads to."""
        self.ask(command, threadId=1, **arguments)
        return self.until("stopped", "terminated")

    def frames(self, **arguments: object) -> list[Any]:
        return self.ask("stackTrace", threadId=1, **arguments)["stackFrames"]

    def variables(self, scope: str, frame: int = 0, **arguments: object) -> dict[str, Any]:
        scopes = self.ask("scopes", frameId=self.frames()[frame]["id"])["scopes"]
        reference = next(each["variablesReference"] for each in scopes if each["name"] == scope)
        found = self.ask("variables", variablesReference=reference, **arguments)["variables"]
        return {each["name"]: each for each in found}

    def step(self) -> int:
        return int(self.variables("Time")["step"]["value"])

    def close(self) -> None:
        with suppress(Failed, EOFError, OSError):       # it may have gone already
            self.ask("disconnect")
        self._channel.close()
        if self._stream.fault is not None:
            raise self._stream.fault


@contextmanager
def connected() -> Iterator[Client]:
    """A client of an adapter in this process, over a pair of sockets."""
    ours, theirs = socket.socketpair()

    def serve() -> None:
        with theirs, theirs.makefile("rb") as reader, theirs.makefile("wb") as out:
            converse(reader, out)
    thread = threading.Thread(target=serve)
    thread.start()
    client = Client(CheckedStream.from_socket(ours, "test"))
    try:
        yield client
    finally:
        client.close()
        thread.join(_PATIENCE)
    assert not thread.is_alive(), "the adapter doesn't come to an end"


def started(*words: str) -> subprocess.Popen[bytes]:
    """`gaba-debug` in a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "debugger.main", *words],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
