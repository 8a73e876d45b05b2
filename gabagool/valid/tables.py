"""What the validating loop looks up per opcode, derived from the instruction table."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from gabagool.isa import FORM_NUMBER, ROWS
from gabagool.isa.row import Form, Row
from gabagool.types import I32, ValType

# Kinds that the loop carries inline, the most frequent first.
GET, CONST32, BINARY, SET, TEE, UNARY, LOAD, STORE, RARE = range(9)

Pack = Callable[..., None]
# kind, pack_into, form number, size, operand type, result type, natural alignment + 1 as a
# power of two, row
Entry = tuple[int, Any, int, int, ValType, ValType, int, Any]


def packer(form: Form) -> tuple[Pack, int, int]:
    """(pack_into, form number, size) of a form."""
    return struct.Struct(form.format).pack_into, FORM_NUMBER[form.name], form.size


PACKERS: dict[str, tuple[Pack, int, int]] = {
    form.name: packer(form) for row in ROWS for form in row.forms}

_INLINE_RULES = {"local.get": GET, "local.set": SET, "local.tee": TEE, "load": LOAD,
                 "store": STORE}


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
        return RARE, None, 0, 0, 0, 0, 0, row
    pack, number, size = packer(row.form)
    operand = row.params[0] if row.params else 0
    result = row.params[1] if kind == STORE else row.results[0] if row.results else 0
    return kind, pack, number, size, operand, result, row.align.bit_length(), row


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
# memory and locals are not accessed inline.
OPS_CAREFUL = [(RARE, *entry[1:]) if entry[0] in (GET, SET, TEE, LOAD, STORE) else entry
               for entry in OPS]
PREFIXES = frozenset(opcode >> 16 for opcode in PREFIXED)
