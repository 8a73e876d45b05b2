"""Walks through a heap, native: is this where an object starts; how many objects are there of
each type; other numbers for types."""

from __future__ import annotations

from llvmlite import ir

from gabagool.native.checking import Check
from gabagool.native.ir_types import INT32, INT64, PTR, Value
from gabagool.native.layout import TYPE_EXN, TYPE_FREE, TYPE_NUMBER, HeapWord, Work


def build_is_object(module: ir.Module) -> None:
    """`i64 is_object(work)`: whether an object starts at offset A of a well-formed heap."""
    f = Check(module, "is_object", INT64)
    wanted = f.given(Work.A)
    f.objects(f.b.add(wanted, INT64(1)),
              lambda at, _header, _size: f.fail_if(f.equal(at, wanted), INT64(1)))
    f.b.ret(INT64(0))


def build_census(module: ir.Module) -> None:
    """`census(work)`: count the objects of a well-formed heap up to offset A, dead ones too.

    B is the address of two words for each type, to which their number and their bytes are added.
    """
    f = Check(module, "census")
    table = f.given(Work.B, PTR)

    def count(_at: Value, header: Value, size: Value) -> None:
        place = f.b.shl(f.b.and_(header, INT64(TYPE_NUMBER)), INT64(4))
        f.put(table, place, f.b.add(f.load(table, place), INT64(1)))
        bytes_ = f.b.add(place, INT64(8))
        f.put(table, bytes_, f.b.add(f.load(table, bytes_), size))

    f.objects(f.given(Work.A), count)
    f.b.ret_void()


def build_renumber(module: ir.Module) -> None:
    """`i64 renumber(work)`: put the types' numbers through a table of u32 at address A with B
    entries. The records know the numbers from before, or with C those from after.

    Returns 0, or the offset of a cell that can't be: the heap may be anybody's.
    """
    f = Check(module, "renumber", INT64)
    heap, size = f.given(Work.HEAP, PTR), f.given(Work.SIZE)
    cursor, limit = (f.load(heap, INT64(w)) for w in (HeapWord.CURSOR, HeapWord.LIMIT))

    def visit(at: Value) -> Value:
        length = f.variable(f.b.sub(limit, at))
        filling = f.b.and_(f.under(cursor, limit), f.equal(at, cursor))
        with f.when(f.b.not_(filling)):
            header = f.load(heap, at)
            f.set(length, f.b.shl(f.b.lshr(header, INT64(32)), INT64(3)))
            with f.when(f.differ(f.b.and_(header, INT64(0xFFFFFFFF)), TYPE_FREE)):
                f.set(length, _renumber_one(f, heap, at, header))
        room = f.b.sub(size, at)
        f.fail_if(f.b.or_(f.is_zero(f.get(length)), f.under(room, f.get(length))), at)
        return f.get(length)

    f.cells(INT64(HeapWord.FIRST), size, visit)
    f.b.ret(INT64(0))


def _renumber_one(f: Check, heap: Value, at: Value, header: Value) -> Value:
    """Put an object's type through the table; returns the object's size."""
    exn = f.b.and_(header, INT64(TYPE_EXN))
    before = f.b.and_(header, INT64(0xFFFFFFFF & ~TYPE_EXN))
    f.fail_if(f.b.not_(f.under(before, f.given(Work.B))), at)
    after = f.load(f.given(Work.A, PTR), f.b.shl(before, INT64(2)), INT32)
    rest = f.b.or_(exn, f.b.and_(header, INT64(~0xFFFFFFFF)))
    f.put(heap, at, f.b.or_(rest, after))
    known = f.b.select(f.is_zero(f.given(Work.C)), before, after)
    return f.size_of(f.given(Work.RECORDS, PTR), f.b.or_(rest, known))
