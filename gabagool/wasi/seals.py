"""Knowing files again: what a snapshot in a file says of the files its program had open.

A seal is not part of the state, which is the same in every run: it is made when a snapshot leaves
the process. Content counts, not dates, so that a directory may be copied to another machine;
only files too large to read in a moment are known by their dates.
"""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING, Any

from gabagool.errors import SnapshotError
from gabagool.wasi.descriptor import Directory, File, Inode, Row
from gabagool.wasi.errno import Failure
from gabagool.wasi.restore import fields, sequence

if TYPE_CHECKING:
    from gabagool.wasi.table import Table

HASHED_MAX = 8 << 20   # bytes; reading and hashing them takes about 10 ms
_PIECE = 1 << 20
_DIGEST = 16


def seal(table: Table) -> tuple[Row, ...]:
    """(serial of the handle, size, modification time in ns, digest) of each open file: one of the
    last two, so that snapshots of runs that were the same are the same."""
    rows = []
    for descriptor in table.inodes():
        handle = descriptor.handle
        if isinstance(descriptor, File) and descriptor.seekable and handle.host is not None:
            status = os.fstat(handle.host)
            digest = _digest(table, descriptor, status)
            modified = max(status.st_mtime_ns, 0) if digest is None else 0
            rows.append((handle.serial, status.st_size, modified, digest))
    return tuple(rows)


def _digest(table: Table, descriptor: File, status: os.stat_result) -> bytes | None:
    """A hash of the content; None of what is no regular file, too large or cannot be read."""
    handle = descriptor.handle
    if status.st_size > HASHED_MAX or not stat.S_ISREG(status.st_mode):
        return None
    if handle.read and handle.host is not None:
        return _hash(handle.host)
    try:
        host = table.roots.open_to_read(handle)
    except (OSError, Failure):
        return None
    try:
        return _hash(host) if os.path.samestat(os.fstat(host), status) else None
    finally:
        os.close(host)


def _hash(host: int) -> bytes:
    digest, at = hashlib.blake2b(digest_size=_DIGEST), 0
    while at <= HASHED_MAX and (piece := os.pread(host, _PIECE, at)):
        digest.update(piece)
        at += len(piece)
    return digest.digest()


def reopen(table: Table, sealed: Any, force: bool) -> None:
    """Open what a restored state has open, instead of each file at its first use, and check it.

    SnapshotError lists files that are gone or, by the seal (None: unknown), not as they were.
    With `force` these are no errors: a changed file is taken as it is, and one that is gone is
    `stale` to the program.
    """
    seals = {} if sealed is None else dict(map(_read, sequence(sealed, "seals")))
    problems = []
    for descriptor in table.inodes():
        problem = _reopen(table, descriptor, seals.get(descriptor.handle.serial), force)
        if problem is not None:
            problems.append(problem)
    if problems and not force:
        raise SnapshotError(f"{'; '.join(problems)} (put it back as it was, or go on all the same "
                            "with --changed-files, in Python force=True)")


def _reopen(table: Table, descriptor: Inode, row: Row | None, force: bool) -> str | None:
    """What is wrong with the file of one descriptor."""
    handle = descriptor.handle
    handle.lost = False
    try:
        host = table.host(descriptor)
    except SnapshotError as error:
        if force:
            table.lose(handle)
        return str(error)
    if row is None or isinstance(descriptor, Directory):
        return None
    size, modified, digest = row
    status = os.fstat(host)
    name = table.roots.show(handle.location) if handle.location else "a file without a name"
    if status.st_size != size:
        return f"{name} has changed since: it had {size} bytes and has {status.st_size} now"
    same = (status.st_mtime_ns == modified if digest is None
            else _digest(table, descriptor, status) == digest)
    return None if same else f"{name} has changed since: its content is another"


def _read(row: Any) -> tuple[int, Row]:
    serial, size, modified, digest = fields(row, "seal", int, int, int, (bytes, type(None)))
    return serial, (size, modified, digest)
