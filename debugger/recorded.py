"""Programs that come from a file: recordings, to be looked at, and snapshots, to go on with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Event

from debugger.console import Console
from debugger.exchange import CommandError
from debugger.functions import Code
from debugger.source.program import Source
from debugger.symbols import Symbols
from gabagool import FuncType, GabagoolError, Machine, SnapshotError
from gabagool.api.recordings import Continued, Recording, continue_recording, open_recording
from gabagool.api.suspending import resume
from gabagool.container import SIGNATURE
from gabagool.history.family import Branch
from gabagool.history.log import Log
from gabagool.history.notes import Note
from gabagool.history.recorder import Recorder
from gabagool.runtime.entities import FuncInst
from gabagool.snapshot import About, located, read_about
from gabagool.wasi import Wasi
from gabagool.wasi.config import ConfigError, WasiConfig
from gabagool.wasi.options import WasiOptions, directories, source
from gabagool.wasi.settings import with_settings


def is_saved(path: Path) -> bool:
    """Whether a file is a recording or snapshot; False if it can't be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(SIGNATURE)) == SIGNATURE
    except OSError:
        return False


class Recorded:
    """The program of a file, and its `recorder`. Stands in for a `Program` that has started.

    `notes` are what was written on its steps, `branches` those it was saved with.
    """

    is_command = False

    def __init__(self, path: Path, wasi: WasiOptions, live: bool,
                 source_dirs: Sequence[str] = ()) -> None:
        self.path = path
        self.wake = Event()
        self.console = Console()
        self.notice = ""
        self.notes: tuple[Note, ...] = ()
        self.branches: tuple[Branch, ...] = ()
        self._wasi = wasi
        self._recording: Recording | None = None
        self._log: Log | None = None
        try:
            with located(path) as source:
                self.about: About = read_about(source)
            self.machine, self.recorder = self._open(live)
        except OSError as error:
            raise CommandError(f"can't read {path}: {error.strerror or error}") from None
        except (SnapshotError, ConfigError) as error:
            raise CommandError(str(error)) from None
        for host in self.machine.store.hosts.values():
            if isinstance(host, Wasi):
                host.keeps_undo = True
        instances = self.machine.store.instances
        self.symbols = Symbols([
            Code(inst.compiled, Source(inst.compiled.module, path, tuple(source_dirs)))
            for inst in instances])

    def _open(self, live: bool) -> tuple[Machine, Recorder]:
        if self.about.kind == "snapshot":
            resumed = resume(self.path, wasi=self._config())
            return resumed.machine, Recorder(resumed.machine)
        if live:
            return self._continue()
        found = self._recording = open_recording(self.path)
        self.notice, self.notes, self.branches = found.notice, found.notes, found.branches
        return found.machine, found.playback

    def _continue(self) -> tuple[Machine, Recorder]:
        """The recording made once more by replay, so that the program can go on behind it, in the
        same file."""
        found = continue_recording(self.path, self._config())
        recorder = found.recorder
        try:
            while recorder.total < found.end and recorder.ended is None:
                recorder.record(found.end)
            grown = found.regrow()
        except GabagoolError as error:
            raise CommandError(f"{self.path}: {error}") from None
        self.notes, self.branches = found.notes, found.named(grown)
        self._keep_on(found, grown)
        return found.machine, recorder

    def _keep_on(self, found: Continued, grown: dict[int, Recorder]) -> None:
        try:
            self._log = Log(self.path, found.recorder, found.machine, found.about, onto=True)
            self._log.take(self.branches, grown, found.file)
        except (OSError, SnapshotError) as error:
            self.notice = f"what happens from now on is not kept in {self.path}: {error}"

    def _config(self) -> WasiConfig:
        """As programs have it under the debugger: their streams lead nowhere."""
        config = WasiConfig(dirs=directories(self._wasi.dir), listen=tuple(self._wasi.listen),
                            stdin=self.console.source(source(self._wasi.stdin, None)),
                            stdout=None, stderr=None,
                            wake=self.wake)
        return with_settings(config, self.about.settings)

    # -- keeping -----------------------------------------------------------------------------

    def keep_note(self, note: Note, recorder: Recorder) -> None:
        """Write a mark or note into the file. Raises OSError or SnapshotError."""
        if self._recording is not None:
            self._recording.note(note, recorder)
        elif self._log is not None:
            self._log.note([note], recorder)

    def keep_branches(self, branches: Sequence[Branch]) -> None:
        """These are the branches now. Raises OSError or SnapshotError."""
        if self._log is not None:
            self._log.set_branches(branches)

    def finish(self, written: Sequence[Note], branches: Sequence[Branch]) -> None:
        """Make the file of a program that has gone on whole. Raises OSError or SnapshotError."""
        log, self._log = self._log, None
        if log is None:
            return
        if log.grown():
            log.close(written, branches)
        else:
            log.abandon()

    @property
    def entry(self) -> FuncInst | None:
        """The function that was called."""
        return self.machine.entry

    def functions(self) -> list[tuple[str, FuncType]]:
        """What else could be called: nothing."""
        return []

    def facts(self) -> dict[str, str]:
        """What the file is, for people."""
        modules = [inst.compiled.module for inst in self.machine.store.instances]
        return {"program": self.about.program or "?",
                "file": f"{self.path}, a {self.about.kind} of {self.path.stat().st_size:,} bytes",
                "size": f"{sum(len(m.source) for m in modules):,} bytes",
                "functions": f"{sum(len(m.funcs) for m in modules):,}",
                "memories": str(len(self.machine.store.memories))} | (
                    {"notice": self.notice} if self.notice else {})

    def close(self) -> None:
        if self._log is not None:
            self._log.abandon()
        if self._recording is not None:
            self._recording.close()
        for host in self.machine.store.hosts.values():
            close = getattr(host, "close", None)
            if close is not None:
                close()
