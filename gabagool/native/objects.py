"""Structures, arrays, i31 and casts in LLVM IR (spec §4.6.5): every access is checked.

Offsets of fields and types of elements are static, so an object needs no look at its type; an
array's length is in its header. Objects are made here while there is room in the hole being
filled, elsewhere `runtime.services` does it.
"""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir

from gabagool.native.flow import Flow
from gabagool.native.ir_types import BIT, INT32, INT64, LLVM, PTR, Value
from gabagool.native.layout import (
    OBJECT_HEADER,
    REF_HOST,
    REF_I31,
    REF_SHIFT,
    Ctx,
    FuncRec,
    HeapWord,
    TypeRec,
)
from gabagool.native.room import build_allocate
from gabagool.types import I64, STRUCT, V128, ValType

Test = Callable[["Objects", Value], Value]
_NULL_STRUCT, _NULL_ARRAY = "null structure reference", "null array reference"
_BOUNDS = "out of bounds array access"
# Bits of the field `kinds`, as in isa.gc.
_KIND_NULL, _KIND_I31, _KIND_HOST, _KIND_STRUCT, _KIND_ARRAY = range(5)


class Objects(Flow):
    """The part of the emitter that works on objects of the heap."""

    def truth(self, condition: Value) -> Value:
        return self.b.zext(condition, INT32)

    def _is(self, value: Value, bits: int) -> Value:
        return self.b.icmp_unsigned("==", value, value.type(bits))

    def _object(self, ref: Value, message: str) -> Value:
        """The address of the object that a reference refers to."""
        self.trap_if(self._is(ref, 0), message)
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
        with self.cold(self._is(found, 0)):
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
            return self.b.select(self._is(i, 0), first, self.b.load(at, typ=INT64, align=8))

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
        self.trap_if(self._is(ref, 0), _NULL_ARRAY)
        width = self._width()
        elements = self._part(ref, start, count, width)
        self.effect()
        self._put_elements(elements, count, width, lambda i: value)

    def array_copy(self) -> None:
        target, to, source, start, count = (
            self._slot(i, INT64 if i in (0, 2) else INT32) for i in range(5))
        for ref in (target, source):
            self.trap_if(self._is(ref, 0), _NULL_ARRAY)
        width = self._width()
        there = self._part(target, to, count, width)
        here = self._part(source, start, count, width)
        self.effect()
        self.library("llvm.memmove.p0.p0.i64", [PTR, PTR, INT64, BIT],
                     [there, here, self.b.shl(count, width), BIT(0)])

    # -- i31 ---------------------------------------------------------------------------------

    def i31(self, n: Value) -> Value:
        bits = self.b.or_(self.b.shl(n, self.i32(1)), self.i32(REF_I31))
        return self.b.zext(bits, INT64)

    def i31_get(self, ref: Value, signed: bool) -> Value:
        self.trap_if(self._is(ref, 0), "null i31 reference")
        bits = self.b.trunc(ref, INT32)
        return (self.b.ashr if signed else self.b.lshr)(bits, self.i32(1))

    # -- casts -------------------------------------------------------------------------------

    def is_object_of(self, ref: Value, field: str, null: str) -> Value:
        """Whether a reference of the hierarchy of any is to an object of a defined type."""
        low = self.b.and_(ref, self.i64(3))
        nothing = self._is(ref, 0)
        start = self.offset(self.load_ctx(Ctx.HEAP, PTR), ref)
        return self._choose(
            self.b.or_(nothing, self.b.not_(self._is(low, 0))),
            lambda: self.b.and_(nothing, self._flag(null)),
            lambda: self.is_below(self._u32(start, 0), self.field(field)))

    def is_func_of(self, ref: Value, field: str, null: str) -> Value:
        """Whether a function reference is to one of a defined type."""
        return self._choose(
            self._is(ref, 0), lambda: self._flag(null),
            lambda: self.is_below(
                self._u32(self._record(self.b.lshr(ref, self.i64(REF_SHIFT))), FuncRec.TYPE),
                self.field(field)))

    def is_of_kind(self, ref: Value, field: str) -> Value:
        """Whether a reference is of the kinds that a field says; see isa.gc."""
        kinds = self.field(field)
        low = self.b.and_(ref, self.i64(3))
        odd = self.b.icmp_unsigned("!=", self.b.and_(ref, self.i64(REF_I31)), self.i64(0))
        plain = self.b.select(odd, self.i64(_KIND_I31), self.i64(_KIND_NULL))
        plain = self.b.select(self._is(low, REF_HOST), self.i64(_KIND_HOST), plain)
        both = self.i64(1 << _KIND_STRUCT | 1 << _KIND_ARRAY)
        mixed = self.b.and_(kinds, both)
        uniform = self.b.or_(self._is(mixed, 0), self.b.icmp_unsigned("==", mixed, both))
        is_object = self.b.and_(self._is(low, 0), self.b.not_(self._is(ref, 0)))
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
        structure = self._is(self._u32(record, TypeRec.KIND), STRUCT)
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
