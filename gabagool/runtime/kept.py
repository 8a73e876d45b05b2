"""Lowered code on disk: what one run of a large module lowered, the next one need not.

Lowering an instruction takes 0.7 µs, reading its lowered form back 0.03 µs.
"""

from __future__ import annotations

from collections.abc import Sequence

from gabagool.runtime.keptcode import KeptCode, packed, without_handlers
from gabagool.runtime.kepttables import packed_tables
from gabagool.runtime.source import Source
from gabagool.syntax import Module
from gabagool.valid.lowered import Lowered

_MOST = 1 << 26         # bytes of lowered code


class Kept:
    """The functions of a module that are kept."""

    def __init__(self, source: Source, module: Module) -> None:
        self._source, self._module = source, module
        payload = source.kept
        self.code = KeptCode(payload, module) if payload else None

    @property
    def is_known(self) -> bool:
        """Whether the module is one that was valid, its bodies aside, when code of it was kept."""
        return self.code is not None

    def get(self, funcidx: int) -> Lowered | None:
        """The lowered body of a function, if it is kept."""
        return None if self.code is None else self.code.get(funcidx)

    def save(self, fresh: Sequence[Lowered]) -> None:
        """Keep what was lowered afresh, too, if that is worth writing."""
        known = len(self._source.kept)
        fresh = without_handlers(fresh)
        more = sum(len(f.code) for f in fresh)
        if self._source.pays and more * 10 > known and known + more < _MOST:
            self._source.keep(packed([*(self.code or ()), *fresh], packed_tables(self._module)))
