"""The settings that a resumed program goes on with, as a file holds them.

A file only names the directories it was given: access is granted anew by whoever resumes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gabagool.errors import SnapshotError
from gabagool.wasi.config import WasiConfig

_NUMBERS = ("realtime", "seed")
_DIRS = "dirs"


def to_settings(config: WasiConfig) -> dict[str, object]:
    """What of the settings a file keeps: clock, randomness, directories (host, guest)."""
    kept: dict[str, object] = {name: getattr(config, name) for name in _NUMBERS}
    return {**kept, _DIRS: [list(pair) for pair in config.dirs]}


def with_settings(config: WasiConfig, settings: Mapping[str, object]) -> WasiConfig:
    """`config` for a program to go on with: its clock and randomness go on as they were.

    Arguments and environment are in the program's state.
    """
    def kept(name: str, given: int | None) -> int | None:
        return _number(settings.get(name), name) if given is None else given

    return replace(config, realtime=kept("realtime", config.realtime),
                   seed=kept("seed", config.seed))


def named_dirs(settings: Mapping[str, object]) -> list[tuple[str, str]]:
    """The directories that the program had, as (host, guest); the host's are only a file's word."""
    rows = settings.get(_DIRS, ())
    if not isinstance(rows, tuple | list):
        raise _bad(_DIRS)
    pairs = [tuple(row) if isinstance(row, tuple | list) else () for row in rows]
    if not all(len(pair) == 2 and all(isinstance(part, str) for part in pair) for pair in pairs):
        raise _bad(_DIRS)
    return [(host, guest) for host, guest in pairs]


def _number(value: object, name: str) -> int | None:
    if value is not None and type(value) is not int:
        raise _bad(name)
    return value


def _bad(name: str) -> SnapshotError:
    return SnapshotError(f"the setting {name} in the file is damaged")
