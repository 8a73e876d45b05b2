"""Constant expressions (spec §5.4.9): any instructions up to the matching `end`.

Whether they are constant is a validation rule (§3.4.12), so the others must be read, too.
"""

from __future__ import annotations

from gabagool.binary.instrs import CLOSERS, END, OPENERS, Instr, read_instr
from gabagool.binary.reader import Reader
from gabagool.isa import BY_NAME
from gabagool.syntax import ConstExpr

REF_FUNC = BY_NAME["ref.func"].opcode
I32_CONST = BY_NAME["i32.const"].opcode


def read_constexpr(r: Reader) -> ConstExpr:
    """The expression at the cursor, which must end before the section does."""
    start = r.pos
    instrs: list[tuple[int, int | tuple[int, ...] | None]] = []
    depth = 0
    while True:
        instr = read_instr(r) if r.pos < r.end else None
        if instr is None or r.pos > r.end:
            raise r.error("unexpected end of section or function", r.end)
        if instr.opcode == END and not depth:
            return ConstExpr(tuple(instrs), start)
        depth -= instr.opcode in CLOSERS
        depth += instr.opcode in OPENERS
        instrs.append((instr.opcode, _immediate(instr)))


def _immediate(instr: Instr) -> int | tuple[int, ...] | None:
    """The immediates of a constant instruction: none, one or several numbers."""
    if not instr.row.const or not instr.imms:
        return None
    return instr.imms[0] if len(instr.imms) == 1 else instr.imms
