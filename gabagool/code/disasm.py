"""Function bodies as text-format lines, for people: with names, nesting and branch targets.

Bodies need not be valid: what can't be read ends the listing with a line that says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gabagool.binary.code import read_locals, unterminated
from gabagool.binary.instrs import CLOSERS, LOOP, MIDDLES, OPENERS, Instr, instructions
from gabagool.binary.reader import Reader
from gabagool.code.operands import Scope, mnemonic, operands
from gabagool.errors import MalformedError
from gabagool.syntax import Func, Module, Names


class Line(NamedTuple):
    """One instruction; `depth` is how many blocks it stands in.

    `text` is `mnemonic` and `operands` and, after a branch, where it goes. In the line that says
    why the listing stops, the mnemonic is empty.
    """

    offset: int
    depth: int
    text: str
    mnemonic: str
    operands: tuple[str, ...]


def disassemble(module: Module, funcidx: int, names: Names) -> tuple[Line, ...]:
    """The lines of a function; none if it is imported. IndexError if there is no such function."""
    if not 0 <= funcidx < len(module.func_typeidxs):
        raise IndexError(f"no function {funcidx}")
    if funcidx < len(module.imported_funcs):
        return ()
    func = module.funcs[funcidx - len(module.imported_funcs)]
    instrs, error = _read(module.source, func)
    lines = list(_lines(instrs, Scope(module, names, funcidx)))
    if error is not None:
        offset = func.start if error.offset is None else error.offset
        lines.append(Line(offset, 0, f";; malformed: {error.message}", "", ()))
    return tuple(lines)


def _read(source: bytes, func: Func) -> tuple[list[Instr], MalformedError | None]:
    """The instructions up to the function's `end`, or up to what is wrong before it."""
    instrs: list[Instr] = []
    depth = 0
    r = Reader(source, func.start, func.end)
    try:
        read_locals(r)
        for instr in instructions(source, r.pos, func.end):
            if depth < 0:
                return instrs, MalformedError("section size mismatch", instr.offset)
            instrs.append(instr)
            depth += (instr.opcode in OPENERS) - (instr.opcode in CLOSERS)
    except MalformedError as error:
        return instrs, error
    return instrs, unterminated(source, func.end) if depth >= 0 else None


def _lines(instrs: list[Instr], scope: Scope) -> Iterator[Line]:
    targets = _targets(instrs)
    # Where a branch to each enclosing label goes; the function's own label is the outermost.
    labels = [targets.get(-1)]
    for i, instr in enumerate(instrs):
        if instr.opcode in CLOSERS:
            labels.pop()
        depth = max(len(labels) - 1 - (instr.opcode in MIDDLES), 0)
        yield _line(instr, depth, labels, scope)
        if instr.opcode in OPENERS:
            labels.append(targets.get(i))


def _targets(instrs: list[Instr]) -> dict[int, int]:
    """Offset that a branch out of the block opened by instruction i goes to; -1: the function."""
    targets: dict[int, int] = {}
    opened = [-1]
    for i, instr in enumerate(instrs):
        if instr.opcode in OPENERS:
            opened.append(i)
            if instr.opcode == LOOP:
                targets[i] = instr.offset
        elif instr.opcode in CLOSERS:
            targets.setdefault(opened.pop(), instr.offset)
    return targets


def _line(instr: Instr, depth: int, labels: list[int | None], scope: Scope) -> Line:
    word = mnemonic(instr)
    texts = operands(instr, scope)
    text = " ".join((word, *texts)) if texts else word
    branches = _branches(instr)
    if branches:
        text += f" (;{' '.join([_hint(label, labels) for label in branches])};)"
    return Line(instr.offset, depth, text, word, texts)


def _branches(instr: Instr) -> tuple[int, ...]:
    """The labels that an instruction may branch to."""
    match instr.row.imms:
        case ("labelidx",):
            return instr.imms
        case ("cast",):
            return (instr.imms[0].label,)
        case ("labelidxs",):
            return instr.imms[0]  # type: ignore[no-any-return]
        case (*_, "catches"):
            return tuple(clause.label for clause in instr.imms[-1])
        case _:
            return ()


def _hint(label: int, labels: list[int | None]) -> str:
    target = labels[-1 - label] if label < len(labels) else None
    return "?" if target is None else f"@0x{target:x}"
