"""Programs that come from a file: recordings, to be looked at, and snapshots, to go on with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Event

from debugger.exchange import CommandError
from debugger.functions import Code
from debugger.source.program import Source
from debugger.symbols import Symbols
from gabagool import FuncType, GabagoolError, Machine, SnapshotError
from gabagool.api.recordings import Recording, continue_recording, open_recording
from gabagool.api.suspending import resume
from gabagool.container import SIGNATURE
from gabagool.history.notes import Note
from gabagool.history.recorder import Recorder
from gabagool.runtime.entities import FuncInst
from gabagool.snapshot import About, located, read_about
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
    """The program of a file, and its `recorder`. Stands in for a `Program` that has started."""

    is_command = False

    def __init__(self, path: Path, wasi: WasiOptions, live: bool,
                 source_dirs: Sequence[str] = ()) -> None:
        self.path = path
        self.wake = Event()
        self.notice = ""
        self._wasi = wasi
        self._recording: Recording | None = None
        try:
            with located(path) as source:
                self.about: About = read_about(source)
            self.machine, self.recorder = self._open(live)
        except OSError as error:
            raise CommandError(f"can't read {path}: {error.strerror or error}") from None
        except (SnapshotError, ConfigError) as error:
            raise CommandError(str(error)) from None
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
        self._recording = open_recording(self.path)
        self.notice = self._recording.notice
        return self._recording.machine, self._recording.playback

    def _continue(self) -> tuple[Machine, Recorder]:
        """The recording made once more by replay, so that the program can go on behind it."""
        machine, recorder, end = continue_recording(self.path, self._config())
        try:
            while recorder.total < end and recorder.ended is None:
                recorder.record(end)
        except GabagoolError as error:
            raise CommandError(f"{self.path}: {error}") from None
        return machine, recorder

    def _config(self) -> WasiConfig:
        """As programs have it under the debugger: their streams lead nowhere."""
        config = WasiConfig(dirs=directories(self._wasi.dir), listen=tuple(self._wasi.listen),
                            stdin=source(self._wasi.stdin, None), stdout=None, stderr=None,
                            wake=self.wake)
        return with_settings(config, self.about.settings)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was written on its steps."""
        return self._recording.notes if self._recording is not None else ()

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
        if self._recording is not None:
            self._recording.close()
        for host in self.machine.store.hosts.values():
            close = getattr(host, "close", None)
            if close is not None:
                close()
