"""LLVM types and the handler signature that all of `native` builds with."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from gabagool.types import F32, F64, I32, I64

Value = Any   # an llvmlite IR value: the library is untyped

PTR = ir.PointerType()
BIT, BYTE, INT32, INT64 = ir.IntType(1), ir.IntType(8), ir.IntType(32), ir.IntType(64)
FLOAT, DOUBLE, VOID = ir.FloatType(), ir.DoubleType(), ir.VoidType()
LLVM = {I32: INT32, I64: INT64, F32: FLOAT, F64: DOUBLE}

# handler(pc, fp, mem, memlen, ctx, fuel): the arguments live in registers from word to word,
# which preserve_none has the most of.
HANDLER = ir.FunctionType(VOID, [PTR, PTR, PTR, INT64, PTR, INT64])
CONVENTION = "preserve_nonecc"


class FusionError(Exception):
    """This sequence can't be one handler: something would trap after an effect."""
