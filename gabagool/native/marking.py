"""Marking what is reachable, native: from roots in tables, maps and frames."""

from __future__ import annotations

from llvmlite import ir

from gabagool.native.heapbody import HeapBody
from gabagool.native.ir_types import BIT, INT32, INT64, PTR, VOID, Value
from gabagool.native.layout import (
    OBJECT_HEADER,
    TYPE_MARK,
    TYPE_NUMBER,
    FuncRec,
    Header,
    HeapWord,
    RefMap,
    TypeRec,
    Work,
)
from gabagool.types import ARRAY


def build_mark_one(module: ir.Module) -> None:
    """`mark_one(work, bits)`: what a reference refers to is reachable."""
    f = HeapBody(module, "mark_one", VOID, (PTR, INT64))
    f.function.linkage = "internal"
    f.function.attributes.add("alwaysinline")
    bits = f.args[1]
    heap = f.given(Work.HEAP, PTR)
    tagged = f.b.icmp_unsigned("!=", f.b.and_(bits, INT64(7)), INT64(0))
    inside = f.under(f.b.sub(bits, INT64(HeapWord.FIRST)),
                     f.b.sub(f.given(Work.SIZE), INT64(HeapWord.FIRST)))
    with f.when(f.b.and_(f.b.not_(tagged), inside)):
        header = f.load(heap, bits)
        marked = f.b.and_(header, INT64(TYPE_MARK))
        with f.when(f.is_zero(marked)):
            f.put(heap, bits, f.b.or_(header, INT64(TYPE_MARK)))
            pending = f.given(Work.PENDING)
            f.put(f.given(Work.MARKS, PTR), f.b.shl(pending, INT64(2)),
                  f.b.trunc(f.b.lshr(bits, INT64(3)), INT32))
            f.note(Work.PENDING, f.b.add(pending, INT64(1)))
    f.b.ret_void()


def build_mark_words(module: ir.Module) -> None:
    """`mark_words(work, address, count)`: references side by side."""
    f = HeapBody(module, "mark_words", VOID, (PTR, PTR, INT64))
    f.function.linkage = "internal"
    _, address, count = f.args
    with f.repeat(count) as i:
        f.call("mark_one", f.work, f.load(address, f.b.shl(i, INT64(3))))
    f.b.ret_void()


def build_mark_listed(module: ir.Module) -> None:
    """`mark_listed(work, base, map)`: references where a reference map says."""
    f = HeapBody(module, "mark_listed", VOID, (PTR, PTR, PTR))
    f.function.linkage = "internal"
    _, base, refs = f.args
    with f.repeat(f.load(refs, INT64(RefMap.TRACED), INT32)) as i:
        entry = f.b.add(INT64(RefMap.LIST), f.b.mul(i, INT64(RefMap.ENTRY)))
        f.call("mark_one", f.work, f.load(base, f.load(refs, entry, INT32)))
    f.b.ret_void()


def build_drain(module: ir.Module) -> None:
    """`drain(work)`: mark all that the pending objects refer to."""
    f = HeapBody(module, "drain")
    f.function.linkage = "internal"
    heap, records, maps = (f.given(w, PTR) for w in (Work.HEAP, Work.RECORDS, Work.MAPS))

    def one() -> None:
        pending = f.b.sub(f.given(Work.PENDING), INT64(1))
        f.note(Work.PENDING, pending)
        entry = f.load(f.given(Work.MARKS, PTR), f.b.shl(pending, INT64(2)), INT32)
        offset = f.b.shl(entry, INT64(3))
        header = f.load(heap, offset)
        _count(f, offset, f.size_of(records, header))
        record = f.record(records, f.b.and_(header, INT64(TYPE_NUMBER)))
        refs = f.ref_map(maps, record)
        kind = f.load(record, INT64(TypeRec.KIND), INT32)
        is_array = f.b.icmp_unsigned("==", kind, INT64(ARRAY))
        with f.b.if_else(is_array) as (array, other):
            with array, f.when(f.b.not_(f.is_zero(f.load(refs, INT64(RefMap.TRACED), INT32)))):
                elements = f.at(heap, f.b.add(offset, INT64(OBJECT_HEADER)))
                f.call("mark_words", f.work, elements, f.b.lshr(header, INT64(32)))
            with other:
                f.call("mark_listed", f.work, f.at(heap, offset), refs)

    f.loop(lambda: f.b.not_(f.is_zero(f.given(Work.PENDING))), one)
    f.b.ret_void()


def _count(f: HeapBody, offset: Value, size: Value) -> None:
    f.note(Work.LIVE, f.b.add(f.given(Work.LIVE), size))
    end = f.b.add(offset, size)
    with f.when(f.under(f.given(Work.END), end)):
        f.note(Work.END, end)


def build_mark_span(module: ir.Module) -> None:
    """`mark_span(work)`: B references side by side at the address A, and all behind them."""
    f = HeapBody(module, "mark_span")
    f.call("mark_words", f.work, f.given(Work.A, PTR), f.given(Work.B))
    f.call("drain", f.work)
    f.b.ret_void()


def build_mark_at(module: ir.Module) -> None:
    """`mark_at(work)`: the references that the map at address B finds from address A on."""
    f = HeapBody(module, "mark_at")
    f.call("mark_listed", f.work, f.given(Work.A, PTR), f.given(Work.B, PTR))
    f.call("drain", f.work)
    f.b.ret_void()


def build_mark_frames(module: ir.Module) -> None:
    """`i64 mark_frames(work)`: the references in a frame and in all that it was called by.

    A is the key of its reference map: the address of the word that executes next, or 8 less than
    where a called frame returns to. B is the frame's address, C its function's number. Returns 0,
    or the key of a map that there is none for yet: with the map, call again to go on there.
    """
    f = HeapBody(module, "mark_frames", INT64)
    key, fp, func = (f.variable(f.given(w)) for w in (Work.A, Work.B, Work.C))
    frame_maps, arena = f.given(Work.FRAME_MAPS, PTR), f.given(Work.ARENA)
    maps, funcs = f.given(Work.MAPS, PTR), f.given(Work.FUNCS, PTR)

    def record(number: Value) -> Value:
        return f.at(funcs, f.b.mul(number, INT64(FuncRec.SIZE)))

    def one() -> None:
        number = f.load(frame_maps, f.b.sub(f.get(key), arena), INT32)
        with f.when(f.is_zero(number)):
            for word, place in ((Work.A, key), (Work.B, fp), (Work.C, func)):
                f.note(word, f.get(place))
            f.b.ret(f.get(key))
        frame = f.b.inttoptr(f.get(fp), PTR)
        f.call("mark_listed", f.work, frame, f.at(maps, f.b.shl(number, INT64(2))))
        f.call("drain", f.work)
        header = f.at(frame, f.load(record(f.get(func)), INT64(FuncRec.HEADER), INT32))
        caller = f.load(header, INT64(Header.CALLER), INT32)
        with f.when(f.is_zero(caller)):
            f.b.ret(INT64(0))
        back = f.b.add(f.load(record(caller), INT64(FuncRec.CODE)),
                       f.load(header, INT64(Header.RETURN), INT32))
        f.set(key, f.b.sub(back, INT64(8)))
        f.set(fp, f.b.sub(f.get(fp), f.load(header, INT64(Header.DELTA), INT32)))
        f.set(func, caller)

    f.loop(lambda: BIT(1), one)
    f.b.ret(INT64(0))
