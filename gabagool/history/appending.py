"""A file that chunks are appended to, by one writer at a time."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import BinaryIO

from gabagool.container import Source, StrPath
from gabagool.errors import SnapshotError

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

_CUT = "it is cut short"


class Appender:
    """A new file, or with `onto` one that is there, whose last chunk may be cut short: what there
    is of that goes when something is written.

    Raises OSError; SnapshotError where nothing can be appended, because the file is damaged or
    another process writes it. All methods may be called from any thread.
    """

    def __init__(self, path: StrPath, onto: bool = False) -> None:
        self.path = Path(path)
        self._lock = Lock()
        self._end: int | None = None            # where a cut file is to be gone on with
        self._file: BinaryIO = open(path, "r+b" if onto else "wb")  # noqa: SIM115
        try:
            self._take(onto)
        except BaseException:
            self._file.close()
            raise

    def _take(self, onto: bool) -> None:
        if fcntl is not None:
            try:
                fcntl.flock(self._file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise SnapshotError(f"{self.path} is being written by another process") from None
        if not onto:
            return
        source = Source(self._file)
        if source.damage and not source.damage.startswith(_CUT):
            raise SnapshotError(f"{self.path}: {source.damage}")
        self._end = max((chunk.offset + chunk.size for chunk in source.chunks), default=None)

    def write(self, pieces: Iterable[bytes]) -> None:
        """Append chunks; they are in the hands of the system when this returns."""
        with self._lock:
            if self._end is not None:
                self._file.seek(self._end)
                self._file.truncate()
                self._end = None
            self._file.writelines(pieces)
            self._file.flush()

    def sync(self) -> None:
        """See to it that what was written is on the disk."""
        with self._lock:
            os.fsync(self._file.fileno())

    def close(self) -> None:
        with self._lock:
            self._file.close()

    def abandon(self) -> None:
        """Close it, whatever becomes of what is still to be written."""
        with suppress(OSError):
            self.close()
