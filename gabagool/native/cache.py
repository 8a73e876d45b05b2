"""The cache on disk: compiled handlers, lowered code and modules, in a private directory.

Entries are trusted only if intact, and only as what they were saved as. A damaged, foreign or
outdated entry is ignored and rebuilt; failing to write is not an error.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

_MAGIC = b"gabaobj2"
_DIGEST = 32
_HEAD = len(_MAGIC) + _DIGEST
_LARGE = 1 << 20
_ROOT = Path(__file__).parents[1]
_KEPT = 48
_KEPT_BYTES = 256 << 20
_DAY = 86400.0


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


def sources(*names: str) -> bytes:
    """A digest of parts of the engine: what is kept depends on the code that made it."""
    digest = hashlib.sha256()
    for name in names:
        found = _ROOT / name
        for path in sorted(found.glob("*.*")) if found.is_dir() else [found]:
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.digest()


def _is_private(path: Path) -> bool:
    """Code is loaded from here: nobody else may own it or write to it."""
    if sys.platform == "win32":
        return True
    status = path.stat()
    return status.st_uid == os.geteuid() and not status.st_mode & 0o022


def _digest(key: str, payload: bytes | memoryview, quick: bool) -> bytes:
    if quick:
        return zlib.crc32(payload, zlib.crc32(key.encode())).to_bytes(_DIGEST, "little")
    digest = hashlib.sha256(key.encode() + b"\0")
    digest.update(payload)
    return digest.digest()


def load(key: str, quick: bool = False) -> bytes | None:
    """The payload stored under `key`, or None if there is none that can be trusted.

    `quick`, which it must have been saved with, too, looks for damage with a CRC: for large ones.
    """
    try:
        folder = directory()
        path = folder / f"{key}.bin"
        if not _is_private(folder) or not _is_private(path):
            return None
        with open(path, "rb", buffering=0) as file:
            head, payload = file.read(_HEAD), file.readall()
        if time.time() - path.stat().st_mtime > _DAY:
            os.utime(path)          # what is in use is not forgotten
    except OSError:
        return None
    return payload if head == _MAGIC + _digest(key, payload, quick) else None


def has(key: str) -> bool:
    """Whether there is something under `key`; only `load` tells whether it is any good."""
    return (directory() / f"{key}.bin").exists()


def kept(key: str, build: Callable[[], bytes]) -> bytes:
    """The payload stored under `key`, or what `build` makes, stored."""
    payload = load(key)
    if payload is None:
        payload = build()
        save(key, payload)
    return payload


def save(key: str, payload: bytes | memoryview, quick: bool = False) -> None:
    """Store `payload` under `key`, atomically: of several writers the last one wins."""
    try:
        folder = _writable()
        if folder is None:
            return
        import tempfile  # only writing needs it

        handle, temporary = tempfile.mkstemp(dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_MAGIC + _digest(key, payload, quick))
                file.write(payload)
            os.replace(temporary, folder / f"{key}.bin")
        except OSError:
            os.unlink(temporary)
        _prune(folder)
    except OSError:
        return


def _writable() -> Path | None:
    """The directory, made if need be; None if it can't be trusted."""
    folder = directory()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder if _is_private(folder) else None


def _prune(folder: Path) -> None:
    """Forget all but the newest entries: each version of the sources leaves some behind.

    Small ones come first: they take longer to make again for each byte. Of large ones as many are
    kept, if there is space.
    """
    entries = [(path.stat(), path) for path in folder.glob("*.bin")]
    entries.sort(key=lambda entry: (entry[0].st_size > _LARGE, -entry[0].st_mtime))
    total = 0
    left = {False: _KEPT, True: _KEPT}
    for status, path in entries:
        full = total and total + status.st_size > _KEPT_BYTES
        if full or not left[status.st_size > _LARGE]:
            path.unlink(missing_ok=True)
            continue
        total += status.st_size
        left[status.st_size > _LARGE] -= 1


def claim(key: str, stale: float) -> bool:
    """Take on the building of an entry; False if another process did less than `stale` s ago.

    Where nothing can be written, nobody is in the way.
    """
    try:
        folder = _writable()
        if folder is None:
            return True
        lock = folder / f"{key}.lock"
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            if time.time() - lock.stat().st_mtime < stale:
                return False
            lock.touch()
        return True
    except OSError:
        return True


def release(key: str) -> None:
    """The opposite of `claim`."""
    try:
        (directory() / f"{key}.lock").unlink(missing_ok=True)
    except OSError:
        return
