"""Values in slots: a v128 has two, the low half first."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

from gabagool.types import V128, ValType, slots_of, slots_of_all

_LOW = (1 << 64) - 1


def read_values(words: memoryview, first: int, types: Sequence[ValType]) -> tuple[int, ...]:
    """The bits of values that lie side by side from slot `first` on."""
    if V128 not in types:
        return tuple(words[first:first + len(types)])
    values = []
    for t in types:
        values.append(words[first] | words[first + 1] << 64 if t == V128 else words[first])
        first += slots_of(t)
    return tuple(values)


def to_words(types: Sequence[ValType], values: Sequence[int]) -> list[int]:
    """Values as slots side by side."""
    words = array("Q", bytes(8 * slots_of_all(types)))
    write_values(memoryview(words), 0, types, values)
    return list(words)


def of_words(types: Sequence[ValType], words: Iterable[int]) -> tuple[int, ...]:
    """The inverse of `to_words`."""
    return read_values(memoryview(array("Q", words)), 0, types)


def write_values(words: memoryview, first: int, types: Iterable[ValType],
                 values: Iterable[int]) -> None:
    """Put values side by side from slot `first` on."""
    for t, bits in zip(types, values, strict=True):
        words[first] = bits & _LOW if t == V128 else bits
        if t == V128:
            words[first + 1] = bits >> 64
        first += slots_of(t)
