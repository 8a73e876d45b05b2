"""The result of validating a function body: its lowered code (spec §3.4, DESIGN 4).

Lowered code belongs to a module, not to an instance: fields hold the module's own indices and
form numbers, which `native` translates when a function is threaded for an instance.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property

from gabagool.isa import FORMS
from gabagool.isa.control import TAIL_CALLS
from gabagool.records import dataclass
from gabagool.types import ValType

SLOT = 8
_SIZES = tuple(form.size for form in FORMS)


@dataclass(frozen=True, slots=True)
class Clause:
    """Catches exceptions of a tag (by its index), or all if `tag` is None.

    Execution goes on at code position `target`; the exception's values and the reference to it
    go to the frame offsets `values` and `ref`, where these are not None.
    """

    tag: int | None
    target: int
    values: int | None
    ref: int | None


@dataclass(frozen=True, slots=True)
class Handler:
    """What catches exceptions thrown in code[start:end] (spec §4.6.11, and legacy `try`).

    If no clause does, the handlers from index `rest` on are next.
    """

    start: int
    end: int
    clauses: tuple[Clause, ...]
    rest: int


@dataclass(frozen=True)
class Lowered:
    """One function. `code[:length]` are words, branch tables follow; sizes in bytes.

    `header` is the offset of the frame header (the size of all locals), `frame` that of the
    largest frame. `offsets[i]`, ascending, is the byte offset in the module of the i-th word.
    `units` are those its words need (see `isa.row.Form.unit`). Of two `handlers` that lie in each
    other the inner one comes first. `calls` are functions it calls directly, in order: a hint,
    which code that was kept doesn't give.
    """

    funcidx: int
    params: tuple[ValType, ...]
    results: tuple[ValType, ...]
    locals: tuple[ValType, ...]      # parameters first
    param_size: int
    header: int
    frame: int
    code: bytes
    length: int
    offsets: array[int]
    units: frozenset[str] = frozenset()
    handlers: tuple[Handler, ...] = ()
    calls: tuple[int, ...] = ()

    @cached_property
    def words(self) -> array[int]:
        """Code position of every word, ascending."""
        position, result = 0, []
        numbers = memoryview(self.code)[:self.length].cast("I")
        while position < self.length:
            result.append(position)
            position += _SIZES[numbers[position >> 2]]
        return array("I", result)

    @cached_property
    def numbered(self) -> tuple[tuple[int, int], ...]:
        """(form number, code position) of every word, ascending."""
        return tuple((self.form_number(at), at) for at in self.words)

    @cached_property
    def may_be_replaced(self) -> bool:
        """Whether a tail call may put another function's frame in place of this one's."""
        return any(FORMS[self.form_number(at)].name in TAIL_CALLS for at in self.words)

    def clauses_at(self, position: int) -> Iterator[Clause]:
        """The clauses to be tried for an exception thrown at a code position, in order."""
        index = 0
        while index < len(self.handlers):
            handler = self.handlers[index]
            index += 1
            if handler.start <= position < handler.end:
                yield from handler.clauses
                index = handler.rest

    def form_number(self, position: int) -> int:
        number, = struct.unpack_from("<I", self.code, position)
        return int(number)

    def offset_at(self, position: int) -> int:
        """The module byte offset of the word at a code position."""
        return self.offsets[bisect_right(self.words, position) - 1]

    def position_at(self, offset: int) -> int | None:
        """The code position of the instruction at a module byte offset, None if it has none."""
        # an instruction's first word is the one that executes: behind a tail call comes a return
        number = bisect_left(self.offsets, offset)
        known = number < len(self.offsets) and self.offsets[number] == offset
        return self.words[number] if known else None
