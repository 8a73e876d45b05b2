"""What the user types for the program: its standard input, where it was given no file."""

from __future__ import annotations

from collections import deque

from gabagool.errors import Interrupted
from gabagool.wasi.config import Source

_END = b""


class Console:
    """Lines and ends of input in the order in which they were typed.

    A read gets at most one line, as from a terminal. Where there is none it gets the end, or, if
    the console `asks`, the program stops at the call until there is one (`wanted`).
    """

    def __init__(self) -> None:
        self.asks = False
        self.wanted = False
        self.serves = False         # whether the program reads from here
        self._typed: deque[bytes] = deque()

    def source(self, named: Source) -> Source:
        """What the program reads: the console, unless a file was named."""
        self.serves = named is None
        return self._read if named is None else named

    def type(self, data: bytes) -> None:
        """Bytes to be read; none are an end of the input, behind which there may be more."""
        self._typed.extend(data.splitlines(keepends=True) or [_END])
        self.wanted = False

    @property
    def waiting(self) -> int:
        """Bytes that were typed but not read."""
        return sum(map(len, self._typed))

    def _read(self, size: int) -> bytes:
        if not self._typed:
            if self.asks:
                self.wanted = True
                raise Interrupted
            return _END
        line = self._typed.popleft()
        if len(line) > size:
            self._typed.appendleft(line[size:])
        return line[:size]
