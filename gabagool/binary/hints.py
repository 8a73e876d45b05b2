"""Branch hints: the custom section "metadata.code.branch_hint" (spec appendix, "Custom Sections").

Whoever runs the module may ignore it; who asks for it is told what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gabagool.binary.code import read_locals
from gabagool.binary.instrs import instructions
from gabagool.binary.reader import Reader
from gabagool.errors import MalformedError, ModuleError, ValidationError
from gabagool.isa import BY_NAME
from gabagool.syntax import Custom, Func, Module

SECTION = "metadata.code.branch_hint"
_TARGETS = frozenset(BY_NAME[name].opcode for name in ("if", "br_if"))


class Hint(NamedTuple):
    """A conditional branch, by its byte offset in the module, and whether it is likely taken."""

    funcidx: int
    offset: int
    likely: bool


def branch_hints(module: Module) -> tuple[Hint, ...]:
    """All hints, in the section's order; none without one.

    Raises MalformedError for a section that can't be read, ValidationError for hints to what is
    no conditional branch. The module must be valid.
    """
    return tuple(hint for custom in module.customs if custom.name == SECTION
                 for hint in _located(module, custom))


def _located(module: Module, custom: Custom) -> Iterator[Hint]:
    try:
        yield from _section(module, custom)
    except ModuleError as error:
        raise error.located(f"custom section {SECTION}") from None


def _section(module: Module, custom: Custom) -> Iterator[Hint]:
    r = Reader(module.source[:custom.end], custom.start)
    first = len(module.imported_funcs)
    last = -1
    for _ in range(r.u32()):
        start = r.pos
        funcidx = r.u32()
        if not first <= funcidx < first + len(module.funcs):
            raise _invalid("invalid function", start)
        if funcidx <= last:
            raise _malformed("functions out of order", start)
        last = funcidx
        yield from _function(module, r, funcidx, module.funcs[funcidx - first])
    if r.pos != custom.end:
        raise _malformed("section size mismatch", r.pos)


def _function(module: Module, r: Reader, funcidx: int, func: Func) -> Iterator[Hint]:
    targets = _targets(module.source, func)
    last = -1
    for _ in range(r.u32()):
        start = r.pos
        offset, size, value = r.u32(), r.u32(), r.u8()
        if size != 1 or value > 1:
            raise _malformed("malformed hint", start)
        if offset <= last:
            raise _malformed("duplicate annotation" if offset == last else "hints out of order",
                             start)
        last = offset
        if func.start + offset not in targets:
            raise _invalid("invalid target", start)
        yield Hint(funcidx, func.start + offset, bool(value))


def _targets(source: bytes, func: Func) -> frozenset[int]:
    """The offsets of a function's conditional branches."""
    r = Reader(source, func.start, func.end)
    read_locals(r)
    return frozenset(instr.offset for instr in instructions(source, r.pos, func.end)
                     if instr.opcode in _TARGETS)


def _malformed(message: str, offset: int) -> MalformedError:
    return MalformedError(f"@{SECTION} annotation: {message}", offset)


def _invalid(message: str, offset: int) -> ValidationError:
    return ValidationError(f"@{SECTION} annotation: {message}", offset)
