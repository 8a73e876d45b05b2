"""Memory, globals and references in LLVM IR: every access is checked against its length."""

from __future__ import annotations

from llvmlite import ir

from gabagool.native.core import Core
from gabagool.native.ir_types import BIT, BYTE, INT32, INT64, LLVM, PTR, TOUCHED, Value
from gabagool.native.layout import REF_SHIFT, Ctx, SpanRec
from gabagool.types import F32, F64, I64, ValType

_OUT_OF_BOUNDS = "out of bounds memory access"


class Access(Core):
    """The part of the emitter that reaches outside the frame."""

    def address(self, a: Value, field: str, size: int) -> Value:
        """The address of `size` bytes at operand `a` plus the offset field, checked.

        Neither the 33-bit sum nor the end can wrap around in 64 bits.
        """
        ea = self.b.add(self.b.zext(a, INT64), self.field(field))
        end = self.b.add(ea, self.i64(size))
        self.trap_if(self.b.icmp_unsigned(">", end, self.memlen), _OUT_OF_BOUNDS)
        return self.offset(self.mem, ea)

    def _other_memory(self) -> Value:
        """The record of the memory that the word names."""
        return self.offset(self.load_ctx(Ctx.MEMORIES, PTR),
                           self.b.mul(self.field("mem"), self.i64(SpanRec.SIZE)))

    def other_address(self, a: Value, size: int) -> Value:
        """As `address`, with 64-bit operand and offset, in the memory that the word names.

        Either sum may wrap around.
        """
        record = self._other_memory()
        ea = self.b.add(a, self.b.load(self.field_at("offset"), typ=INT64, align=8))
        end = self.b.add(ea, self.i64(size))
        wraps = self.b.or_(self.b.icmp_unsigned("<", ea, a), self.b.icmp_unsigned("<", end, ea))
        beyond = self.b.icmp_unsigned(">", end, self.load_at(record, SpanRec.LENGTH, INT64))
        self.trap_if(self.b.or_(wraps, beyond), _OUT_OF_BOUNDS)
        return self.offset(self.load_at(record, SpanRec.BASE), ea)

    def other_memory_pages(self) -> Value:
        length = self.load_at(self._other_memory(), SpanRec.LENGTH, INT64)
        return self.b.lshr(length, self.i64(16))

    def load(self, address: Value, t: ValType, bits: int, signed: bool) -> Value:
        self.note_read(address, self.i64(bits // 8))
        if t in (F32, F64):
            return self.b.load(address, typ=LLVM[t], align=1)
        value = self.b.load(address, typ=ir.IntType(bits), align=1)
        if bits == LLVM[t].width:
            return value
        return self.b.sext(value, LLVM[t]) if signed else self.b.zext(value, LLVM[t])

    def store(self, address: Value, value: Value, bits: int) -> None:
        if isinstance(value.type, ir.IntType) and value.type.width != bits:
            value = self.b.trunc(value, ir.IntType(bits))
        self.effect()
        self.b.store(value, address, align=1)
        self._note_write(address, self.i64(bits // 8))

    def _note_write(self, address: Value, size: Value) -> None:
        """In watching handlers: tell the taps when watched memory has been written."""
        if self.watching:
            self._note(address, size, Ctx.WATCH_START, Ctx.WATCH_END, False)

    def note_read(self, address: Value, size: Value) -> None:
        """In reading handlers: the same of memory that is read."""
        if self.reading:
            self._note(address, size, Ctx.READ_START, Ctx.READ_END, True)

    def _note(self, address: Value, size: Value, first: Ctx, last: Ctx, read: bool) -> None:
        """Tell the taps if an access lies between two addresses.

        They may take the fuel away, so that execution stops at the next boundary.
        """
        start = self.b.ptrtoint(address, INT64)
        end = self.b.add(start, size)
        before_end = self.b.icmp_unsigned("<", start, self.load_ctx(last))
        reaches = self.b.icmp_unsigned(">", end, self.load_ctx(first))
        some = self.b.icmp_unsigned("!=", size, self.i64(0))
        outside = self.b.block
        with self.cold(self.b.and_(some, self.b.and_(before_end, reaches))):
            touched = self.load_ctx(Ctx.TOUCHED, TOUCHED.as_pointer())
            left = self.b.call(touched, [self.ctx, start, end, self.fp, self.pc, self.fuel,
                                         self.i64(read)])
            # Whoever was told before may have taken it already.
            taken = self.b.icmp_signed("<", self.fuel_left, left)
            left = self.b.select(taken, self.fuel_left, left)
            inside = self.b.block
        remaining = self.b.phi(INT64)
        remaining.add_incoming(self.fuel_left, outside)
        remaining.add_incoming(left, inside)
        self.fuel_left = remaining

    def memory_pages(self) -> Value:
        return self.b.trunc(self.b.lshr(self.memlen, self.i64(16)), INT32)

    def _span(self, start: Value, length: Value) -> Value:
        """The address of a checked run of bytes in memory."""
        start = self.b.zext(start, INT64)
        end = self.b.add(start, length)
        self.trap_if(self.b.icmp_unsigned(">", end, self.memlen), _OUT_OF_BOUNDS)
        return self.offset(self.mem, start)

    def memory_fill(self, d: Value, v: Value, n: Value) -> None:
        length = self.b.zext(n, INT64)
        target = self._span(d, length)
        self.effect()
        self.library("llvm.memset.p0.i64", [PTR, BYTE, INT64, BIT],
                      [target, self.b.trunc(v, BYTE), length, BIT(0)])
        self._note_write(target, length)

    def memory_copy(self, d: Value, s: Value, n: Value) -> None:
        length = self.b.zext(n, INT64)
        target, source = self._span(d, length), self._span(s, length)
        self.effect()
        self.library("llvm.memmove.p0.p0.i64", [PTR, PTR, INT64, BIT],
                      [target, source, length, BIT(0)])
        self._note_write(target, length)
        self.note_read(source, length)

    def _global(self, field: str) -> Value:
        return self.offset(self.load_ctx(Ctx.GLOBALS, PTR), self.field(field))

    def load_global(self, field: str, t: ValType = I64) -> Value:
        return self.b.load(self._global(field), typ=LLVM[t], align=8)

    def store_global(self, field: str, value: Value) -> None:
        self.effect()
        self.b.store(self.wide(value), self._global(field), align=8)

    def func_ref(self, field: str) -> Value:
        return self.b.shl(self.field(field), self.i64(REF_SHIFT))

    def ref_as_non_null(self) -> None:
        ref = self.bits(self.pop_raw())
        self.trap_if(self.b.icmp_unsigned("==", ref, self.i64(0)), "null reference")
        self.push(ref)

    def ref_is_null(self) -> None:
        zero = self.b.icmp_unsigned("==", self.bits(self.pop_raw()), self.i64(0))
        self.push(self.b.zext(zero, INT32))
