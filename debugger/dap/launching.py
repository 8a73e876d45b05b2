"""What a launch request asks for, and the session that it makes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from debugger.dap.arguments import Arguments
from debugger.exchange import CommandError
from debugger.session import Session
from gabagool.wasi.options import WasiOptions


@dataclass(frozen=True, slots=True)
class Launch:
    """`wasi` is what the program may reach, as on the command line."""

    program: str
    invoke: str | None
    args: tuple[str, ...]
    wasi: WasiOptions
    stop_on_entry: bool
    stop_at_end: bool
    debug: bool
    source_dirs: tuple[str, ...] = ()

    def open(self) -> Session:
        session = Session.open(self.program, invoke=self.invoke, args=self.args,
                               wasi=self.wasi, source_dirs=self.source_dirs)
        try:
            session.require_start()
        except CommandError:
            session.close()
            raise
        return session


def parse_launch(args: Arguments) -> Launch:
    """Paths are taken relative to `cwd`."""
    cwd = Path(args.text("cwd", ".")).expanduser()

    def text(key: str) -> str | None:
        return args.text(key) if key in args else None
    stdin = text("stdin")
    wasi = WasiOptions(
        dir=[_directory(cwd, each) for each in args.texts("dirs")], env=_environment(args),
        argv0=text("argv0"), listen=args.texts("listen"), clock=text("clock"),
        seed=args.integer("seed") if "seed" in args else None,
        stdin=None if stdin is None else str(cwd / Path(stdin).expanduser()))
    return Launch(
        str(cwd / Path(text("recording") or args.text("program")).expanduser()), text("invoke"),
        tuple(args.texts("args")), wasi, args.flag("stopOnEntry"), args.flag("stopAtEnd", True),
        not args.flag("noDebug"),
        tuple(str(cwd / Path(each).expanduser()) for each in args.texts("sourceDirs")))


def _directory(cwd: Path, text: str) -> str:
    """The guest sees a directory under the name that was written, wherever it lies."""
    host, _, guest = text.partition("::")
    return f"{os.path.normpath(cwd / Path(host).expanduser())}::{guest or host}"


def _environment(args: Arguments) -> tuple[str, ...]:
    """{"K": "V"}; null leaves one out, as in other launch configurations. Or ["K=V"]."""
    if isinstance(args.values.get("env"), list):
        return tuple(args.texts("env"))
    found = []
    for key, value in args.inner("env").values.items():
        if isinstance(value, dict | list):
            raise CommandError(f"launch: '{key}' in 'env' must be a text")
        if value is not None:
            found.append(f"{key}={value}")
    return tuple(found)
