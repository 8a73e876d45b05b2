"""Recordings in files: made at full speed, opened anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack

import gabagool.container as container
import gabagool.snapshot as snapshot
from gabagool.api.module import Module
from gabagool.api.suspending import Define, rebuilt
from gabagool.api.suspending import about as about_machine
from gabagool.container import Source, StrPath
from gabagool.errors import SnapshotError
from gabagool.history import notes, recording
from gabagool.history.log import Log
from gabagool.history.notes import Note
from gabagool.history.playback import Playback
from gabagool.history.recorder import Recorder
from gabagool.records import dataclass
from gabagool.runtime.initial import as_built
from gabagool.runtime.journal import Journal
from gabagool.runtime.machine import Machine
from gabagool.snapshot import LIMIT, About, naming
from gabagool.wasi import WasiConfig


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording that was opened. `playback` takes `machine` to any step of it.

    `notice` is not empty if the file was damaged or its writer killed: how far it goes, and why.
    `notes` are what people have written on its steps.
    """

    machine: Machine
    playback: Playback
    about: About
    notice: str
    notes: tuple[Note, ...]
    _source: Source

    def close(self) -> None:
        """Close the file; the recording can't be gone about in any more."""
        self._source.close()


def start_recording(machine: Machine, path: StrPath, *, program: str = "",
                    entry: str = "") -> tuple[Recorder, Log]:
    """Begin to record a machine where it stands, into a log: run it by `recorder.record()`, and
    `log.close()` when that is over. Raises OSError or SnapshotError."""
    recorder = Recorder(machine)
    return recorder, Log(path, recorder, machine, about_machine(machine, program, entry))


def save_recording(recorder: Recorder, machine: Machine, path: StrPath, *, program: str = "",
                   entry: str = "", about: About | None = None,
                   written: Sequence[Note] = ()) -> int:
    """Write what a recorder has, and what was written on its steps, to a file, whole or not at
    all; its size in bytes."""
    about = about or about_machine(machine, program, entry)
    return recording.save(path, recorder, machine, about, written)


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
            contents = recording.read(source, as_built(store), limit)
            machine = Machine(store)
            playback = Playback(contents, machine)
        stack.pop_all()
    return Recording(machine, playback, about, contents.notice,
                     notes.read(source, contents.total), source)


def continue_recording(path: StrPath, wasi: WasiConfig, *, define: Define | None = None,
                       modules: Iterable[Module] = (),
                       limit: int = LIMIT) -> tuple[Machine, Recorder, int]:
    """A machine and its recorder at a recording's first step, and the recording's last step.

    What the journal has is replayed, as far as it goes; behind that the program has the hosts it
    is given here (see `resume`). Raises OSError or SnapshotError.
    """
    with ExitStack() as stack:
        source, _ = _opened(path, stack)
        with naming(path):
            store = rebuilt(source, wasi, define, modules, limit)
            contents = recording.read(source, as_built(store.inner), limit)
            store.machine.restore_checked(contents.first)
            store.machine.journal = Journal(contents.entries)
    return store.machine, Recorder(store.machine), contents.total


def _opened(path: StrPath, stack: ExitStack) -> tuple[Source, About]:
    """A recording's chunks, which are closed with the stack."""
    with naming(path):
        source = container.open_source(path)
        stack.callback(source.close)
        about = snapshot.read_about(source)
        if about.kind != "recording":
            raise SnapshotError("this is a snapshot: 'gabagool resume' goes on with it")
    return source, about
