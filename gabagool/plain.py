"""Sequences of what modules have by the ten thousand: arrays; objects only of what is asked for.

Linkers make a data segment for each string, and tables of thousands of functions. Nobody looks at
most of them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from operator import eq
from typing import TypeVar, overload

_T = TypeVar("_T")


class Plain(Sequence[_T]):
    """A sequence whose items are made when they are asked for."""

    __slots__ = ()

    @abstractmethod
    def at(self, index: int) -> _T:
        """The item at an index that there is, counted from 0 or from the end."""

    @overload
    def __getitem__(self, index: int) -> _T: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[_T]: ...

    def __getitem__(self, index: int | slice) -> _T | Sequence[_T]:
        if isinstance(index, slice):
            return [self.at(i) for i in range(*index.indices(len(self)))]
        return self.at(index)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(map(eq, self, other))

    def __hash__(self) -> int:
        return hash((*self,))
