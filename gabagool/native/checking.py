"""Checking a heap of unknown origin, native: every cell, and every reference by its type."""

from __future__ import annotations

from llvmlite import ir

from gabagool.native.heapbody import HeapBody
from gabagool.native.ir_types import BYTE, INT32, INT64, PTR, Value
from gabagool.native.layout import (
    OBJECT_HEADER,
    REF_HOST,
    REF_SHIFT,
    TYPE_EXN,
    TYPE_FREE,
    TYPE_NUMBER,
    FuncRec,
    HeapWord,
    RefMap,
    TypeRec,
    Work,
)
from gabagool.types import ANY, ARRAY, EQ, EXN, EXTERN, FUNC, I31, STRUCT, concrete

_FIRST_CONCRETE = concrete(0)


class Check(HeapBody):
    """`wrong` returns from the function with what it found."""

    def fail_if(self, condition: Value, result: Value) -> None:
        with self.when(condition):
            self.b.ret(result)

    def equal(self, left: Value, right: int | Value) -> Value:
        return self.b.icmp_unsigned("==", left, INT64(right) if isinstance(right, int) else right)

    def differ(self, left: Value, right: int | Value) -> Value:
        return self.b.not_(self.equal(left, right))

    def kind(self, number: Value) -> Value:
        records = self.given(Work.RECORDS, PTR)
        return self.load(self.record(records, number), INT64(TypeRec.KIND), INT32)

    def is_below(self, have: Value, want: Value) -> Value:
        records = self.given(Work.RECORDS, PTR)
        mine, other = self.record(records, have), self.record(records, want)
        depth = self.load(other, INT64(TypeRec.DEPTH), INT32)
        place = self.b.add(INT64(TypeRec.DISPLAY), self.b.shl(depth, INT64(2)))
        deep = self.b.not_(self.under(self.load(mine, INT64(TypeRec.DEPTH), INT32), depth))
        return self.b.and_(deep, self.equal(self.load(mine, place, INT32), want))

    def start_byte(self, offset: Value) -> tuple[Value, Value]:
        """Where the bit is that says whether an object starts at an offset: address and mask."""
        word = self.b.lshr(offset, INT64(3))
        byte = self.at(self.given(Work.STARTS, PTR), self.b.lshr(word, INT64(3)))
        mask = self.b.shl(INT64(1), self.b.and_(word, INT64(7)))
        return byte, self.b.trunc(mask, BYTE)


# -- references ------------------------------------------------------------------------------

def build_fits(module: ir.Module) -> None:
    """`i64 fits(work)`: whether reference bits A may stand where the (closed) heap type B is
    wanted. Null always may: whoever uses a reference looks."""
    f = Check(module, "fits_ref", INT64, (PTR, INT64, INT64))
    f.function.linkage = "internal"
    _, bits, want = f.args
    yes, no = INT64(1), INT64(0)
    f.fail_if(f.is_zero(bits), yes)
    is_concrete = f.b.not_(f.under(want, INT64(_FIRST_CONCRETE)))
    number = f.b.sub(want, INT64(_FIRST_CONCRETE))
    function = f.variable(f.b.zext(f.equal(want, FUNC), INT64))
    with f.when(is_concrete):
        f.fail_if(f.b.not_(f.under(number, f.given(Work.TYPES))), no)
        f.set(function, f.b.zext(f.equal(f.kind(number), FUNC), INT64))
    with f.when(f.differ(f.get(function), 0)):
        _fits_function(f, bits, is_concrete, number)
    any_ = f.b.or_(f.equal(want, ANY), f.equal(want, EXTERN))
    eq = f.b.or_(any_, f.equal(want, EQ))
    with f.when(f.equal(f.b.and_(bits, INT64(1)), 1)):
        small = f.under(bits, INT64(1 << 32))
        f.b.ret(f.b.zext(f.b.and_(small, f.b.or_(eq, f.equal(want, I31))), INT64))
    with f.when(f.equal(f.b.and_(bits, INT64(3)), REF_HOST)):
        known = f.under(f.b.lshr(bits, INT64(REF_SHIFT)), f.given(Work.HOST_COUNT))
        f.b.ret(f.b.zext(f.b.and_(known, any_), INT64))
    _fits_object(f, bits, want, is_concrete, number, eq)
    _export_fits(module)


def _fits_function(f: Check, bits: Value, is_concrete: Value, number: Value) -> None:
    index = f.b.lshr(bits, INT64(REF_SHIFT))
    f.fail_if(f.differ(f.b.and_(bits, INT64(3)), 0), INT64(0))
    f.fail_if(f.b.not_(f.under(index, f.given(Work.FUNC_COUNT))), INT64(0))
    with f.when(is_concrete):
        record = f.at(f.given(Work.FUNCS, PTR), f.b.mul(index, INT64(FuncRec.SIZE)))
        have = f.load(record, INT64(FuncRec.TYPE), INT32)
        f.b.ret(f.b.zext(f.is_below(have, number), INT64))
    f.b.ret(INT64(1))


def _fits_object(f: Check, bits: Value, want: Value, is_concrete: Value, number: Value,
                 eq: Value) -> None:
    """The bits must be where an object starts; its type follows from its header."""
    f.fail_if(f.differ(f.b.and_(bits, INT64(7)), 0), INT64(0))
    f.fail_if(f.b.not_(f.under(bits, f.given(Work.SIZE))), INT64(0))
    byte, mask = f.start_byte(bits)
    f.fail_if(f.b.icmp_unsigned("==", f.b.and_(f.b.load(byte, typ=BYTE), mask), BYTE(0)), INT64(0))
    have = f.load(f.given(Work.HEAP, PTR), bits, INT32)
    exn = f.differ(f.b.and_(have, INT64(TYPE_EXN)), 0)
    with f.when(exn):
        f.b.ret(f.b.zext(f.equal(want, EXN), INT64))
    with f.when(is_concrete):
        f.b.ret(f.b.zext(f.is_below(have, number), INT64))
    kind = f.kind(have)
    own = f.b.and_(f.equal(kind, want),
                   f.b.or_(f.equal(want, STRUCT), f.equal(want, ARRAY)))
    f.b.ret(f.b.zext(f.b.or_(eq, own), INT64))


def _export_fits(module: ir.Module) -> None:
    f = Check(module, "fits", INT64)
    f.b.ret(f.call("fits_ref", f.work, f.given(Work.A), f.given(Work.B)))


# -- cells -----------------------------------------------------------------------------------

def build_check(module: ir.Module) -> None:
    """`i64 check(work)`: 0 if the heap is well-formed, else the offset of a cell that is not.

    Notes where objects start. The hole being filled lies within the heap (Python has looked);
    the free chunks that are linked must be so in the order of their addresses.
    """
    f = Check(module, "check", INT64)
    heap, size = f.given(Work.HEAP, PTR), f.given(Work.SIZE)
    cursor, limit = (f.load(heap, INT64(w)) for w in (HeapWord.CURSOR, HeapWord.LIMIT))
    hole = f.variable(f.load(heap, INT64(HeapWord.HOLES)))
    filling = f.variable(f.b.zext(f.under(cursor, limit), INT64))

    def visit(at: Value) -> Value:
        length = f.variable(f.b.sub(limit, at))
        here = f.b.and_(f.differ(f.get(filling), 0), f.equal(at, cursor))
        with f.b.if_else(here) as (in_hole, cell):
            with in_hole:
                _zeros(f, heap, at, limit, at)
                f.set(filling, INT64(0))
            with cell:
                _cell(f, heap, at, f.b.sub(size, at), hole, length)
        return f.get(length)

    f.cells(INT64(HeapWord.FIRST), size, visit)
    f.fail_if(f.differ(f.get(hole), 0), f.get(hole))
    f.fail_if(f.differ(f.get(filling), 0), size)
    f.cells(INT64(HeapWord.FIRST), size, lambda at: _references(f, heap, at, cursor, limit))
    f.b.ret(INT64(0))


def _zeros(f: Check, heap: Value, start: Value, end: Value, cell: Value) -> None:
    """That there are zeros from `start` to `end`."""
    at = f.variable(start)

    def one() -> None:
        f.fail_if(f.differ(f.load(heap, f.get(at)), 0), cell)
        f.set(at, f.b.add(f.get(at), INT64(8)))

    f.loop(lambda: f.under(f.get(at), end), one)


def _cell(f: Check, heap: Value, at: Value, room: Value, hole: Value, length: Value) -> None:
    """Check the header of a cell in so much room, and set its `length` in bytes."""
    header = f.load(heap, at)
    number, count = f.b.and_(header, INT64(0xFFFFFFFF)), f.b.lshr(header, INT64(32))
    free = f.equal(number, TYPE_FREE)
    with f.b.if_else(free) as (chunk, object_):
        with chunk:
            size = f.b.shl(count, INT64(3))
            f.set(length, size)
            f.fail_if(f.b.or_(f.is_zero(size), f.under(room, size)), at)
            _chunk(f, heap, at, size, hole)
        with object_:
            _object(f, at, number, count, length)
            f.fail_if(f.under(room, f.get(length)), at)
            byte, mask = f.start_byte(at)
            f.b.store(f.b.or_(f.b.load(byte, typ=BYTE), mask), byte)


def _chunk(f: Check, heap: Value, at: Value, size: Value, hole: Value) -> None:
    """A free chunk holds nothing but its link, if it is the one whose turn it is."""
    end = f.b.add(at, size)
    linked = f.equal(at, f.get(hole))
    with f.b.if_else(linked) as (turn, other):
        with turn:
            f.fail_if(f.under(size, INT64(2 * OBJECT_HEADER)), at)
            following = f.load(heap, f.link(at))
            forward = f.b.or_(f.is_zero(following), f.under(at, following))
            f.fail_if(f.b.not_(forward), at)
            f.set(hole, following)
            _zeros(f, heap, f.b.add(at, INT64(2 * OBJECT_HEADER)), end, at)
        with other:
            _zeros(f, heap, f.link(at), end, at)


def _object(f: Check, at: Value, number: Value, count: Value, length: Value) -> None:
    """An object has a type there is, and is as long as it says."""
    exn = f.differ(f.b.and_(number, INT64(TYPE_EXN)), 0)
    index = f.b.xor(number, f.b.select(exn, INT64(TYPE_EXN), INT64(0)))
    f.fail_if(f.b.not_(f.under(index, f.given(Work.TYPES))), at)
    kind = f.kind(index)
    f.fail_if(f.b.xor(exn, f.equal(kind, FUNC)), at)
    record = f.record(f.given(Work.RECORDS, PTR), index)
    with f.when(f.differ(kind, ARRAY)):
        whole = f.load(record, INT64(TypeRec.LENGTH), INT32)
        f.fail_if(f.differ(f.b.shl(count, INT64(3)), whole), at)
    with f.when(exn):
        tag = f.load(f.given(Work.HEAP, PTR), f.b.add(at, INT64(OBJECT_HEADER)))
        f.fail_if(f.b.not_(f.under(tag, f.given(Work.TAG_COUNT))), at)
        own = f.load(f.given(Work.TAGS, PTR), f.b.shl(tag, INT64(2)), INT32)
        f.fail_if(f.differ(own, index), at)
    f.set(length, f.size_of(f.given(Work.RECORDS, PTR),
                            f.b.or_(number, f.b.shl(count, INT64(32)))))


# -- what objects refer to -------------------------------------------------------------------

def _references(f: Check, heap: Value, at: Value, cursor: Value, limit: Value) -> Value:
    """Check the references in a cell; returns its size."""
    size = f.variable(f.b.sub(limit, at))
    here = f.b.and_(f.under(cursor, limit), f.equal(at, cursor))
    with f.when(f.b.not_(here)):
        header = f.load(heap, at)
        f.set(size, f.size_of(f.given(Work.RECORDS, PTR), header))
        with f.when(f.differ(f.b.and_(header, INT64(0xFFFFFFFF)), TYPE_FREE)):
            _fields(f, heap, at, header)
    return f.get(size)


def _fields(f: Check, heap: Value, at: Value, header: Value) -> None:
    index = f.b.and_(header, INT64(TYPE_NUMBER))
    record = f.record(f.given(Work.RECORDS, PTR), index)
    refs = f.ref_map(f.given(Work.MAPS, PTR), record)
    kind = f.kind(index)
    count = f.load(refs, INT64(RefMap.COUNT), INT32)
    is_array = f.equal(kind, ARRAY)
    all_elements = f.b.select(f.is_zero(count), INT64(0), f.b.lshr(header, INT64(32)))
    steps = f.b.select(is_array, all_elements, count)
    scale, step = f.b.select(is_array, INT64(0), INT64(RefMap.ENTRY)), f.b.select(
        is_array, INT64(8), INT64(0))
    with f.repeat(steps) as i:
        entry = f.b.add(INT64(RefMap.LIST), f.b.mul(i, scale))
        offset = f.b.add(f.load(refs, entry, INT32), f.b.mul(i, step))
        want = f.load(refs, f.b.add(entry, INT64(4)), INT32)
        bits = f.load(heap, f.b.add(at, offset))
        f.fail_if(f.is_zero(f.call("fits_ref", f.work, bits, want)), at)
