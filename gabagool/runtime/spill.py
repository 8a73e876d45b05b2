"""Bytes that would take too much memory: in a temporary file, which nobody else sees."""

from __future__ import annotations

import os
from typing import BinaryIO

from gabagool.errors import SnapshotError


class Spill:
    """Bytes are added and never changed. The file goes when the last reader of it does."""

    def __init__(self) -> None:
        self._file: BinaryIO | None = None
        self._end = 0
        self._owner = 0

    def add(self, data: bytes) -> Spilled | None:
        """Put bytes away. None if there is no room for them."""
        import tempfile  # few journals are long: not worth the time otherwise

        try:
            if self._file is None or self._owner != os.getpid():
                # a forked process shares the parent's file, so it begins one of its own
                self._file = tempfile.TemporaryFile(prefix="gabagool-", buffering=0)  # noqa: SIM115
                self._end, self._owner = 0, os.getpid()
            self._file.seek(self._end)
            if self._file.write(data) != len(data):
                return None
        except OSError:
            return None
        found = Spilled(self._file, self._end, len(data))
        self._end += len(data)
        return found


class Spilled:
    """Where some bytes have been put."""

    __slots__ = ("_at", "_file", "_size")

    def __init__(self, file: BinaryIO, at: int, size: int) -> None:
        self._file, self._at, self._size = file, at, size

    def read(self) -> bytes:
        """The bytes. SnapshotError if the file can't be read any more."""
        try:
            data = self._read()
        except OSError as error:
            raise SnapshotError(f"the journal's temporary file can't be read: {error}") from error
        if len(data) != self._size:
            raise SnapshotError("the journal's temporary file has been cut short")
        return data

    def _read(self) -> bytes:
        if hasattr(os, "pread"):        # several processes and threads may read at once
            return os.pread(self._file.fileno(), self._size, self._at)
        self._file.seek(self._at)
        return self._file.read(self._size)
