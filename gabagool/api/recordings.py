"""Recordings in files: made at full speed, opened anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import gabagool.container as container
import gabagool.snapshot as snapshot
from gabagool.api.module import Module
from gabagool.api.suspending import Define, rebuilt
from gabagool.api.suspending import about as about_machine
from gabagool.container import Source, StrPath
from gabagool.errors import SnapshotError
from gabagool.history import notes, reading, recording
from gabagool.history.appending import Appender
from gabagool.history.family import Branch, continued
from gabagool.history.log import Log
from gabagool.history.notes import Note
from gabagool.history.parts import MAIN
from gabagool.history.playback import Playback, check_edit
from gabagool.history.reading import Contents, File
from gabagool.history.recorder import Recorder
from gabagool.records import dataclass
from gabagool.runtime.edits import Edit
from gabagool.runtime.initial import as_built
from gabagool.runtime.journal import Journal
from gabagool.runtime.machine import Machine
from gabagool.snapshot import LIMIT, About, naming
from gabagool.wasi import INPUTS, WasiConfig


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording that was opened. `playback` takes `machine` to any step of it.

    `notice` is not empty if the file was damaged or its writer killed: how far it goes, and why.
    `notes` are what people have written on its steps. `branches` have recorders of their own for
    the same machine, of which one at a time is active (`activate`).
    """

    machine: Machine
    playback: Playback
    about: About
    notice: str
    notes: tuple[Note, ...]
    branches: tuple[Branch, ...]
    _path: Path
    _source: Source

    def note(self, note: Note, recorder: Recorder | None = None) -> None:
        """Write a mark or note on a step of a recorder, of `playback` by default, into the file,
        at once. Raises OSError or SnapshotError."""
        on = self.playback if recorder is None else recorder
        assert isinstance(on, Playback)
        file = Appender(self._path, onto=True)
        try:
            file.write(notes.pieces([note], on.number))
        finally:
            file.close()

    def close(self) -> None:
        """Close the file; the recording can't be gone about in any more."""
        self._source.close()


@dataclass(frozen=True, slots=True)
class Continued:
    """A recording that is made again. `recorder` is at its first step and takes `machine` on, by
    replay up to `end`, and then live; `regrow` makes its branches, when it has come so far."""

    machine: Machine
    recorder: Recorder
    end: int
    about: About
    notes: tuple[Note, ...]
    file: File

    def regrow(self) -> dict[int, Recorder]:
        """The recorders of all branches by their numbers in the file, and the main one: branches
        are recorded again by replay. The main one is active afterwards. Raises SnapshotError."""
        grown: dict[int, Recorder] = {MAIN: self.recorder}
        try:
            for number, contents in self.file.branches.items():
                assert contents.fork is not None
                grown[number] = _regrown(self.machine, grown[contents.fork.parent], contents)
        finally:
            if len(grown) > 1:
                self.recorder.activate()
        return grown

    def named(self, grown: Mapping[int, Recorder]) -> tuple[Branch, ...]:
        """The branches that have names."""
        return _named(self.file, grown)


def start_recording(machine: Machine, path: StrPath, *, program: str = "",
                    entry: str = "") -> tuple[Recorder, Log]:
    """Begin to record a machine where it stands, into a log: run it by `recorder.record()`, and
    `log.close()` when that is over. Raises OSError or SnapshotError."""
    recorder = Recorder(machine)
    return recorder, Log(path, recorder, machine, about_machine(machine, program, entry))


def save_recording(recorder: Recorder, machine: Machine, path: StrPath, *, program: str = "",
                   entry: str = "", about: About | None = None, written: Sequence[Note] = (),
                   branches: Sequence[Branch] = ()) -> int:
    """Write what a recorder has, what was written on its steps, and branches that have left it, to
    a file, whole or not at all; its size in bytes."""
    about = about or about_machine(machine, program, entry)
    return recording.save(path, recorder, machine, about, written, branches)


def open_recording(path: StrPath, *, modules: Iterable[Module] = (),
                   limit: int = LIMIT) -> Recording:
    """A recording for replay: nothing of what the program had around it is needed or touched.

    `modules` are those the file was written without. Raises OSError, or SnapshotError when
    nothing of the recording can be saved.
    """
    with ExitStack() as stack:
        source, about = _opened(path, stack)
        with naming(path):
            store = snapshot.replica(source, (m.compiled for m in modules), limit)
            file = reading.read(source, as_built(store), limit)
            machine = Machine(store)
            main = Playback(file.main, machine)
            branches, notice = _branches(file, main, machine)
        stack.pop_all()
    return Recording(machine, main, about, notice, file.main.written, branches,
                     Path(path), source)


def _branches(file: File, main: Playback, machine: Machine) -> tuple[tuple[Branch, ...], str]:
    """The branches of a file, and what is to be said of it; the main playback is active."""
    found: dict[int, Recorder] = {MAIN: main}
    notices = [file.notice] if file.notice else []
    for number, contents in file.branches.items():
        assert contents.fork is not None
        before = found.get(contents.fork.parent)
        try:
            if not isinstance(before, Playback):
                raise SnapshotError("what it has left is not there")
            found[number] = Playback(contents, machine, before)
        except SnapshotError as error:
            name = contents.fork.name or f"branch {number}"
            notices.append(f"{name} is lost: {error}")
    if file.branches:
        main.activate()
        main.seek(main.origin)
    return _named(file, found), "; ".join(notices)


def _named(file: File, found: Mapping[int, Recorder]) -> tuple[Branch, ...]:
    return tuple(Branch(contents.fork.name, contents.fork.label, found[number], contents.written)
                 for number, contents in file.branches.items()
                 if number in found and contents.fork is not None and contents.fork.name)


def _regrown(machine: Machine, parent: Recorder, contents: Contents) -> Recorder:
    """A branch of a file made again from the recorder that it has left."""
    fork = contents.fork
    assert fork is not None
    check_edit(machine, Edit(fork.step, fork.changes))
    parent.activate()
    parent.seek(fork.step)
    grown = parent.branch(fork.changes, INPUTS)
    for entry in contents.entries.upward(contents.shared):
        grown.journal.entries.append(entry)
    grown.journal.foreign = len(grown.journal.entries)
    continued(grown.journal, fork, contents.shared)
    while grown.total < contents.total and grown.ended is None:
        grown.record(contents.total)
    return grown


def continue_recording(path: StrPath, wasi: WasiConfig, *, define: Define | None = None,
                       modules: Iterable[Module] = (), limit: int = LIMIT) -> Continued:
    """A recording to be gone on with, its machine at the first step.

    What the journal has is replayed, as far as it goes; behind that the program has the hosts it
    is given here (see `resume`). Raises OSError or SnapshotError.
    """
    with ExitStack() as stack:
        source, about = _opened(path, stack)
        with naming(path):
            store = rebuilt(source, wasi, define, modules, limit)
            file = reading.read(source, as_built(store.inner), limit)
            store.machine.restore_checked(file.main.first)
            store.machine.journal = Journal(file.main.entries)
    return Continued(store.machine, Recorder(store.machine), file.main.total, about,
                     file.main.written, file)


def _opened(path: StrPath, stack: ExitStack) -> tuple[Source, About]:
    """A recording's chunks, which are closed with the stack."""
    with naming(path):
        source = container.open_source(path)
        stack.callback(source.close)
        about = snapshot.read_about(source)
        if about.kind != "recording":
            raise SnapshotError("this is a snapshot: 'gabagool resume' goes on with it")
    return source, about
