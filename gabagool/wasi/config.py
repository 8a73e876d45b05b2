"""What a WASI program is given by its host: arguments, directories, streams, clock, randomness."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field

from gabagool.errors import GabagoolError
from gabagool.records import dataclass

# A standard stream is a host descriptor number (inherit: 0, 1, 2), a callable, or nothing.
# A source gets the wanted byte count and returns at most that many bytes, none at the end.
# A sink gets bytes and returns how many it took (None: all); it may raise BrokenPipeError.
Source = int | Callable[[int], bytes] | None
Sink = int | Callable[[bytes], int | None] | None


class ConfigError(GabagoolError):
    """The host's settings for a WASI program cannot be used."""


@dataclass(frozen=True, slots=True)
class WasiConfig:
    """Settings of one program run.

    `dirs`: (host directory, guest name) pairs, preopened in this order from descriptor 3.
    `listen`: ADDRESS:PORT of TCP sockets to listen on, preopened behind the directories.
    `realtime`: None for the host's clocks; else nanoseconds since 1970 at which a virtual clock
    starts, which only readings and sleeps move on. `seed`: None for the host's randomness; else
    the same bytes in every run. `wake`: setting it interrupts a call that blocks (wait.py).
    """

    args: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    dirs: Sequence[tuple[str, str]] = ()
    listen: Sequence[str] = ()
    stdin: Source = 0
    stdout: Sink = 1
    stderr: Sink = 2
    realtime: int | None = None
    seed: int | None = None
    wake: threading.Event | None = None

    def argv(self) -> tuple[bytes, ...]:
        """The arguments as the guest sees them, without the closing NUL."""
        return tuple(_encode(arg, "argument") for arg in self.args)

    def environ(self) -> tuple[bytes, ...]:
        """The environment as `KEY=VALUE`, without the closing NUL."""
        for key in self.env:
            if not key or "=" in key:
                raise ConfigError(f"environment variable {key!r} needs a name without '='")
        return tuple(_encode(f"{key}={value}", "environment variable")
                     for key, value in self.env.items())


def _encode(text: str, what: str) -> bytes:
    if "\0" in text:
        raise ConfigError(f"{what} {text!r} contains a NUL character")
    return text.encode("utf-8", "surrogateescape")
