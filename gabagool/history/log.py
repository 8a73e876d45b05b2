"""The log of a recording under way: what is new is appended, so that a kill loses little."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from gabagool.container import StrPath
from gabagool.history import notes, recording
from gabagool.history.appending import Appender
from gabagool.history.family import FORK, Branch, Fork, members
from gabagool.history.notes import Note
from gabagool.history.parts import MAIN, chunk
from gabagool.history.reading import File
from gabagool.history.recorder import Recorder
from gabagool.records import dataclass
from gabagool.runtime.machine import Machine
from gabagool.runtime.state import Snapshot
from gabagool.snapshot import About

_PERIOD = 0.25             # seconds between two flushes
_FIRST_STATE = 1 << 28     # steps before the first state is written …
_APART = 4                 # … and then whenever 1/4 more than at the last one are done


@dataclass
class _Written:
    """How much of a part is in the file: journal entries of all, and steps."""

    number: int
    recorder: Recorder
    first: Snapshot         # as other processes understand it
    entries: int
    step: int
    state_due: int
    over: bool = False      # the program's end is there
    head: Fork | None = None

    def skip(self) -> None:
        """All that the recorder has is in the file."""
        self.entries, self.step = len(self.recorder.journal.entries), self.recorder.total
        self.state_due = self.step + _FIRST_STATE
        self.over = self.recorder.ended is not None


class Log:
    """Writes to `path` while `recorder` records; `close` makes a whole recording of it.

    A thread of its own flushes, so that what came before a long wait is safe too. When the log is
    written has no influence on the recording.
    """

    def __init__(self, path: StrPath, recorder: Recorder, machine: Machine, about: About,
                 onto: bool = False) -> None:
        """With `onto` the log goes on in a file that has all of the recorder already."""
        self.path = Path(path)
        self.failure: OSError | None = None
        self.written = recorder.origin          # so far has what is in the file come
        self._machine, self._about = machine, about
        first = machine.portable(recorder.snapshot_at(recorder.origin))
        self._main = recorder
        self._branches: tuple[Branch, ...] = ()
        self._parts = {MAIN: _Written(MAIN, recorder, first, 0, recorder.origin,
                                      recorder.origin + _FIRST_STATE)}
        self._file = Appender(path, onto)
        if onto:
            self._parts[MAIN].skip()
        else:
            self._begin(recording.beginning(machine, about, first))
        self._grown = False
        self._done = threading.Event()
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._keep_flushing, name="recording log",
                                        daemon=True)
        self._thread.start()

    def _begin(self, pieces: Iterable[bytes]) -> None:
        """A file that can't hold even the beginning is no use to anybody."""
        try:
            self._file.write(pieces)
        except OSError:
            self._file.abandon()
            self.path.unlink(missing_ok=True)
            raise

    def _keep_flushing(self) -> None:
        while not self._done.wait(_PERIOD):
            try:
                self.flush()
            except OSError as error:      # a full disk must not end the program
                self.failure = error
                return

    def flush(self) -> None:
        """Append what is new. Raises OSError."""
        with self._turn:
            heads = list(self._heads())
            pieces = [piece for part in self._parts.values() for piece in self._news(part)]
            if pieces or heads:
                self._grown = True
                self._file.write([*pieces, *heads])
                self.written = self._parts[MAIN].step

    def _news(self, part: _Written) -> Iterator[bytes]:
        """The journal comes first: a tick says that it was written so far."""
        recorder, number = part.recorder, part.number
        end: Snapshot = recorder.snapshot_at(recorder.total)
        entries = recorder.journal.entries
        count = len(entries)
        yield from recording.journal_pieces(entries, part.entries, count, part.first.journal,
                                            number)
        part.entries = count
        if end.step > part.step:
            for tag, found in ((recording.THROWS, recorder.throws),
                               (recording.COLLECTIONS, recorder.collections)):
                yield from recording.noted_pieces(tag, found, part.step, end.step, number)
            yield from recording.tick(end.step, number)
            part.step = end.step
        over = recorder.ended is not None and not part.over
        if over or end.step >= part.state_due:
            part.over |= over
            part.state_due = end.step + max(_FIRST_STATE, end.step // _APART)
            state = self._machine.portable(end)
            yield from recording.snapshot_pieces(state, part.first, number)

    # -- what people do ----------------------------------------------------------------------

    def note(self, written: Iterable[Note], recorder: Recorder) -> None:
        """Append notes on a recorder's steps, as they are made. Raises OSError."""
        self.flush()
        number = next(n for n, part in self._parts.items() if part.recorder is recorder)
        self._file.write(notes.pieces(written, number))

    def set_branches(self, branches: Sequence[Branch]) -> None:
        """These are the branches from now on. Raises OSError."""
        with self._turn:
            self._branches = tuple(branches)
        self.flush()

    def take(self, branches: Sequence[Branch], grown: Mapping[int, Recorder], file: File) -> None:
        """These are the branches, and the recorders of `file` by their numbers: all that they have
        is in the file."""
        with self._turn:
            self._branches = tuple(branches)
            for number, contents in file.branches.items():
                part = self._parts[number] = self._part(number, grown[number])
                part.head = contents.fork
                part.skip()

    def _part(self, number: int, recorder: Recorder) -> _Written:
        own = self._machine.portable(recorder.snapshot_at(recorder.fork))
        return _Written(number, recorder, own, own.journal, own.step, own.step + _FIRST_STATE)

    def _heads(self) -> Iterator[bytes]:
        """New branches, and heads of others that are not as they were: what is gone has lost its
        name, and host calls have been answered."""
        known = {id(part.recorder): number for number, part in self._parts.items()}
        found = members(self._main, self._branches, known)
        for member in found:
            if member.number not in self._parts:
                part = self._parts[member.number] = self._part(member.number, member.recorder)
                yield from recording.branch_pieces(member.number, member.fork, part.first,
                                                   self._parts[MAIN].first)
                yield from notes.pieces(member.written, member.number)
                part.head = member.fork
        heads = {member.number: member.fork for member in found}
        for number, part in self._parts.items():
            head = heads.get(number, part.head and replace(part.head, name=""))
            if head is not None and head != part.head:
                part.head = head
                yield from chunk(number, FORK, head.wire())

    def grown(self) -> bool:
        """Whether more than notes was written. Raises OSError."""
        self.flush()
        return self._grown

    # -- the end -----------------------------------------------------------------------------

    def close(self, written: Sequence[Note] = (), branches: Sequence[Branch] = ()) -> int:
        """Write the whole recording in the log's place; its size in bytes. Raises OSError."""
        self._done.set()
        self._thread.join()
        if self.failure is None:
            self.flush()
        try:
            return recording.save(self.path, self._parts[MAIN].recorder, self._machine,
                                  self._about, written, branches)
        finally:
            self._file.abandon()

    def abandon(self) -> None:
        """Leave the log as it is."""
        self._done.set()
        self._thread.join()
        with suppress(OSError):
            self.flush()
        self._file.abandon()
