"""What the validating loop looks up per opcode, derived from the instruction table."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from gabagool.binary.reader import BLOCKTYPES
from gabagool.isa import FORM_NUMBER, ROWS
from gabagool.isa.row import Form, Row
from gabagool.types import I32, NUMTYPES, ValType

# Kinds that the loop carries inline, the most frequent first; it compares their order.
(GET, LOAD, CONST32, STORE, BINARY, UNARY, END, CALL, BR, BR_IF, IF, BLOCK, LOOP, SET, TEE,
 RARE) = range(16)

Pack = Callable[..., None]
# kind, pack_into, form number, size, operand type, result type, extra (of memory instructions the
# natural alignment + 1 as a power of two, of branches where the displacement is), row
Entry = tuple[int, Any, int, int, ValType, ValType, int, Any]


def packer(form: Form) -> tuple[Pack, int, int]:
    """(pack_into, form number, size) of a form."""
    return struct.Struct(form.format).pack_into, FORM_NUMBER[form.name], form.size


PACKERS: dict[str, tuple[Pack, int, int]] = {
    form.name: packer(form) for row in ROWS for form in row.forms}

_INLINE_RULES = {"local.get": GET, "local.set": SET, "local.tee": TEE, "load": LOAD,
                 "store": STORE, "end": END, "call": CALL, "br": BR, "br_if": BR_IF, "if": IF,
                 "block": BLOCK, "loop": LOOP}
_JUMPS = (BR, BR_IF, IF)

# Results of the block types that the loop carries inline, by their byte.
BLOCK_RESULTS = {code: functype.results for code, functype in BLOCKTYPES.items()
                 if set(functype.results) <= set(NUMTYPES)}


def _kind(row: Row) -> int:
    if row.rule:
        return _INLINE_RULES.get(row.rule, RARE)
    if row.imms:
        return CONST32 if row.results == (I32,) else RARE
    if len(row.params) == 2 and row.params[0] == row.params[1]:
        return BINARY
    return UNARY if len(row.params) == 1 else RARE


def _entry(row: Row) -> Entry:
    kind = _kind(row)
    if not row.forms:
        return kind, None, 0, 0, 0, 0, 0, row
    pack, number, size = packer(row.form)
    operand = row.params[0] if row.params else 0
    result = row.params[1] if kind == STORE else row.results[0] if row.results else 0
    extra = row.form.offset_of("disp") if kind in _JUMPS else row.align.bit_length()
    return kind, pack, number, size, operand, result, extra, row


_ILLEGAL: Entry = (RARE, None, 0, 0, 0, 0, 0, None)

# By first byte; prefixed instructions are found by the rule for their prefix.
OPS: list[Entry] = [_ILLEGAL] * 256
PREFIXED: dict[int, Row] = {}
for _row in ROWS:
    if _row.opcode < 256:
        OPS[_row.opcode] = _entry(_row)
    else:
        PREFIXED[_row.opcode] = _row

# For bodies whose memory 0 has 64-bit addresses, or with locals that have no default or two slots:
# memory and locals are not accessed inline, and blocks take note of what they initialise.
_UNCAREFUL = (GET, SET, TEE, LOAD, STORE, BLOCK, LOOP, IF)
OPS_CAREFUL = [(RARE, *entry[1:]) if entry[0] in _UNCAREFUL else entry for entry in OPS]
PREFIXES = frozenset(opcode >> 16 for opcode in PREFIXED)
