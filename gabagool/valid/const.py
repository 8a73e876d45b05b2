"""Constant expressions (spec §3.4.12), with the extended set of 3.0: rows say what is constant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gabagool.errors import ValidationError
from gabagool.isa import BY_OPCODE
from gabagool.isa.row import Row
from gabagool.syntax import ConstExpr
from gabagool.types import FUNCREF, GlobalType, ValType, reftype, valtype_name

_Signature = tuple[tuple[ValType, ...], tuple[ValType, ...]]


def check_const(expr: ConstExpr, expected: ValType, where: str,
                globals: Sequence[GlobalType], func_count: int) -> None:
    """That `expr` is constant and leaves one `expected`; `globals` are those it may read."""
    try:
        found = _type(expr, globals, func_count)
    except ValidationError as error:
        error.offset = expr.offset
        raise error.located(where) from None
    if found != [expected]:
        raise ValidationError(
            f"type mismatch: expected {valtype_name(expected)}, found {_names(found)}",
            expr.offset, where)


def _type(expr: ConstExpr, globals: Sequence[GlobalType], func_count: int) -> list[ValType]:
    """The types that the expression leaves, lowest first."""
    stack: list[ValType] = []
    for opcode, imm in expr.instrs:
        row = BY_OPCODE[opcode]
        if not row.const:
            raise ValidationError(f"constant expression required: found {row.mnemonic}")
        params, results = _signature(row, imm, globals, func_count)
        height = len(stack) - len(params)
        if height < 0 or tuple(stack[height:]) != params:
            raise ValidationError(f"type mismatch: {row.mnemonic} needs {_names(params)}, "
                                  f"found {_names(stack)}")
        stack[height:] = results
    return stack


def _signature(row: Row, imm: Any, globals: Sequence[GlobalType], func_count: int) -> _Signature:
    """Parameters and results; those of references and globals depend on the immediate."""
    match row.imms:
        case ("globalidx",):
            return (), (_global(imm, globals),)
        case ("funcidx",):
            if imm >= func_count:
                raise ValidationError(f"unknown function {imm}")
            return (), (FUNCREF,)
        case ("heaptype",):
            return (), (reftype(True, imm),)
        case _:
            return row.params, row.results


def _global(index: int, globals: Sequence[GlobalType]) -> ValType:
    if index >= len(globals):
        raise ValidationError(f"unknown global {index}")
    if globals[index].mutable:
        raise ValidationError(f"constant expression required: global {index} is mutable")
    return globals[index].valtype


def _names(types: Sequence[ValType]) -> str:
    return f"[{' '.join(map(valtype_name, types))}]"
