"""The program's output as events: each byte once, when it is first recorded."""

from __future__ import annotations

import codecs

from debugger.dap.wire import Writer
from debugger.session import Session

_STREAMS = {1: "stdout", 2: "stderr"}
_LONGEST = 1 << 16          # characters of one event


class Printing:
    """Remembers how much of a session's output has been sent."""

    def __init__(self, session: Session, writer: Writer) -> None:
        self._writer = writer
        self._calls = 0
        # a character's bytes may come from several calls
        self._decoders = {name: codecs.getincrementaldecoder("utf-8")("replace")
                          for name in _STREAMS.values()}

    def send_new(self, session: Session) -> None:
        found, self._calls = session.output_since(self._calls)
        category, text = "", ""
        for printed in found:
            stream = _STREAMS.get(printed.descriptor)
            if stream is None:
                continue
            if stream != category or len(text) > _LONGEST:
                self._send(category, text)
                category, text = stream, ""
            text += self._decoders[stream].decode(printed.data)
        self._send(category, text)

    def _send(self, category: str, text: str) -> None:
        for start in range(0, len(text), _LONGEST):
            self._writer.event("output", {"category": category,
                                          "output": text[start:start + _LONGEST]})
