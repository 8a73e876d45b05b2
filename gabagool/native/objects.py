"""Structures and arrays in LLVM IR (spec §4.6.7): every access is checked.

Offsets of fields and types of elements are static, so an object needs no look at its type; an
array's length is in its header. Objects are made here while there is room in the hole being
filled, elsewhere `runtime.services` does it.
"""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir

from gabagool.native.casts import Casts
from gabagool.native.ir_types import BIT, INT32, INT64, LLVM, PTR, Value
from gabagool.native.layout import (
    OBJECT_HEADER,
    Ctx,
    HeapWord,
    TypeRec,
)
from gabagool.native.room import build_allocate
from gabagool.types import V128, ValType

_NULL_STRUCT, _NULL_ARRAY = "null structure reference", "null array reference"
_BOUNDS = "out of bounds array access"


class Objects(Casts):
    """The part of the emitter that works on objects of the heap."""

    def _object(self, ref: Value, message: str) -> Value:
        """The address of the object that a reference refers to."""
        self.trap_if(self.equals(ref, 0), message)
        return self.offset(self.load_ctx(Ctx.HEAP, PTR), ref)

    # -- structures --------------------------------------------------------------------------

    def _field_of(self, ref: Value) -> Value:
        return self.offset(self._object(ref, _NULL_STRUCT), self.field("offset"))

    def struct_get(self, ref: Value, t: ValType) -> Value:
        return self.b.load(self._field_of(ref), typ=LLVM[t], align=8)

    def struct_get_signed(self, ref: Value, bits: int) -> Value:
        value = self.b.load(self._field_of(ref), typ=ir.IntType(bits), align=8)
        return self.b.sext(value, INT32)

    def struct_set(self, ref: Value, value: Value, bits: int) -> None:
        """A field takes a whole slot: what is narrower has zeros above it."""
        address = self._field_of(ref)
        if bits < 32:
            value = self.b.and_(value, self.i32((1 << bits) - 1))
        self.effect()
        self.b.store(self.wide(value), address, align=8)

    def struct_new(self, packed: bool = False) -> None:
        """Its fields are the operands, in place, and so is the reference to it."""
        slots = self.field("n")
        operands = self.offset(self.fp, self.field("slot"))
        size = self.b.add(self.b.shl(slots, self.i64(3)), self.i64(OBJECT_HEADER))
        found = self._allocate(size)
        length = self.b.add(slots, self.i64(1))
        fields = self._begin(found, length)
        self.copy_slots(operands, fields, slots)
        if packed:
            self._narrow(self.offset(fields, self.i64(-OBJECT_HEADER)))
        self.b.store(found, operands, align=8)

    def _narrow(self, start: Value) -> None:
        """Cut the packed fields of a new structure to their width."""
        number = self._u32(self._type_record(), TypeRec.PACKED)
        entries = self.offset(self.load_ctx(Ctx.MAPS, PTR), self.b.shl(number, self.i64(2)))
        with self._repeat(self._u32(entries, 0)) as i:
            entry = self.offset(entries, self.b.shl(i, self.i64(3)))
            place = self.offset(start, self._u32(entry, 4))
            field = self.b.load(place, typ=INT64, align=8)
            self.b.store(self.b.and_(field, self._u32(entry, 8)), place, align=8)

    def _type_record(self) -> Value:
        """The record of the type that the word names."""
        return self.offset(self.load_ctx(Ctx.TYPES, PTR),
                           self.b.mul(self.field("type"), self.i64(TypeRec.SIZE)))

    def struct_new_default(self) -> None:
        size = self._u32(self._type_record(), TypeRec.LENGTH)
        found = self._allocate(size)
        self._begin(found, self.b.lshr(size, self.i64(3)))
        self.b.store(found, self.offset(self.fp, self.field("slot")), align=8)

    def _allocate(self, size: Value) -> Value:
        """The offset of so many zeroed bytes, from the hole being filled or the next that has
        them; when there is none Python serves the word."""
        heap = self.load_ctx(Ctx.HEAP, PTR)
        cursor = self.load_at(heap, HeapWord.CURSOR, INT64)
        end = self.b.add(cursor, size)
        full = self.b.icmp_unsigned(">", end, self.load_at(heap, HeapWord.LIMIT, INT64))
        fast, slow, rest = (self.function.append_basic_block() for _ in range(3))
        self.b.cbranch(full, slow, fast).set_weights([1, 100])
        self.b.position_at_end(slow)
        found = self.b.call(self._allocator(), [heap, size])
        with self.cold(self.equals(found, 0)):
            self.bail("service")
        self.b.branch(rest)
        slow = self.b.block
        self.b.position_at_end(fast)
        self.b.store(end, self.offset(heap, self.i64(HeapWord.CURSOR)), align=8)
        self.b.branch(rest)
        self.b.position_at_end(rest)
        offset = self.b.phi(INT64)
        offset.add_incoming(cursor, fast)
        offset.add_incoming(found, slow)
        self.effect()
        return offset

    def _allocator(self) -> ir.Function:
        """The function that looks for room, once in each unit that makes objects."""
        module = self.function.module
        return module.globals.get("allocate") or build_allocate(module)

    def _begin(self, offset: Value, length: Value) -> Value:
        """Write an object's header; the address of what is behind it."""
        start = self.offset(self.load_ctx(Ctx.HEAP, PTR), offset)
        header = self.b.or_(self.field("type"), self.b.shl(length, self.i64(32)))
        self.b.store(header, start, align=8)
        return self.offset(start, self.i64(OBJECT_HEADER))

    # -- arrays ------------------------------------------------------------------------------

    def array_len(self, ref: Value) -> Value:
        return self.load_at(self._object(ref, _NULL_ARRAY), 4, INT32)

    def _element(self, ref: Value, i: Value, bits: int) -> Value:
        start = self._object(ref, _NULL_ARRAY)
        outside = self.b.icmp_unsigned(">=", i, self.load_at(start, 4, INT32))
        self.trap_if(outside, _BOUNDS)
        at = self.b.mul(self.b.zext(i, INT64), self.i64(bits // 8))
        return self.offset(start, self.b.add(at, self.i64(OBJECT_HEADER)))

    def array_get(self, ref: Value, i: Value, bits: int, signed: bool) -> Value:
        address = self._element(ref, i, bits)
        if bits == 128:
            return self.b.load(address, typ=LLVM[V128], align=8)
        value = self.b.load(address, typ=ir.IntType(bits), align=bits // 8)
        if bits >= 32:
            return value
        return self.b.sext(value, INT32) if signed else self.b.zext(value, INT32)

    def array_set(self, ref: Value, i: Value, value: Value, bits: int) -> None:
        address = self._element(ref, i, bits)
        if bits < 32:
            value = self.b.trunc(value, ir.IntType(bits))
        self.effect()
        self.b.store(value, address, align=min(bits // 8, 8))

    def _slot(self, index: int, t: ir.Type = INT64) -> Value:
        """An operand by its place from the word's first on; a number of 32 bits is widened."""
        at = self.offset(self.fp, self.b.add(self.field("slot"), self.i64(8 * index)))
        return self.wide(self.b.load(at, typ=t, align=8))

    def _new_array(self, length: Value, width: Value) -> Value:
        """The address of the elements of a new array, zeros; the first operand's slot gets the
        reference."""
        size = self.b.shl(length, width)
        padded = self.b.and_(self.b.add(size, self.i64(OBJECT_HEADER + 7)), self.i64(-8))
        found = self._allocate(padded)
        elements = self._begin(found, length)
        self.b.store(found, self.offset(self.fp, self.field("slot")), align=8)
        return elements

    def _width(self) -> Value:
        """log2 of the bytes of an element of the type that the word names."""
        return self._u32(self._type_record(), TypeRec.LENGTH)

    def array_new_default(self) -> None:
        """Of any element type: only the size depends on it."""
        self._new_array(self._slot(0, INT32), self._width())

    def array_new(self) -> None:
        width, value, length = self._width(), self._slot(0), self._slot(1, INT32)
        elements = self._new_array(length, width)
        self._put_elements(elements, length, width, lambda i: value)

    def array_new_fixed(self) -> None:
        """Its elements are the operands, in place; those of two slots are left to Python."""
        width, length = self._width(), self.field("n")
        with self.cold(self.b.icmp_unsigned(">", width, self.i64(3))):
            self.bail("service")
        operands = self.offset(self.fp, self.field("slot"))
        first = self.b.load(operands, typ=INT64, align=8)   # its slot will have the reference
        elements = self._new_array(length, width)

        def operand(i: Value) -> Value:
            at = self.offset(operands, self.b.shl(i, self.i64(3)))
            return self.b.select(self.equals(i, 0), first, self.b.load(at, typ=INT64, align=8))

        self._put_elements(elements, length, width, operand)

    def _put_elements(self, start: Value, count: Value, width: Value,
                      value: Callable[[Value], Value]) -> None:
        """Elements side by side from an address on, by log2 of their bytes: 3 at most."""
        rest = self.function.append_basic_block()
        blocks = [self.function.append_basic_block() for _ in range(4)]
        switch = self.b.switch(width, blocks[3])
        for log2, block in enumerate(blocks):
            if log2 < 3:
                switch.add_case(self.i64(log2), block)
            self.b.position_at_end(block)
            with self._repeat(count) as i:
                narrow = self.b.trunc(value(i), ir.IntType(8 << log2)) if log2 < 3 else value(i)
                at = self.offset(start, self.b.shl(i, self.i64(log2)))
                self.b.store(narrow, at, align=1 << log2)
            self.b.branch(rest)
        self.b.position_at_end(rest)

    def _part(self, ref: Value, start: Value, count: Value, width: Value) -> Value:
        """The address of `count` elements of an array from `start` on, which must be there."""
        array = self.offset(self.load_ctx(Ctx.HEAP, PTR), ref)
        beyond = self.b.icmp_unsigned(">", self.b.add(start, count), self._u32(array, 4))
        self.trap_if(beyond, _BOUNDS)
        offset = self.b.add(self.b.shl(start, width), self.i64(OBJECT_HEADER))
        return self.offset(array, offset)

    def array_fill(self) -> None:
        ref, start, value, count = (self._slot(0), self._slot(1, INT32), self._slot(2),
                                    self._slot(3, INT32))
        self.trap_if(self.equals(ref, 0), _NULL_ARRAY)
        width = self._width()
        elements = self._part(ref, start, count, width)
        self.effect()
        self._put_elements(elements, count, width, lambda i: value)

    def array_copy(self) -> None:
        target, to, source, start, count = (
            self._slot(i, INT64 if i in (0, 2) else INT32) for i in range(5))
        for ref in (target, source):
            self.trap_if(self.equals(ref, 0), _NULL_ARRAY)
        width = self._width()
        there = self._part(target, to, count, width)
        here = self._part(source, start, count, width)
        self.effect()
        self.library("llvm.memmove.p0.p0.i64", [PTR, PTR, INT64, BIT],
                     [there, here, self.b.shl(count, width), BIT(0)])
