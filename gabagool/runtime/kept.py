"""Lowered code on disk: what one run of a large module lowered, the next one need not.

An entry belongs to a module's hash and to the sources that made it, and is trusted as compiled
handlers are: intact, and in a directory that is nobody else's (`native.cache`). Lowering an
instruction takes 0.7 µs, reading its lowered form back 0.03 µs.
"""

from __future__ import annotations

import hashlib
import struct
import threading
from array import array
from collections.abc import Sequence
from functools import lru_cache

from gabagool.isa import UNITS
from gabagool.native import cache
from gabagool.syntax import Module
from gabagool.valid.lowered import Lowered

# The code section from which it pays, and the lowered code from which it is too much, in bytes.
_WORTH = 1 << 18
_MOST = 1 << 26
# funcidx, param_size, header, frame, length of words, of code, number of words, of locals, units,
# position
_RECORD = struct.Struct("<9IQ")
_UNIT_SETS = [frozenset(name for bit, name in enumerate(UNITS) if mask >> bit & 1)
              for mask in range(1 << len(UNITS))]


@lru_cache(maxsize=1)
def _made_by() -> str:
    return cache.sources("", "isa", "binary", "valid", "code").hex()[:32]


class Kept:
    """The functions of a module that are kept; `hash` is the module's, computed meanwhile."""

    def __init__(self, module: Module, known: bytes = b"") -> None:
        self._module = module
        self._hash = known
        self._hashing: threading.Thread | None = None
        self._payload: bytes | None = None
        self._records: dict[int, tuple[int, ...]] = {}
        self._pays = sum(module.funcs.ends) - sum(module.funcs.starts) >= _WORTH
        if self._pays and not known:
            self._hashing = threading.Thread(target=self._digest)     # it releases the GIL
            self._hashing.start()

    def _digest(self) -> None:
        self._hash = hashlib.sha256(self._module.source).digest()

    @property
    def hash(self) -> bytes:
        """SHA-256 of the module's binary."""
        if self._hashing is not None:
            self._hashing.join()
            self._hashing = None
        if not self._hash:
            self._digest()
        return self._hash

    @property
    def _key(self) -> str:
        return f"lowered-{self.hash.hex()[:32]}-{_made_by()}"

    @property
    def is_known(self) -> bool:
        """Whether the module is one that was valid, its bodies aside, when code of it was kept."""
        self._load()
        return bool(self._payload)

    def _load(self) -> None:
        if self._payload is None and self._pays:
            self._payload = cache.load(self._key) or b""
            if self._payload:
                self._records = _table(self._payload)

    def get(self, funcidx: int) -> Lowered | None:
        """The lowered body of a function, if it is kept."""
        self._load()
        found = self._records.get(funcidx)
        return None if found is None else self._read(found)

    def _read(self, record: Sequence[int]) -> Lowered:
        funcidx, param_size, header, frame, length, size, words, variables, units, at = record
        payload = self._payload
        assert payload is not None
        functype = self._module.functype(funcidx)
        middle = at + size + 4 * words
        return Lowered(funcidx, functype.params, functype.results,
                       tuple(array("Q", payload[middle:middle + 8 * variables])), param_size,
                       header, frame, payload[at:at + size], length,
                       array("I", payload[at + size:middle]), _UNIT_SETS[units])

    def save(self, fresh: Sequence[Lowered]) -> None:
        """Keep what was lowered afresh, too, if that is worth writing."""
        known = len(self._payload or b"")
        fresh = [f for f in fresh if not f.handlers]      # those are few: they stay out
        more = sum(len(f.code) for f in fresh)
        if self._pays and more * 10 > known and known + more < _MOST:
            old = [self._read(record) for record in self._records.values()]
            cache.save(self._key, _packed([*old, *fresh]))


def _table(payload: bytes) -> dict[int, tuple[int, ...]]:
    count, = struct.unpack_from("<Q", payload)
    records = _RECORD.iter_unpack(payload[8:8 + count * _RECORD.size])
    return {record[0]: record for record in records}


def _packed(functions: Sequence[Lowered]) -> bytes:
    """Number of functions, a record for each, then code, offsets and types of locals of each."""
    order = sorted(functions, key=lambda f: f.funcidx)
    parts = [struct.pack("<Q", len(order))]
    at = 8 + len(order) * _RECORD.size
    for f in order:
        parts.append(_RECORD.pack(f.funcidx, f.param_size, f.header, f.frame, f.length,
                                  len(f.code), len(f.offsets), len(f.locals),
                                  _UNIT_SETS.index(f.units), at))
        at += len(f.code) + 4 * len(f.offsets) + 8 * len(f.locals)
    for f in order:
        parts += (f.code, f.offsets.tobytes(), array("Q", f.locals).tobytes())
    return b"".join(parts)
