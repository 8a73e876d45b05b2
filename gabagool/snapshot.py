"""Snapshot files: a machine's whole state, to be restored in another process.

    "gabasnap" | version u16 | head size u32 | head (msgpack) | body size u64 | body | SHA-256

The head names the modules by their hashes, one for each instance of the store in order; the body
is what `runtime.codec` makes of the snapshot; the hash at the end is of everything before it.
Positions in a body are (function, byte offset in the module), so a file outlives an engine
version. A file is hostile input: here its structure is checked, and by `Machine.restore_checked`
every position, height and index in it, before anything reaches native code.
"""

from __future__ import annotations

import hashlib
import os
import struct
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gabagool.errors import SnapshotError
from gabagool.runtime import codec, wire
from gabagool.runtime.state import Snapshot

if TYPE_CHECKING:
    from gabagool.runtime.machine import Machine

MAGIC = b"gabasnap"
VERSION = 1
LIMIT = 1 << 32            # bytes that a file may unpack to, unless the caller says otherwise
_HASH = 32                 # bytes of a SHA-256
_VERSION = struct.Struct("<H")
_HEAD_SIZE = struct.Struct("<I")
_BODY_SIZE = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself: SHA-256 of the module of each instance, and the step."""

    modules: tuple[bytes, ...]
    step: int


def dump(snapshot: Snapshot, modules: Sequence[bytes]) -> bytes:
    """A snapshot of instances of `modules` (hashes) as the bytes of a file.

    The file has no journal: whoever restores it begins a new one.
    """
    head = wire.pack((list(modules), snapshot.step))
    body = codec.encode(replace(snapshot, journal=0)).data
    data = b"".join((MAGIC, _VERSION.pack(VERSION), _HEAD_SIZE.pack(len(head)), head,
                     _BODY_SIZE.pack(len(body)), body))
    return data + hashlib.sha256(data).digest()


def load(data: bytes, limit: int = LIMIT) -> tuple[Header, Snapshot]:
    """The inverse of `dump`. `limit` bounds what the file may unpack to, in bytes.

    Raises SnapshotError that says what is wrong and what to do.
    """
    at = _check_magic(data)
    if hashlib.sha256(data[:-_HASH]).digest() != data[-_HASH:]:
        raise SnapshotError("the snapshot file is damaged or cut short (its checksum is wrong); "
                            "make or copy it again")
    content = data[:-_HASH]
    head, at = _part(content, at, _HEAD_SIZE, "head")
    body, at = _part(content, at, _BODY_SIZE, "body")
    if at != len(content):
        raise SnapshotError(f"the snapshot file has {len(content) - at} bytes too many")
    header = _header(wire.unpack(head, "the file's head"))
    snapshot = codec.decode(body, limit=limit)
    if snapshot.step != header.step or snapshot.journal:
        raise SnapshotError("the snapshot file contradicts itself about where it was taken")
    return header, snapshot


def save_file(path: str | os.PathLike[str], machine: Machine) -> None:
    """Write the machine's state to `path`, whole or not at all. Raises OSError."""
    data = dump(machine.exported(), _modules(machine))
    target = Path(path)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def load_file(path: str | os.PathLike[str], machine: Machine, limit: int = LIMIT) -> None:
    """Put `machine` in the state saved at `path`. Its store must have the same modules.

    Raises SnapshotError, leaving the machine as it was, or OSError.
    """
    header, snapshot = load(Path(path).read_bytes(), limit)
    expected = _modules(machine)
    if header.modules != expected:
        raise SnapshotError(
            f"{os.fspath(path)} is a snapshot of another program: it has the modules "
            f"{_names(header.modules)}, this one {_names(expected)}; "
            "give the program that it was made from")
    machine.restore_checked(snapshot)


def _modules(machine: Machine) -> tuple[bytes, ...]:
    return tuple(instance.compiled.hash for instance in machine.store.instances)


def _check_magic(data: bytes) -> int:
    """Check the file's beginning; returns where its head starts."""
    at = len(MAGIC) + _VERSION.size
    if not data.startswith(MAGIC) or len(data) < at + _HASH:
        raise SnapshotError("this is not a gabagool snapshot file")
    version, = _VERSION.unpack_from(data, len(MAGIC))
    if version != VERSION:
        raise SnapshotError(f"the snapshot file has format {version}, this gabagool reads "
                            f"{VERSION}; use the version it was made with")
    return at


def _part(data: bytes, at: int, prefix: struct.Struct, what: str) -> tuple[bytes, int]:
    """The bytes after a size at `at`, and where they end."""
    start = at + prefix.size
    size = prefix.unpack_from(data, at)[0] if start <= len(data) else 0
    if start + size > len(data):
        raise SnapshotError(f"the snapshot file is damaged: its {what} is cut short")
    return data[start:start + size], start + size


def _header(value: object) -> Header:
    modules, step = wire.array(value, "the file's head", 2)
    hashes = tuple(wire.blob(part, "a module's hash", _HASH)
                   for part in wire.array(modules, "the list of modules"))
    return Header(hashes, wire.integer(step, "the step"))


def _names(hashes: Sequence[bytes]) -> str:
    return ", ".join(part.hex()[:12] for part in hashes) or "(none)"
