"""Large modules on disk by their hashes, as files of suspended programs want them.

Whoever resumes a program where it was suspended has its module here: it need not be unpacked from
the file, nor hashed (26 MB of CPython: 60 ms). Whoever suspends it again need not compress it.
"""

from __future__ import annotations

import weakref

from gabagool.native import cache
from gabagool.runtime.compiled import Compiled

_WORTH = 1 << 20         # bytes of a module from which it pays


def binary(digest: bytes) -> bytes | None:
    """The module with a hash, if it is here."""
    return cache.load(_name("module", digest), quick=True)


def packed(digest: bytes) -> bytes | None:
    """The same, compressed."""
    return cache.load(_name("packed", digest), quick=True)


def keep(compiled: Compiled, packed: bytes | memoryview) -> None:
    """Have a module be here the next time: written when nobody needs it any more, or at the
    end of Python, where it makes nobody wait."""
    source = compiled.module.source
    if len(source) >= _WORTH:
        weakref.finalize(compiled, _write, compiled.hash, source, packed)


def _write(digest: bytes, source: bytes, packed: bytes | memoryview) -> None:
    for name, payload in ((_name("module", digest), source), (_name("packed", digest), packed)):
        if not cache.has(name):
            cache.save(name, payload, quick=True)


def _name(kind: str, digest: bytes) -> str:
    return f"{kind}-{digest.hex()}"
