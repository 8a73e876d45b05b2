"""Casts, tests and 31-bit integers in LLVM IR (spec §4.6.6)."""

from __future__ import annotations

from collections.abc import Callable

from gabagool.isa import gc
from gabagool.native.flow import Flow
from gabagool.native.ir_types import BIT, INT32, INT64, PTR, Value
from gabagool.native.layout import (
    REF_HOST,
    REF_I31,
    REF_SHIFT,
    Ctx,
    FuncRec,
    TypeRec,
)
from gabagool.types import I64, STRUCT

Test = Callable[["Casts", Value], Value]
# Which bits of the field `kinds` are about what.
_KIND_NULL, _KIND_I31, _KIND_HOST, _KIND_STRUCT, _KIND_ARRAY = (
    kind.bit_length() - 1
    for kind in (gc.IS_NULL, gc.IS_I31, gc.IS_HOST, gc.IS_STRUCT, gc.IS_ARRAY))


class Casts(Flow):
    """The part of the emitter that asks what a reference refers to."""

    def truth(self, condition: Value) -> Value:
        return self.b.zext(condition, INT32)

    def equals(self, value: Value, bits: int) -> Value:
        return self.b.icmp_unsigned("==", value, value.type(bits))

    # -- i31 ---------------------------------------------------------------------------------

    def i31(self, n: Value) -> Value:
        bits = self.b.or_(self.b.shl(n, self.i32(1)), self.i32(REF_I31))
        return self.b.zext(bits, INT64)

    def i31_get(self, ref: Value, signed: bool) -> Value:
        self.trap_if(self.equals(ref, 0), "null i31 reference")
        bits = self.b.trunc(ref, INT32)
        return (self.b.ashr if signed else self.b.lshr)(bits, self.i32(1))

    # -- casts -------------------------------------------------------------------------------

    def is_object_of(self, ref: Value, field: str, null: str) -> Value:
        """Whether a reference of the hierarchy of any is to an object of a defined type."""
        low = self.b.and_(ref, self.i64(3))
        nothing = self.equals(ref, 0)
        start = self.offset(self.load_ctx(Ctx.HEAP, PTR), ref)
        return self._choose(
            self.b.or_(nothing, self.b.not_(self.equals(low, 0))),
            lambda: self.b.and_(nothing, self._flag(null)),
            lambda: self.is_below(self._u32(start, 0), self.field(field)))

    def is_func_of(self, ref: Value, field: str, null: str) -> Value:
        """Whether a function reference is to one of a defined type."""
        return self._choose(
            self.equals(ref, 0), lambda: self._flag(null),
            lambda: self.is_below(
                self._u32(self._record(self.b.lshr(ref, self.i64(REF_SHIFT))), FuncRec.TYPE),
                self.field(field)))

    def is_of_kind(self, ref: Value, field: str) -> Value:
        """Whether a reference is of the kinds that a field says; see isa.gc."""
        kinds = self.field(field)
        low = self.b.and_(ref, self.i64(3))
        odd = self.b.icmp_unsigned("!=", self.b.and_(ref, self.i64(REF_I31)), self.i64(0))
        plain = self.b.select(odd, self.i64(_KIND_I31), self.i64(_KIND_NULL))
        plain = self.b.select(self.equals(low, REF_HOST), self.i64(_KIND_HOST), plain)
        both = self.i64(1 << _KIND_STRUCT | 1 << _KIND_ARRAY)
        mixed = self.b.and_(kinds, both)
        uniform = self.b.or_(self.equals(mixed, 0), self.b.icmp_unsigned("==", mixed, both))
        is_object = self.b.and_(self.equals(low, 0), self.b.not_(self.equals(ref, 0)))
        plain = self.b.select(is_object, self.i64(_KIND_STRUCT), plain)
        return self._choose(
            self.b.or_(self.b.not_(is_object), uniform),
            lambda: self._bit(kinds, plain), lambda: self._bit(kinds, self._kind_at(ref)))

    def _flag(self, field: str) -> Value:
        return self.b.icmp_unsigned("!=", self.field(field), self.i64(0))

    def _bit(self, kinds: Value, number: Value) -> Value:
        return self.b.trunc(self.b.lshr(kinds, number), BIT)

    def _kind_at(self, ref: Value) -> Value:
        start = self.offset(self.load_ctx(Ctx.HEAP, PTR), ref)
        types = self.load_ctx(Ctx.TYPES, PTR)
        record = self.offset(types, self.b.mul(self._u32(start, 0), self.i64(TypeRec.SIZE)))
        structure = self.equals(self._u32(record, TypeRec.KIND), STRUCT)
        return self.b.select(structure, self.i64(_KIND_STRUCT), self.i64(_KIND_ARRAY))

    def _choose(self, condition: Value, yes: Callable[[], Value],
                no: Callable[[], Value]) -> Value:
        """One truth or the other: what is not chosen may not be looked at."""
        first, second, rest = (self.function.append_basic_block() for _ in range(3))
        self.b.cbranch(condition, first, second)
        values = []
        for block, make in ((first, yes), (second, no)):
            self.b.position_at_end(block)
            values.append((make(), self.b.block))
            self.b.branch(rest)
        self.b.position_at_end(rest)
        found = self.b.phi(BIT)
        for value, block in values:
            found.add_incoming(value, block)
        return found

    def cast(self, ref: Value, fits: Value) -> Value:
        self.trap_if(self.b.not_(fits), "cast failure")
        return ref

    def branch_on_cast(self, test: Test, field: str, taken: bool, moving: bool) -> None:
        """Branch if the test's answer is `taken`; the reference stays in its slot."""
        ref = self.pop(I64)
        self.flush()
        fits = test(self, ref)
        self._branch_either(fits if taken else self.b.not_(fits), field, moving)
