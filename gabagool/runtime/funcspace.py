"""The functions of a store by address; an instance's are made when somebody asks for them.

A large module has tens of thousands, of which a run calls a few: native code asks for none.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gabagool.runtime.entities import FuncInst, ModuleInst

if TYPE_CHECKING:
    from gabagool.runtime.typing import StoreTypes


class FuncSpace:
    """Grows at its end; the function of an address is always the same object."""

    def __init__(self, types: StoreTypes) -> None:
        self._types = types
        self._made: list[FuncInst | None] = []
        self._singles: list[FuncInst] = []
        self._starts: list[int] = []           # of blocks of instances' functions, ascending
        self._blocks: list[tuple[ModuleInst, int, Sequence[int]]] = []

    def append(self, func: FuncInst) -> None:
        """Add a single function, which has its address already."""
        self._made.append(func)
        self._singles.append(func)

    def add_block(self, inst: ModuleInst, typeids: Sequence[int]) -> range:
        """Add an instance's functions, whose first one follows what it imports; their addresses.

        `typeids` are canonical.
        """
        first = len(self._made)
        self._starts.append(first)
        self._blocks.append((inst, len(inst.funcs), typeids))
        self._made += [None] * len(typeids)
        return range(first, first + len(typeids))

    @property
    def singles(self) -> Sequence[FuncInst]:
        """Those that were added one by one: the host's."""
        return self._singles

    def typeid(self, addr: int) -> int:
        """The canonical id of a function's type."""
        found = self._made[addr]
        if found is not None:
            return found.typeid
        block = bisect_right(self._starts, addr) - 1
        return self._blocks[block][2][addr - self._starts[block]]

    def __len__(self) -> int:
        return len(self._made)

    def __getitem__(self, addr: int) -> FuncInst:
        return self._made[addr] or self._make(addr)

    def __iter__(self) -> Iterator[FuncInst]:
        return (self[addr] for addr in range(len(self)))

    def _make(self, addr: int) -> FuncInst:
        block = bisect_right(self._starts, addr) - 1
        inst, imported, typeids = self._blocks[block]
        at = addr - self._starts[block]
        found = self._made[addr] = FuncInst(addr, self._types.functype(typeids[at]), typeids[at],
                                            inst, imported + at)
        return found
