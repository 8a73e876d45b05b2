"""Numeric semantics in LLVM IR (spec §4.3), in the deterministic profile: NaNs are canonical.

Whatever vectors have, too, works lane by lane on LLVM's vector types.
"""

from __future__ import annotations

from llvmlite import ir

from gabagool.native.core import Core
from gabagool.native.ir_types import (
    BIT,
    DOUBLE,
    FLOAT,
    INT32,
    INT64,
    LLVM,
    Value,
    constant,
    each_lane,
    lane_of,
    suffix,
)
from gabagool.types import ValType


class Arithmetic(Core):
    """The part of the emitter that computes."""

    def _intrinsic(self, name: str, *args: Value, result: ir.Type | None = None) -> Value:
        types = [a.type for a in args]
        fnty = ir.FunctionType(result or types[0], types)
        module = self.function.module
        callee = module.globals.get(name) or ir.Function(module, fnty, name)
        return self.b.call(callee, list(args))

    # -- integers ----------------------------------------------------------------------------

    def icmp(self, op: str, a: Value, b: Value, signed: bool = True) -> Value:
        compare = self.b.icmp_signed if signed else self.b.icmp_unsigned
        return self._truth(compare(op, a, b), a.type)

    def _truth(self, bit: Value, t: ir.Type) -> Value:
        """An i32 of a comparison's bit; for lanes of `t`, all bits of a lane set or none."""
        if not isinstance(t, ir.VectorType):
            return self.b.zext(bit, INT32)
        return self.b.sext(bit, self._int_type(t))

    def _int_type(self, t: ir.Type) -> ir.Type:
        """The integer type, or type of lanes, as wide as `t`."""
        lane = lane_of(t)
        return each_lane(t, {FLOAT: INT32, DOUBLE: INT64}.get(lane, lane))

    def eqz(self, a: Value) -> Value:
        return self.icmp("==", a, a.type(0))

    def clz(self, a: Value) -> Value:
        return self._intrinsic(f"llvm.ctlz.i{a.type.width}", a, BIT(0))

    def ctz(self, a: Value) -> Value:
        return self._intrinsic(f"llvm.cttz.i{a.type.width}", a, BIT(0))

    def popcnt(self, a: Value) -> Value:
        return self._intrinsic(f"llvm.ctpop.{suffix(a.type)}", a)

    def add(self, a: Value, b: Value) -> Value:
        return self.b.add(a, b)

    def sub(self, a: Value, b: Value) -> Value:
        return self.b.sub(a, b)

    def mul(self, a: Value, b: Value) -> Value:
        return self.b.mul(a, b)

    def and_(self, a: Value, b: Value) -> Value:
        return self.b.and_(a, b)

    def or_(self, a: Value, b: Value) -> Value:
        return self.b.or_(a, b)

    def xor(self, a: Value, b: Value) -> Value:
        return self.b.xor(a, b)

    def _trap_if_zero(self, b: Value) -> None:
        self.trap_if(self.b.icmp_unsigned("==", b, b.type(0)), "integer divide by zero")

    def _is_overflow(self, a: Value, b: Value) -> Value:
        lowest = a.type(-(1 << (a.type.width - 1)))
        return self.b.and_(self.b.icmp_signed("==", a, lowest),
                           self.b.icmp_signed("==", b, b.type(-1)))

    def div_s(self, a: Value, b: Value) -> Value:
        self._trap_if_zero(b)
        self.trap_if(self._is_overflow(a, b), "integer overflow")
        return self.b.sdiv(a, b)

    def div_u(self, a: Value, b: Value) -> Value:
        self._trap_if_zero(b)
        return self.b.udiv(a, b)

    def rem_s(self, a: Value, b: Value) -> Value:
        self._trap_if_zero(b)
        # lowest % -1 is 0 in wasm but overflows in LLVM; by 1 the result is the same
        divisor = self.b.select(self.b.icmp_signed("==", b, b.type(-1)), b.type(1), b)
        return self.b.srem(a, divisor)

    def rem_u(self, a: Value, b: Value) -> Value:
        self._trap_if_zero(b)
        return self.b.urem(a, b)

    def _shift_count(self, b: Value) -> Value:
        return self.b.and_(b, constant(b.type, lane_of(b.type).width - 1))

    def shl(self, a: Value, b: Value) -> Value:
        return self.b.shl(a, self._shift_count(b))

    def shr_s(self, a: Value, b: Value) -> Value:
        return self.b.ashr(a, self._shift_count(b))

    def shr_u(self, a: Value, b: Value) -> Value:
        return self.b.lshr(a, self._shift_count(b))

    def rotl(self, a: Value, b: Value) -> Value:
        return self._intrinsic(f"llvm.fshl.i{a.type.width}", a, a, b)

    def rotr(self, a: Value, b: Value) -> Value:
        return self._intrinsic(f"llvm.fshr.i{a.type.width}", a, a, b)

    def wrap(self, a: Value) -> Value:
        return self.b.trunc(a, INT32)

    def extend(self, a: Value, signed: bool) -> Value:
        return self.b.sext(a, INT64) if signed else self.b.zext(a, INT64)

    def sign_extend_from(self, a: Value, bits: int) -> Value:
        return self.b.sext(self.b.trunc(a, ir.IntType(bits)), a.type)

    # -- floats ------------------------------------------------------------------------------

    def canon(self, a: Value) -> Value:
        """`a`, or the canonical NaN if it is a NaN of any kind.

        A branch that is never taken costs less here than a select in the data path.
        """
        before = self.b.block
        with self.cold(self.b.fcmp_unordered("uno", a, a)):
            rare = self.b.block
            nan = self.b.bitcast(*self._canonical_nan(a.type))
        phi = self.b.phi(a.type)
        phi.add_incoming(a, before)
        phi.add_incoming(nan, rare)
        return phi

    def fcmp(self, op: str, a: Value, b: Value) -> Value:
        compare = self.b.fcmp_unordered if op == "!=" else self.b.fcmp_ordered
        return self._truth(compare(op, a, b), a.type)

    def fadd(self, a: Value, b: Value) -> Value:
        return self.b.fadd(a, b)

    def fsub(self, a: Value, b: Value) -> Value:
        return self.b.fsub(a, b)

    def fmul(self, a: Value, b: Value) -> Value:
        return self.b.fmul(a, b)

    def fdiv(self, a: Value, b: Value) -> Value:
        return self.b.fdiv(a, b)

    def fmin(self, a: Value, b: Value) -> Value:
        return self.canon(self._intrinsic(f"llvm.minimum.{suffix(a.type)}", a, b))

    def fmax(self, a: Value, b: Value) -> Value:
        return self.canon(self._intrinsic(f"llvm.maximum.{suffix(a.type)}", a, b))

    def _int_bits(self, a: Value) -> tuple[Value, Value, Value]:
        """`a` as integer, the mask of its sign bit, and that of the others."""
        t = self._int_type(a.type)
        top = 1 << (lane_of(t).width - 1)
        return self.b.bitcast(a, t), constant(t, top), constant(t, top - 1)

    def fabs(self, a: Value) -> Value:
        bits, _, rest = self._int_bits(a)
        return self.b.bitcast(self.b.and_(bits, rest), a.type)

    def fneg(self, a: Value) -> Value:
        bits, top, _ = self._int_bits(a)
        return self.b.bitcast(self.b.xor(bits, top), a.type)

    def copysign(self, a: Value, b: Value) -> Value:
        (magnitude, top, rest), (sign, _, _) = self._int_bits(a), self._int_bits(b)
        merged = self.b.or_(self.b.and_(magnitude, rest), self.b.and_(sign, top))
        return self.b.bitcast(merged, a.type)

    def _canonical_nan(self, t: ir.Type) -> tuple[Value, ir.Type]:
        nan = 0x7FC00000 if lane_of(t) == FLOAT else 0x7FF8000000000000
        return constant(self._int_type(t), nan), t

    def ceil(self, a: Value) -> Value:
        return self._intrinsic(f"llvm.ceil.{suffix(a.type)}", a)

    def floor(self, a: Value) -> Value:
        return self._intrinsic(f"llvm.floor.{suffix(a.type)}", a)

    def ftrunc(self, a: Value) -> Value:
        return self._intrinsic(f"llvm.trunc.{suffix(a.type)}", a)

    def nearest(self, a: Value) -> Value:
        return self._intrinsic(f"llvm.roundeven.{suffix(a.type)}", a)

    def sqrt(self, a: Value) -> Value:
        return self._intrinsic(f"llvm.sqrt.{suffix(a.type)}", a)

    def demote(self, a: Value) -> Value:
        return self.b.fptrunc(a, FLOAT)

    def promote(self, a: Value) -> Value:
        return self.b.fpext(a, DOUBLE)

    def bitcast(self, a: Value, t: ValType) -> Value:
        return self.b.bitcast(a, LLVM[t])

    # -- conversions -------------------------------------------------------------------------

    def trunc(self, a: Value, t: ValType, signed: bool) -> Value:
        """Float to int; traps outside the target's range (spec §4.3.3, trunc)."""
        self.trap_if(self.b.fcmp_unordered("uno", a, a), "invalid conversion to integer")
        width = LLVM[t].width
        low, high = _trunc_bounds(a.type, width, signed)
        inside = self.b.and_(self.b.fcmp_ordered(">" if low[1] else ">=", a, a.type(low[0])),
                             self.b.fcmp_ordered("<", a, a.type(high)))
        self.trap_if(self.b.not_(inside), "integer overflow")
        return self.b.fptosi(a, LLVM[t]) if signed else self.b.fptoui(a, LLVM[t])

    def trunc_sat(self, a: Value, t: ValType, signed: bool) -> Value:
        return self._saturated(a, LLVM[t], signed)

    def _saturated(self, a: Value, t: ir.Type, signed: bool) -> Value:
        name = f"llvm.fpto{'s' if signed else 'u'}i.sat.{suffix(t)}.{suffix(a.type)}"
        return self._intrinsic(name, a, result=t)

    def convert(self, a: Value, t: ValType, signed: bool) -> Value:
        return self.b.sitofp(a, LLVM[t]) if signed else self.b.uitofp(a, LLVM[t])


def _trunc_bounds(source: ir.Type, width: int, signed: bool) -> tuple[tuple[float, bool], float]:
    """((lowest, exclusive?), first value above) of what may be truncated to `width` bits."""
    high = float(1 << (width - 1 if signed else width))
    if not signed:
        return (-1.0, True), high
    lowest = -float(1 << (width - 1))
    mantissa = 24 if source == FLOAT else 53
    if mantissa > width:
        return (lowest - 1, True), high     # lowest - 1 is exact: fractions above it truncate
    return (lowest, False), high


