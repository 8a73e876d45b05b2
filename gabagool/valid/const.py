"""Constant expressions (spec §3.4.12), with the extended set of 3.0: rows say what is constant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gabagool.errors import ValidationError
from gabagool.isa import BY_NAME, BY_OPCODE
from gabagool.isa.row import Row
from gabagool.syntax import ConstExpr, Module
from gabagool.types import (
    ANY,
    EXTERN,
    GlobalType,
    ValType,
    concrete,
    concrete_index,
    heap_of,
    is_nullable,
    is_ref,
    reftype,
    valtype_name,
)
from gabagool.valid.aggregates import made, made_type

_Signature = tuple[tuple[ValType, ...], tuple[ValType, ...]]
_CONVERSIONS = {BY_NAME["any.convert_extern"].opcode: (EXTERN, ANY),
                BY_NAME["extern.convert_any"].opcode: (ANY, EXTERN)}


def check_const(module: Module, expr: ConstExpr, expected: ValType, where: str,
                globals: Sequence[GlobalType]) -> None:
    """That `expr` is constant and leaves one `expected`; `globals` are those it may read."""
    try:
        found = _type(module, expr, globals)
    except ValidationError as error:
        error.offset = expr.offset
        raise error.located(where) from None
    if found != [expected] and not module.space.all_match(found, [expected]):
        raise ValidationError(
            f"type mismatch: expected {valtype_name(expected)}, found {_names(found)}",
            expr.offset, where)


def _type(module: Module, expr: ConstExpr, globals: Sequence[GlobalType]) -> list[ValType]:
    """The types that the expression leaves, lowest first."""
    stack: list[ValType] = []
    for opcode, imm in expr.instrs:
        row = BY_OPCODE[opcode]
        if not row.const:
            raise ValidationError(f"constant expression required: found {row.mnemonic}")
        params, results = _signature(module, row, imm, globals, stack)
        height = len(stack) - len(params)
        if height < 0 or (params and not module.space.all_match(stack[height:], params)):
            raise ValidationError(f"type mismatch: {row.mnemonic} needs {_names(params)}, "
                                  f"found {_names(stack)}")
        stack[height:] = results
    return stack


def _signature(module: Module, row: Row, imm: Any, globals: Sequence[GlobalType],
               stack: Sequence[ValType]) -> _Signature:
    """Parameters and results; those of references and globals depend on the immediate."""
    if row.opcode in _CONVERSIONS:
        source, target = _CONVERSIONS[row.opcode]
        null = not stack or is_nullable(stack[-1])
        return (reftype(null, source),), (reftype(null, target),)
    match row.imms:
        case ():
            return row.params, row.results
        case ("typeidx",):
            return made(row.mnemonic, module.types, imm), (made_type(imm),)
        case ("typeidx", "u32"):
            return made(row.mnemonic, module.types, *imm), (made_type(imm[0]),)
        case ("globalidx",):
            return (), (_global(imm, globals),)
        case ("funcidx",):
            if imm >= len(module.func_typeidxs):
                raise ValidationError(f"unknown function {imm}")
            return (), (reftype(False, concrete(module.func_typeidxs[imm])),)
        case ("heaptype",):
            t = reftype(True, imm)
            check_valtype(t, len(module.types))
            return (), (t,)
        case _:
            return row.params, row.results


def check_valtype(t: ValType, types: int) -> None:
    """That a type names only types there are (§3.2); ValidationError without an offset."""
    index = concrete_index(heap_of(t)) if is_ref(t) else None
    if index is not None and index >= types:
        raise ValidationError(f"unknown type {index}")


def _global(index: int, globals: Sequence[GlobalType]) -> ValType:
    if index >= len(globals):
        raise ValidationError(f"unknown global {index}")
    if globals[index].mutable:
        raise ValidationError(f"constant expression required: global {index} is mutable")
    return globals[index].valtype


def _names(types: Sequence[ValType]) -> str:
    return f"[{' '.join(map(valtype_name, types))}]"
