"""A module's binary, and what earlier runs kept of it: read and hashed while others import."""

from __future__ import annotations

import hashlib
import os
import threading
from functools import lru_cache

from gabagool.native import cache

WORTH = 1 << 18         # bytes from which it pays to keep anything


@lru_cache(maxsize=1)
def _made_by() -> str:
    return cache.sources("", "isa", "binary", "valid", "code", "native/descriptors.py",
                         "runtime/keptcode.py", "runtime/kepttables.py").hex()[:32]


class Source:
    """The bytes of a module; a thread gets what is known of a large one, mostly without the GIL.

    An entry of the cache belongs to a module's hash and to the sources that made it, and is trusted
    as compiled handlers are: intact, and in a directory that is nobody else's (`native.cache`).
    `known` is the hash of data that need not be hashed.
    """

    def __init__(self, data: bytes = b"", path: str | os.PathLike[str] = "",
                 known: bytes = b"") -> None:
        """`known` is the hash of data that need not be hashed."""
        self._data, self.path = data, os.fspath(path)
        self._hash = known
        self._kept: bytes | None = None
        self._error: OSError | None = None
        self._read = threading.Event()
        self._thread: threading.Thread | None = None
        if path or len(data) >= WORTH:
            self._thread = threading.Thread(target=self._work, name="module")
            self._thread.start()
        else:
            self._read.set()

    def _work(self) -> None:
        if self.path:
            try:
                with open(self.path, "rb", buffering=0) as file:
                    self._data = file.readall()
            except OSError as error:
                self._error = error
        self._read.set()
        if self.pays:
            if not self._hash:
                self._digest()
            self._load()

    def _digest(self) -> None:
        self._hash = self._hash or hashlib.sha256(self._data).digest()

    def _load(self) -> None:
        self._kept = cache.load(self._key, quick=True) or b""

    def _join(self) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    @property
    def data(self) -> bytes:
        """The module's bytes. Raises OSError if its file can't be read."""
        self._read.wait()
        if self._error is not None:
            raise self._error
        return self._data

    @property
    def pays(self) -> bool:
        """Whether it is large enough for anything to be kept."""
        return len(self._data) >= WORTH

    @property
    def hash(self) -> bytes:
        """SHA-256 of the bytes."""
        self._join()
        self._digest()
        return self._hash

    @property
    def _key(self) -> str:
        return f"lowered-{self._hash.hex()[:32]}-{_made_by()}"

    @property
    def kept(self) -> bytes:
        """What `keep` kept; nothing if there is none."""
        self._join()
        if self._kept is None and self.pays:
            self._load()
        return self._kept or b""

    def keep(self, payload: bytes) -> None:
        """Have it be there the next time, if that works."""
        assert self.hash
        cache.save(self._key, payload, quick=True)
