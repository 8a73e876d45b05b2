"""LLVM types and the handler signature that all of `native` builds with."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from gabagool.types import F32, F64, I32, I64, V128

Value = Any   # an llvmlite IR value: the library is untyped

PTR = ir.PointerType()
BIT, BYTE, INT32, INT64 = ir.IntType(1), ir.IntType(8), ir.IntType(32), ir.IntType(64)
FLOAT, DOUBLE, VOID = ir.FloatType(), ir.DoubleType(), ir.VoidType()
VECTOR = ir.VectorType(INT64, 2)
LLVM = {I32: INT32, I64: INT64, F32: FLOAT, F64: DOUBLE, V128: VECTOR}

# handler(pc, fp, mem, memlen, ctx, fuel): the arguments live in registers from word to word,
# which preserve_none has the most of.
HANDLER = ir.FunctionType(VOID, [PTR, PTR, PTR, INT64, PTR, INT64])
CONVENTION = "preserve_nonecc"

# What handlers tell taps: ctx, what was written or read (start, end) or the taps of a word, fp, pc,
# fuel; of memory also whether it was read.
TOUCHED = ir.FunctionType(INT64, [PTR, INT64, INT64, PTR, PTR, INT64, INT64])
HOOKED = ir.FunctionType(INT64, [PTR, PTR, PTR, PTR, INT64])


def constant(t: ir.Type, n: int) -> Value:
    """The constant `n`, or a vector of it; zero for floats."""
    if isinstance(t, ir.VectorType):
        return ir.Constant(t, [t.element(n)] * t.count)
    return t(n)


def each_lane(t: ir.Type, lane: ir.Type) -> ir.Type:
    """`lane`, or as many lanes of it as the vector type `t` has."""
    return ir.VectorType(lane, t.count) if isinstance(t, ir.VectorType) else lane


def lane_of(t: ir.Type) -> ir.Type:
    return t.element if isinstance(t, ir.VectorType) else t


def suffix(t: ir.Type) -> str:
    """How a type is spelled in the name of an overloaded intrinsic."""
    if isinstance(t, ir.VectorType):
        return f"v{t.count}{suffix(t.element)}"
    return {FLOAT: "f32", DOUBLE: "f64"}.get(t) or f"i{t.width}"


class FusionError(Exception):
    """This sequence can't be one handler: something would trap after an effect."""
