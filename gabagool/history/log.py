"""The log of a recording under way: what is new is appended, so that a kill loses little."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from gabagool.container import StrPath
from gabagool.history import recording
from gabagool.history.recorder import Recorder
from gabagool.runtime.machine import Machine
from gabagool.runtime.state import Snapshot
from gabagool.snapshot import About

_PERIOD = 0.25             # seconds between two flushes
_FIRST_STATE = 1 << 28     # steps before the first state is written …
_APART = 4                 # … and then whenever 1/4 more than at the last one are done


class Log:
    """Writes to `path` while `recorder` records; `close` makes a whole recording of it.

    A thread of its own flushes, so that what came before a long wait is safe too. When the log is
    written has no influence on the recording.
    """

    def __init__(self, path: StrPath, recorder: Recorder, machine: Machine, about: About) -> None:
        self.path = Path(path)
        self.failure: OSError | None = None
        self._recorder, self._machine, self._about = recorder, machine, about
        self._written = 0                 # journal entries
        self._ticked = recorder.origin
        self._state_due = recorder.origin + _FIRST_STATE
        self._first = machine.portable(recorder.snapshot_at(recorder.origin))
        self._file: BinaryIO = self.path.open("wb")
        self._file.writelines(recording.beginning(machine, about, self._first))
        self._file.flush()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep_flushing, name="recording log",
                                        daemon=True)
        self._thread.start()

    def _keep_flushing(self) -> None:
        while not self._done.wait(_PERIOD):
            try:
                self._flush()
            except OSError as error:      # a full disk must not end the program
                self.failure = error
                return

    def _flush(self) -> None:
        """Append what is new. The journal comes first: a tick says that it was written so far."""
        end: Snapshot = self._recorder.snapshot_at(self._recorder.total)
        entries = self._recorder.journal.entries
        count = len(entries)
        self._file.writelines(
            recording.journal_pieces(entries[self._written:count], self._written))
        self._written = count
        if end.step > self._ticked:
            self._ticked = end.step
            self._file.writelines(recording.tick(end.step))
        if end.step >= self._state_due:
            self._state_due = end.step + max(_FIRST_STATE, end.step // _APART)
            state = self._machine.portable(end)
            self._file.writelines(recording.snapshot_pieces(state, self._first))
        self._file.flush()

    def close(self) -> int:
        """Write the whole recording in the log's place; its size in bytes. Raises OSError."""
        self._done.set()
        self._thread.join()
        if self.failure is None:
            self._flush()
        self._file.close()
        return recording.save(self.path, self._recorder, self._machine, self._about)

    def abandon(self) -> None:
        """Leave the log as it is."""
        self._done.set()
        self._thread.join()
        with suppress(OSError):
            self._flush()
        self._file.close()
