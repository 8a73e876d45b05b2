"""Operand types at the instructions of a valid body: what lies on its stack before each of them.

Lowered code doesn't say them, so the body is validated again up to where they are wanted. In a
long one, that goes on where it stopped the last time, and what is passed over shortly before the
instruction asked for is remembered, too: those who look at one step look at its neighbours next.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from gabagool.types import ValType
from gabagool.valid.body import Body
from gabagool.valid.context import Context
from gabagool.valid.lowered import SLOT

_LONG = 1 << 12         # bytes from which on a body is not read anew each time
_WINDOW = 1 << 11       # so many bytes before an instruction its neighbours are remembered
_BODIES = 8             # long bodies that are kept half-read
_KNOWN = 1 << 14        # instructions whose types are remembered for each of these


class OperandTypes:
    """Of the functions of one module."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._long = lru_cache(maxsize=_BODIES)(lambda funcidx: _Long(context, funcidx))
        self._short = lru_cache(maxsize=_KNOWN)(self._read)

    def at(self, funcidx: int, offset: int) -> tuple[ValType, ...]:
        """Types of the operands below the instruction at a module byte offset, bottom first.

        The function must be valid and the instruction reachable.
        """
        module = self._context.module
        func = module.funcs[funcidx - len(module.imported_funcs)]
        if func.end - func.start < _LONG:
            return self._short(funcidx, offset)
        return self._long(funcidx).at(offset)

    def _read(self, funcidx: int, offset: int) -> tuple[ValType, ...]:
        body = Body(self._context, funcidx)
        body.run(offset)
        return _types(body)


class _Long:
    """A long body, read up to somewhere."""

    def __init__(self, context: Context, funcidx: int) -> None:
        self._context = context
        self._funcidx = funcidx
        self._body = Body(context, funcidx)
        self._known: dict[int, tuple[ValType, ...]] = {}

    def at(self, offset: int) -> tuple[ValType, ...]:
        found = self._known.get(offset)
        return self._find(offset) if found is None else found

    def _find(self, offset: int) -> tuple[ValType, ...]:
        if self._body.at > offset:
            self._body = Body(self._context, self._funcidx)
        if len(self._known) > _KNOWN:
            self._known.clear()
        body = self._body
        body.run(offset - _WINDOW)
        while body.at < offset:
            self._known[body.at] = _types(body)
            body.run(body.at + 1)
        found = self._known[offset] = _types(body)
        return found


def operand_tops(context: Context, funcidx: int, offsets: Sequence[int]) -> list[int]:
    """The frame offset at which the operands end behind each of the instructions at some module
    byte offsets, which rise. The function must be valid."""
    body, tops = Body(context, funcidx), []
    for offset in offsets:
        body.run(offset + 1)
        tops.append((len(body.stack) + body.adjust) * SLOT)
    return tops


def _types(body: Body) -> tuple[ValType, ...]:
    return tuple(t for t in body.stack if t > 0)
