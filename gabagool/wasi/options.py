"""The WASI settings of a command line: the same words for every command that runs a program."""

from __future__ import annotations

import argparse
import os
import threading
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gabagool.records import dataclass
from gabagool.wasi.config import ConfigError, Sink, Source, WasiConfig

_FIXED = "fixed:"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class WasiOptions:
    """What the user wrote. `config` says what is wrong with it by raising ConfigError."""

    dir: Sequence[str] = ()      # HOST[::GUEST]
    env: Sequence[str] = ()      # NAME[=VALUE]
    argv0: str | None = None
    listen: Sequence[str] = ()   # ADDRESS:PORT
    clock: str | None = None     # fixed:TIME
    seed: int | None = None
    stdin: str | None = None     # a file's name

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> WasiOptions:
        """The options of a parser that `add_options` has extended."""
        return cls(**{field.name: getattr(parsed, field.name) for field in fields(cls)})

    def config(self, program: str | os.PathLike[str], args: Sequence[str], *, stdin: Source = 0,
               stdout: Sink = 1, stderr: Sink = 2,
               wake: threading.Event | None = None) -> WasiConfig:
        """Settings for `program` (its base name is argv[0] unless given) with `args`.

        `stdin` is what the program reads unless the user named a file.
        """
        return WasiConfig(
            args=(os.path.basename(program) if self.argv0 is None else self.argv0, *args),
            env=dict(map(_variable, self.env)), dirs=directories(self.dir),
            listen=tuple(self.listen), stdin=source(self.stdin, stdin), stdout=stdout,
            stderr=stderr, realtime=None if self.clock is None else fixed_time(self.clock),
            seed=self.seed, wake=wake)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of WASI programs, spelt as wasmtime's where it has them."""
    add = parser.add_argument_group("the program's surroundings").add_argument
    add("--dir", action="append", default=[], metavar="HOST[::GUEST]",
        help="let the program reach a directory; may be repeated")
    add("--env", action="append", default=[], metavar="NAME[=VALUE]",
        help="set an environment variable, or hand on ours; may be repeated")
    add("--argv0", metavar="NAME", help="what the program is told it is called")
    add("--listen", action="append", default=[], metavar="ADDRESS:PORT",
        help="give the program a listening TCP socket, numbered after the directories")
    add("--clock", metavar="fixed:TIME",
        help="the same time in every run: it starts at TIME (ISO 8601, or nanoseconds since "
             "1970) and passes only by being read or slept")
    add("--seed", type=int, metavar="N", help="the same random numbers in every run")
    add("--stdin", metavar="FILE", help="what the program reads as its standard input")


def fixed_time(text: str) -> int:
    """Nanoseconds since 1970 of `fixed:TIME`; a time without a zone is in UTC."""
    value = text.removeprefix(_FIXED)
    try:
        if not text.startswith(_FIXED):
            raise ValueError(text)
        if value.isascii() and value.isdecimal():
            nanoseconds = int(value)
        else:
            when = datetime.fromisoformat(value)
            since = (when if when.tzinfo else when.replace(tzinfo=UTC)) - _EPOCH
            nanoseconds = since // timedelta(microseconds=1) * 1000
        if not 0 <= nanoseconds < 1 << 64:
            raise ValueError(text)
    except ValueError:
        raise ConfigError(f"--clock wants fixed:2026-01-31T12:00:00Z or fixed:NANOSECONDS since "
                          f"1970, not '{text}'") from None
    return nanoseconds


def _variable(text: str) -> tuple[str, str]:
    """`--env NAME=VALUE`, or `--env NAME` for what NAME is in our own environment."""
    name, equals, value = text.partition("=")
    if not name:
        raise ConfigError(f"--env needs NAME=VALUE or NAME, not '{text}'")
    if equals:
        return name, value
    if name not in os.environ:
        raise ConfigError(f"--env {name}: there is no such variable to hand on; "
                          f"--env {name}=VALUE sets one")
    return name, os.environ[name]


def directories(texts: Sequence[str]) -> list[tuple[str, str]]:
    """(host directory, guest name) pairs of HOST[::GUEST] texts."""
    pairs = []
    for text in texts:
        host, separator, guest = text.partition("::")
        if not Path(host).is_dir():
            raise ConfigError(f"--dir {text}: {host} is not a directory")
        pairs.append((host, guest if separator else host))
    return pairs


def source(path: str | None, otherwise: Source) -> Source:
    """The file that `--stdin` names, open; `otherwise` without one."""
    if path is None:
        return otherwise
    try:
        return os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        raise ConfigError(f"--stdin {path}: {error.strerror}") from None
