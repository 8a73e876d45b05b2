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

_AHEAD = 8           # references that are fetched ahead
_BATCH = 1 << 16     # references from roots that wait at most: of those in objects there can't be
                     # more than the stack has room for


class _Marking(HeapBody):
    """A function that marks. How many objects wait to be looked into is a local variable while it
    runs: memory for it would be written and read with every object."""

    def __init__(self, module: ir.Module, name: str, result: ir.Type = VOID) -> None:
        super().__init__(module, name, result)
        self.heap, self.marks = self.given(Work.HEAP, PTR), self.given(Work.MARKS, PTR)
        self.records, self.maps = self.given(Work.RECORDS, PTR), self.given(Work.MAPS, PTR)
        self.extent = self.b.sub(self.given(Work.SIZE), INT64(HeapWord.FIRST))
        self.pending = self.variable(INT64(0))
        self.is_root = name != "drain"

    def mark(self, bits: Value) -> None:
        """What a reference refers to is reachable; other values than objects are passed over."""
        plain = self.is_zero(self.b.and_(bits, INT64(7)))
        inside = self.under(self.b.sub(bits, INT64(HeapWord.FIRST)), self.extent)
        with self.when(self.b.and_(plain, inside)):
            pending = self.get(self.pending)
            self.b.store(self.b.trunc(self.b.lshr(bits, INT64(3)), INT32),
                         self.at(self.marks, self.b.shl(pending, INT64(2))), align=4)
            self.set(self.pending, self.b.add(pending, INT64(1)))
            if self.is_root:
                with self.when(self.b.icmp_unsigned("==", pending, INT64(_BATCH))):
                    self.hand_over()

    def mark_words(self, address: Value, count: Value) -> None:
        """References side by side."""
        with self.repeat(count) as i:
            self.mark(self.load(address, self.b.shl(i, INT64(3))))

    def mark_listed(self, base: Value, refs: Value) -> None:
        """References where a map says."""
        with self.repeat(self.load(refs, INT64(RefMap.TRACED), INT32)) as i:
            entry = self.b.add(INT64(RefMap.LIST), self.b.mul(i, INT64(RefMap.ENTRY)))
            self.mark(self.load(base, self.load(refs, entry, INT32)))

    def prefetch(self, address: Value) -> None:
        """Bring what is there into the cache, to be written to."""
        module, name = self.function.module, "llvm.prefetch.p0"
        callee = module.globals.get(name) or ir.Function(
            module, ir.FunctionType(VOID, [PTR, INT32, INT32, INT32]), name)
        self.b.call(callee, [address, INT32(1), INT32(3), INT32(1)])

    def hand_over(self) -> None:
        """Let `drain` look into what waits."""
        self.note(Work.PENDING, self.get(self.pending))
        self.call("drain", self.work)
        self.set(self.pending, INT64(0))


def build_drain(module: ir.Module) -> None:
    """`drain(work)`: mark all that the pending objects refer to."""
    f = _Marking(module, "drain")
    f.function.linkage = "internal"
    f.function.attributes.add("noinline")
    f.set(f.pending, f.given(Work.PENDING))
    live, end = (f.variable(f.given(word)) for word in (Work.LIVE, Work.END))

    queue = _Queue(f)
    f.loop(lambda: f.b.not_(f.is_zero(f.b.or_(f.get(f.pending), f.get(queue.waiting)))),
           lambda: _next(f, queue, live, end))
    f.note(Work.LIVE, f.get(live))
    f.note(Work.END, f.get(end))
    f.b.ret_void()


class _Queue:
    """References on their way from the stack: what they refer to is fetched into the cache while
    others are looked into. `waiting` is how many there are, `at` where the next one goes."""

    def __init__(self, f: _Marking) -> None:
        with f.b.goto_entry_block():
            self.places = f.b.alloca(INT64, size=_AHEAD)
        f.clear(self.places, INT64(8 * _AHEAD))
        self.waiting, self.at = f.variable(INT64(0)), f.variable(INT64(0))


def _next(f: _Marking, queue: _Queue, live: Value, end: Value) -> None:
    """Put a reference from the stack (or none) into the queue, look into the one it replaces."""
    place = f.b.gep(queue.places, [f.get(queue.at)], source_etype=INT64)
    offset = f.b.load(place, typ=INT64)
    f.set(queue.at, f.b.and_(f.b.add(f.get(queue.at), INT64(1)), INT64(_AHEAD - 1)))
    new = f.variable(INT64(0))
    with f.when(f.b.not_(f.is_zero(f.get(f.pending)))):
        f.set(f.pending, f.b.sub(f.get(f.pending), INT64(1)))
        entry = f.load(f.marks, f.b.shl(f.get(f.pending), INT64(2)), INT32)
        f.set(new, f.b.shl(entry, INT64(3)))
        f.set(queue.waiting, f.b.add(f.get(queue.waiting), INT64(1)))
        f.prefetch(f.at(f.heap, f.get(new)))
    f.b.store(f.get(new), place)
    with f.when(f.b.not_(f.is_zero(offset))):
        f.set(queue.waiting, f.b.sub(f.get(queue.waiting), INT64(1)))
        header = f.load(f.heap, offset)
        with f.when(f.is_zero(f.b.and_(header, INT64(TYPE_MARK)))):
            f.put(f.heap, offset, f.b.or_(header, INT64(TYPE_MARK)))
            size = _look_into(f, offset, header)
            f.set(live, f.b.add(f.get(live), size))
            behind = f.b.add(offset, size)
            further = f.under(f.get(end), behind)
            f.set(end, f.b.select(further, behind, f.get(end)))


def _look_into(f: _Marking, offset: Value, header: Value) -> Value:
    """Mark what an object refers to; returns its size."""
    length = f.b.lshr(header, INT64(32))
    record = f.record(f.records, f.b.and_(header, INT64(TYPE_NUMBER)))
    refs = f.ref_map(f.maps, record)
    size = f.variable(f.b.shl(length, INT64(3)))
    kind = f.load(record, INT64(TypeRec.KIND), INT32)
    with f.b.if_else(f.b.icmp_unsigned("==", kind, INT64(ARRAY))) as (array, other):
        with array:
            f.set(size, f.array_size(record, length))
            with f.when(f.b.not_(f.is_zero(f.load(refs, INT64(RefMap.TRACED), INT32)))):
                f.mark_words(f.at(f.heap, f.b.add(offset, INT64(OBJECT_HEADER))), length)
        with other:
            f.mark_listed(f.at(f.heap, offset), refs)
    return f.get(size)


def build_mark_span(module: ir.Module) -> None:
    """`mark_span(work)`: B references side by side at the address A, and all behind them."""
    f = _Marking(module, "mark_span")
    f.mark_words(f.given(Work.A, PTR), f.given(Work.B))
    f.hand_over()
    f.b.ret_void()


def build_mark_at(module: ir.Module) -> None:
    """`mark_at(work)`: the references that the map at address B finds from address A on."""
    f = _Marking(module, "mark_at")
    f.mark_listed(f.given(Work.A, PTR), f.given(Work.B, PTR))
    f.hand_over()
    f.b.ret_void()


def build_mark_frames(module: ir.Module) -> None:
    """`i64 mark_frames(work)`: the references in a frame and in all that it was called by.

    A is the key of its reference map: the address of the word that executes next, or 8 less than
    where a called frame returns to. B is the frame's address, C its function's number. Returns 0,
    or the key of a map that there is none for yet: with the map, call again to go on there.
    """
    f = _Marking(module, "mark_frames", INT64)
    key, fp, func = (f.variable(f.given(w)) for w in (Work.A, Work.B, Work.C))
    frame_maps, arena = f.given(Work.FRAME_MAPS, PTR), f.given(Work.ARENA)
    funcs = f.given(Work.FUNCS, PTR)

    def record(number: Value) -> Value:
        return f.at(funcs, f.b.mul(number, INT64(FuncRec.SIZE)))

    def one() -> None:
        number = f.load(frame_maps, f.b.sub(f.get(key), arena), INT32)
        with f.when(f.is_zero(number)):
            for word, place in ((Work.A, key), (Work.B, fp), (Work.C, func)):
                f.note(word, f.get(place))
            f.hand_over()
            f.b.ret(f.get(key))
        frame = f.b.inttoptr(f.get(fp), PTR)
        f.mark_listed(frame, f.at(f.maps, f.b.shl(number, INT64(2))))
        header = f.at(frame, f.load(record(f.get(func)), INT64(FuncRec.HEADER), INT32))
        caller = f.load(header, INT64(Header.CALLER), INT32)
        with f.when(f.is_zero(caller)):
            f.hand_over()
            f.b.ret(INT64(0))
        back = f.b.add(f.load(record(caller), INT64(FuncRec.CODE)),
                       f.load(header, INT64(Header.RETURN), INT32))
        f.set(key, f.b.sub(back, INT64(8)))
        f.set(fp, f.b.sub(f.get(fp), f.load(header, INT64(Header.DELTA), INT32)))
        f.set(func, caller)

    f.loop(lambda: BIT(1), one)
    f.b.ret(INT64(0))
