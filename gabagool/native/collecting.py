"""The collector as Python sees it: loaded when a first object is made, so no start is slower."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from gabagool.native import cache, compiler
from gabagool.native.key import object_key
from gabagool.native.layout import Work

_U64 = ctypes.c_uint64


class Functions(NamedTuple):
    """Native functions by name; all but `allocate` take the address of a Work block."""

    allocate: Callable[[int, int], int]
    extend: Callable[[int], None]
    mark_span: Callable[[int], None]
    mark_at: Callable[[int], None]
    mark_frames: Callable[[int], int]
    sweep: Callable[[int], None]
    check: Callable[[int], int]
    fits: Callable[[int], int]
    is_object: Callable[[int], int]
    census: Callable[[int], None]
    renumber: Callable[[int], int]


_RESULTS = {"allocate": _U64, "mark_frames": _U64, "check": _U64, "fits": _U64,
            "is_object": _U64, "renumber": _U64}


class Block:
    """A `layout.Work` block."""

    __slots__ = ("_words", "address")

    def __init__(self) -> None:
        self._words = (_U64 * (Work.BYTES // 8))()
        self.address = ctypes.addressof(self._words)

    def __getitem__(self, word: Work) -> int:
        return self._words[word >> 3]

    def __setitem__(self, word: Work, value: int) -> None:
        self._words[word >> 3] = value

    def give(self, a: int, b: int = 0, c: int = 0) -> int:
        """Set the arguments; the block's address."""
        self[Work.A], self[Work.B], self[Work.C] = a, b, c
        return self.address


@lru_cache(maxsize=1)
def _loaded() -> tuple[Functions, Any]:
    """The functions, and the engine that they live as long as."""
    loaded = compiler.load_object(cache.kept("collector-" + object_key(), _compile))
    functions = []
    for name in Functions._fields:
        params = [_U64, _U64] if name == "allocate" else [_U64]
        kind = ctypes.CFUNCTYPE(_RESULTS.get(name), *params)
        functions.append(kind(loaded.get_function_address(name)))
    return Functions(*functions), loaded


def collector() -> Functions:
    """The native functions; compiled on first use ever, from the cache afterwards."""
    return _loaded()[0]


def _compile() -> bytes:
    from gabagool.native.collector import build

    return compiler.object_code(build(), thorough=True)
