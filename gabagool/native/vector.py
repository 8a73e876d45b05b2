"""Vector semantics in LLVM IR (spec §4.3.5): what lanes need beside plain arithmetic.

A v128 travels between forms as LLVM's <2 x i64>, or as whatever shape the last form left: `lanes`
and `pop` reinterpret it. A lane's place in memory is little-endian, as LLVM's is on the machines
that have the handlers' calling convention (x86-64, AArch64).
"""

from __future__ import annotations

import platform

from llvmlite import ir

from gabagool.native.arithmetic import Arithmetic
from gabagool.native.ir_types import (
    BIT,
    BYTE,
    DOUBLE,
    FLOAT,
    INT32,
    INT64,
    Value,
    constant,
    each_lane,
    suffix,
)

_LANE_TYPES = {"i8": BYTE, "i16": ir.IntType(16), "i32": INT32, "i64": INT64,
               "f32": FLOAT, "f64": DOUBLE}
_BYTES = ir.VectorType(BYTE, 16)
_IS_X86 = platform.machine().lower() in ("x86_64", "amd64")


def shape_type(shape: str) -> ir.VectorType:
    """The LLVM type of a shape like i32x4."""
    lane, _, count = shape.partition("x")
    return ir.VectorType(_LANE_TYPES[lane], int(count))


def _resized(t: ir.VectorType, factor: int, divisor: int = 1) -> ir.VectorType:
    """`t` with integer lanes of another width."""
    return ir.VectorType(ir.IntType(t.element.width * factor // divisor), t.count)


class Vector(Arithmetic):
    """The part of the emitter that computes with lanes."""

    # -- shapes ------------------------------------------------------------------------------

    def lanes(self, a: Value, shape: str) -> Value:
        return self.b.bitcast(a, shape_type(shape))

    def _select_lanes(self, a: Value, b: Value, lanes: list[int]) -> Value:
        """Lanes by number, those of `b` after those of `a`."""
        mask = ir.Constant(ir.VectorType(INT32, len(lanes)), lanes)
        return self.b.shuffle_vector(a, b, mask)

    def half(self, a: Value, high: bool) -> Value:
        """The lower or upper half of the lanes."""
        half = a.type.count // 2
        return self._select_lanes(a, a, list(range(half * high, half * (high + 1))))

    def _every_other(self, a: Value, first: int) -> Value:
        return self._select_lanes(a, a, list(range(first, a.type.count, 2)))

    def padded(self, a: Value) -> Value:
        """`a` filled up to 16 bytes with lanes of zero."""
        if self._bits(a.type) == 128:
            return a
        return self._select_lanes(a, constant(a.type, 0), list(range(2 * a.type.count)))

    def _bits(self, t: ir.VectorType) -> int:
        lane = {FLOAT: 32, DOUBLE: 64}.get(t.element) or t.element.width
        return int(lane * t.count)

    def widen(self, a: Value, signed: bool) -> Value:
        """Integer lanes of twice the width."""
        t = _resized(a.type, 2)
        return self.b.sext(a, t) if signed else self.b.zext(a, t)

    # -- lanes and scalars -------------------------------------------------------------------

    def splat(self, scalar: Value, count: int) -> Value:
        first = self.low_lane(scalar, count)
        return self._select_lanes(first, first, [0] * count)

    def splat_to(self, scalar: Value, shape: str) -> Value:
        t = shape_type(shape)
        return self.splat(self._as_lane(scalar, t.element), t.count)

    def low_lane(self, scalar: Value, count: int) -> Value:
        """The scalar in lane 0, zero in the others."""
        zero = constant(ir.VectorType(scalar.type, count), 0)
        return self.b.insert_element(zero, scalar, INT32(0))

    def _as_lane(self, scalar: Value, t: ir.Type) -> Value:
        return scalar if scalar.type == t else self.b.trunc(scalar, t)

    def to_i32(self, a: Value, signed: bool) -> Value:
        return self.b.sext(a, INT32) if signed else self.b.zext(a, INT32)

    def extract_lane(self, a: Value, field: str) -> Value:
        return self.b.extract_element(a, self.field(field))

    def replace_lane(self, a: Value, scalar: Value, field: str) -> Value:
        """By comparing lane numbers: LLVM would go through memory for a variable one."""
        t = a.type
        numbers = ir.VectorType(ir.IntType(self._bits(t) // t.count), t.count)
        lane = self.b.trunc(self.field(field), numbers.element)
        chosen = self.b.icmp_unsigned("==", self.splat(lane, t.count),
                                      ir.Constant(numbers, list(range(t.count))))
        return self.b.select(chosen, self.splat(self._as_lane(scalar, t.element), t.count), a)

    def swizzle(self, a: Value, index: Value) -> Value:
        """Bytes of `a` by number; 0 where there is none."""
        if _IS_X86:     # the instruction looks at bit 7 and the low four: saturate into bit 7
            index = self.lanewise("uadd.sat", index, constant(_BYTES, 0x70))
            return self._intrinsic("llvm.x86.ssse3.pshuf.b.128", a, index)
        return self._intrinsic("llvm.aarch64.neon.tbl1.v16i8", a, index)

    def shuffle(self, a: Value, b: Value, field: str) -> Value:
        """Bytes of both by the 16 numbers of a field."""
        index = self.b.load(self.field_at(field), typ=_BYTES, align=8)
        later = self.b.sub(index, constant(_BYTES, 16))
        return self.b.or_(self.swizzle(a, index), self.swizzle(b, later))

    def any_true(self, a: Value) -> Value:
        return self.icmp("!=", self.b.bitcast(a, ir.IntType(128)), ir.IntType(128)(0))

    def _mask(self, bits: Value) -> Value:
        """<n x i1> as an n-bit integer."""
        return self.b.bitcast(bits, ir.IntType(bits.type.count))

    def all_true(self, a: Value) -> Value:
        zeros = self._mask(self.b.icmp_unsigned("==", a, constant(a.type, 0)))
        return self.eqz(zeros)

    def bitmask(self, a: Value) -> Value:
        return self.b.zext(self._mask(self.b.icmp_signed("<", a, constant(a.type, 0))), INT32)

    # -- memory ------------------------------------------------------------------------------

    def load_lanes(self, address: Value, shape: str) -> Value:
        self.note_read(address, self.i64(self._bits(shape_type(shape)) // 8))
        return self.b.load(address, typ=shape_type(shape), align=1)

    def load_bits(self, address: Value, bits: int) -> Value:
        self.note_read(address, self.i64(bits // 8))
        return self.b.load(address, typ=ir.IntType(bits), align=1)

    # -- integers ----------------------------------------------------------------------------

    def lanewise(self, name: str, a: Value, *more: Value) -> Value:
        """An LLVM intrinsic that is overloaded by its first operand's type."""
        return self._intrinsic(f"llvm.{name}.{suffix(a.type)}", a, *more)

    def not_(self, a: Value) -> Value:
        return self.b.xor(a, constant(a.type, -1))

    def absolute(self, a: Value) -> Value:
        return self.lanewise("abs", a, BIT(0))

    def negate(self, a: Value) -> Value:
        return self.b.sub(constant(a.type, 0), a)

    def shift_lanes(self, a: Value, count: Value) -> Value:
        """A shift count for each lane of `a`; only its low bits will matter."""
        t = a.type.element
        sized = self.b.zext(count, t) if t.width > 32 else self._as_lane(count, t)
        return self.splat(sized, a.type.count)

    def average(self, a: Value, b: Value) -> Value:
        total = self.b.add(self.widen(a, False), self.widen(b, False))
        rounded = self.b.add(total, constant(total.type, 1))
        return self.b.trunc(self.b.lshr(rounded, constant(total.type, 1)), a.type)

    def pairwise(self, a: Value, signed: bool) -> Value:
        """Sums of neighbours, twice as wide."""
        return self.b.add(self.widen(self._every_other(a, 0), signed),
                          self.widen(self._every_other(a, 1), signed))

    def dot(self, a: Value, b: Value) -> Value:
        """Sums of neighbours' products, twice as wide, signed."""
        products = [self.b.mul(self.widen(self._every_other(a, i), True),
                               self.widen(self._every_other(b, i), True)) for i in (0, 1)]
        return self.b.add(*products)

    def q15_multiply(self, a: Value, b: Value) -> Value:
        product = self.b.mul(self.widen(a, True), self.widen(b, True))
        rounded = self.b.add(product, constant(product.type, 0x4000))
        scaled = self.b.ashr(rounded, constant(product.type, 15))
        limited = self.lanewise("smin", scaled, constant(product.type, 0x7FFF))
        return self.b.trunc(limited, a.type)

    def narrow(self, a: Value, b: Value, signed: bool) -> Value:
        """Lanes of both, signed, saturated to half the width."""
        both = self._select_lanes(a, b, list(range(2 * a.type.count)))
        target = _resized(both.type, 1, 2)
        width = target.element.width
        low, high = (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)
        both = self.lanewise("smax", both, constant(both.type, low))
        return self.b.trunc(self.lanewise("smin", both, constant(both.type, high)), target)

    # -- floats ------------------------------------------------------------------------------

    def canon(self, a: Value) -> Value:
        """`a` with canonical NaNs in place of all NaNs.

        The fence keeps LLVM from taking the choice away: to it one NaN is as good as another.
        """
        if not isinstance(a.type, ir.VectorType):
            return super().canon(a)
        a = self.lanewise("arithmetic.fence", a)
        nan = self.b.bitcast(*self._canonical_nan(a.type))
        return self.b.select(self.b.fcmp_unordered("uno", a, a), nan, a)

    def first_if(self, op: str, a: Value, b: Value) -> Value:
        """Lanes of `a` where `a op b`, else of `b`, bits and all."""
        return self.b.select(self.b.fcmp_ordered(op, a, b), a, b)

    def trunc_sat_lanes(self, a: Value, signed: bool) -> Value:
        return self._saturated(a, ir.VectorType(INT32, a.type.count), signed)

    def to_floats(self, a: Value, shape: str, signed: bool) -> Value:
        t = shape_type(shape)
        return self.b.sitofp(a, t) if signed else self.b.uitofp(a, t)

    def demote_lanes(self, a: Value) -> Value:
        return self.b.fptrunc(a, each_lane(a.type, FLOAT))

    def promote_lanes(self, a: Value) -> Value:
        return self.b.fpext(a, each_lane(a.type, DOUBLE))

