"""Breakpoints from one session to the next: a small file for each module, by its hash."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from debugger.breakpoints import ACCESSES, WRITE, Breakpoint
from debugger.exchange import CommandError

_VERSION = 1
_LARGEST = 1 << 20      # bytes; a file that is larger is none of ours
_TEXTS = ("kind", "spec", "condition", "message")
_FLAGS = ("enabled", "changed")


def directory() -> Path:
    """`GABAGOOL_STATE`, or the platform's place for what programs remember."""
    given = os.environ.get("GABAGOOL_STATE")
    if given:
        return Path(given)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "gabagool"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "gabagool" / "state"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "gabagool"


class Keeper:
    """Keeps the breakpoints of one module. Failing to write is not an error."""

    def __init__(self, folder: Path, module_hash: bytes) -> None:
        self._path = folder / "breakpoints" / f"{module_hash.hex()[:32]}.json"

    def save(self, points: Iterable[Breakpoint]) -> None:
        """All but what belongs to one run: temporary ones, and locals of one activation."""
        kept = [_described(point) for point in points
                if not point.temporary and not (point.target and point.target.life)]
        try:
            if not kept:
                self._path.unlink(missing_ok=True)
                return
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, temporary = tempfile.mkstemp(dir=self._path.parent)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"version": _VERSION, "breakpoints": kept}, file, indent=1)
            os.replace(temporary, self._path)
        except OSError:
            return

    def load(self, add: Callable[[Mapping[str, object]], None]) -> list[str]:
        """Hands every breakpoint that was kept to `add`; what could not be set, as text."""
        try:
            if self._path.stat().st_size > _LARGEST:
                return []
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return []
        if not isinstance(found, dict) or found.get("version") != _VERSION:
            return []
        faults = []
        for entry in found.get("breakpoints") or ():
            if not _is_sound(entry):
                continue
            try:
                add(entry)
            except CommandError as error:
                faults.append(f"{entry['kind']} {entry['spec']}: {error}")
        return faults


def _described(point: Breakpoint) -> dict[str, object]:
    return {"kind": point.kind, "spec": point.spec, "condition": point.condition,
            "message": point.message.text if point.message else "", "enabled": point.enabled,
            "changed": point.changed, "access": point.access, "ignore": point.ignore,
            "commands": list(point.commands)}


def _is_sound(entry: object) -> bool:
    return (isinstance(entry, dict) and all(isinstance(entry.get(key), str) for key in _TEXTS)
            and all(isinstance(entry.get(key), bool) for key in _FLAGS)
            and type(entry.get("ignore")) is int
            and entry.get("access", WRITE) in ACCESSES
            and isinstance(commands := entry.get("commands", []), list)
            and all(isinstance(line, str) for line in commands))
