"""The object cache: compiled handlers on disk, in a private directory, trusted only if intact.

A damaged, foreign or outdated entry is ignored and rebuilt; failing to write is not an error.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path

_MAGIC = b"gabaobj1"
_KEPT = 16


def directory() -> Path:
    """`GABAGOOL_CACHE`, or the platform's cache directory."""
    given = os.environ.get("GABAGOOL_CACHE")
    if given:
        return Path(given)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "gabagool"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "gabagool"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gabagool"


def _is_private(path: Path) -> bool:
    """Code is loaded from here: nobody else may own it or write to it."""
    if sys.platform == "win32":
        return True
    status = path.stat()
    return status.st_uid == os.geteuid() and not status.st_mode & 0o022


def load(key: str) -> bytes | None:
    """The payload stored under `key`, or None if there is none that can be trusted."""
    try:
        folder = directory()
        path = folder / f"{key}.bin"
        if not _is_private(folder) or not _is_private(path):
            return None
        data = path.read_bytes()
    except OSError:
        return None
    head = len(_MAGIC) + 32
    payload = data[head:]
    if data[:len(_MAGIC)] != _MAGIC or hashlib.sha256(payload).digest() != data[len(_MAGIC):head]:
        return None
    return payload


def save(key: str, payload: bytes) -> None:
    """Store `payload` under `key`, atomically."""
    try:
        folder = directory()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not _is_private(folder):
            return
        handle, temporary = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + hashlib.sha256(payload).digest() + payload)
        os.replace(temporary, folder / f"{key}.bin")
        _prune(folder)
    except OSError:
        return


def _prune(folder: Path) -> None:
    """Forget all but the newest entries: each version of the sources leaves one behind."""
    entries = sorted(folder.glob("*.bin"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in entries[_KEPT:]:
        old.unlink(missing_ok=True)
