"""Messages on a byte stream: `Content-Length: N`, a blank line, N bytes of JSON.

What can't be understood is told and skipped: garbage never ends the conversation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from threading import Lock
from typing import Any, BinaryIO

_LONGEST_HEADER = 1 << 16
_LONGEST_BODY = 1 << 26
# Behind whatever else may stand in its line: garbage need not end with a new one.
_LENGTH = re.compile(r"content-length\s*:\s*(\S*)$", re.I)

Message = dict[str, Any]


def messages(stream: BinaryIO, complain: Callable[[str], None]) -> Iterator[Message]:
    """The messages of a stream up to its end, which may come at any byte."""
    while (size := _header(stream, complain)) is not None:
        body = _exactly(stream, size)
        if body is None:
            complain(f"the input ends inside a message of {size} bytes")
            return
        message = _decoded(body, complain)
        if message is not None:
            yield message


def _header(stream: BinaryIO, complain: Callable[[str], None]) -> int | None:
    """The length of the next message; None at the end of the stream."""
    size = None
    while line := stream.readline(_LONGEST_HEADER):
        text = line.strip().decode("ascii", "replace")
        if not text and size is not None:
            return size
        found = _LENGTH.search(text)
        junk = text[:found.start()] if found else text
        if junk and not junk.lower().startswith("content-type"):
            complain(f"not a header: {junk[:80]!r}")
            size = None                 # whatever it is, no body of a known length follows
        if found:
            size = _length(found[1], complain)
    return None


def _length(text: str, complain: Callable[[str], None]) -> int | None:
    if text.isascii() and text.isdecimal() and len(text) < 12 and int(text) <= _LONGEST_BODY:
        return int(text)
    complain(f"not a length of at most {_LONGEST_BODY} bytes: {text[:40]!r}")
    return None


def _exactly(stream: BinaryIO, size: int) -> bytes | None:
    parts = []
    while size:
        part = stream.read(size)
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _decoded(body: bytes, complain: Callable[[str], None]) -> Message | None:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        complain(f"a message that is not JSON: {error}")
        return None
    if not isinstance(message, dict):
        complain(f"a message that is not an object but {type(message).__name__}")
        return None
    return message


class Writer:
    """Sends messages, each whole and numbered, from any thread. A reader who has gone is told
    by `closed`, never by an exception: nobody is left to hear of it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = Lock()
        self._seq = 0
        self.closed = False

    def send(self, kind: str, content: Mapping[str, object]) -> None:
        with self._lock:
            if self.closed:
                return
            self._seq += 1
            # one pair of surrogates is no UTF-8, so ASCII it is
            body = json.dumps({"seq": self._seq, "type": kind, **content},
                              separators=(",", ":")).encode("ascii")
            try:
                self._stream.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
                self._stream.flush()
            except (OSError, ValueError):
                self.closed = True

    def event(self, name: str, body: Mapping[str, object]) -> None:
        self.send("event", {"event": name, "body": body})
