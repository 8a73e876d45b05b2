"""The garbage collector's native part: marking, sweeping, and finding room (DESIGN 4, GC heap).

Mark and sweep without moving. What is reachable is marked from a stack of its own, so a list of a
million nodes is no deeper than one of two. Everything depends on the bytes of the heap and the
roots alone: the same program has the same heap at the same step, however it was brought there.

The functions get the address of a `layout.Work` block, except `allocate`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from llvmlite import ir

from gabagool.native.helpers import Body
from gabagool.native.ir_types import BIT, BYTE, INT32, INT64, PTR, VOID, Value
from gabagool.native.layout import (
    OBJECT_HEADER,
    TYPE_FREE,
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

SMALL = 256        # bytes of an object that free chunks smaller than it are passed over for


class HeapBody(Body):
    """A function under construction, with what those over the heap need."""

    def __init__(self, module: ir.Module, name: str, result: ir.Type = VOID,
                 types: tuple[ir.Type, ...] = (PTR,)) -> None:
        super().__init__(module, name, result, types)
        self.args = self.function.args
        self.work = self.args[0]

    def given(self, word: Work, t: ir.Type = INT64) -> Value:
        return self.load(self.work, INT64(word), t)

    def note(self, word: Work, value: Value) -> None:
        self.put(self.work, INT64(word), value)

    def put(self, base: Value, offset: Value, value: Value) -> None:
        self.b.store(value, self.at(base, offset), align=1)

    def set(self, place: Value, value: Value) -> None:
        self.b.store(value, place)

    def is_zero(self, value: Value) -> Value:
        return self.b.icmp_unsigned("==", value, INT64(0))

    def under(self, left: Value, right: Value) -> Value:
        return self.b.icmp_unsigned("<", left, right)

    @contextmanager
    def when(self, condition: Value) -> Iterator[None]:
        with self.b.if_then(condition):
            yield

    def call(self, name: str, *args: Value) -> Value:
        return self.b.call(self.function.module.globals[name], args)

    def clear(self, address: Value, size: Value) -> None:
        name = "llvm.memset.p0.i64"
        module = self.function.module
        callee = module.globals.get(name) or ir.Function(
            module, ir.FunctionType(VOID, [PTR, BYTE, INT64, BIT]), name)
        self.b.call(callee, [address, BYTE(0), size, BIT(0)])

    def chunk(self, base: Value, start: Value, size: Value) -> None:
        """Write the header of a free chunk."""
        self.put(base, start, self.b.or_(INT64(TYPE_FREE),
                                         self.b.shl(self.b.lshr(size, INT64(3)), INT64(32))))

    def chunk_size(self, base: Value, start: Value) -> Value:
        return self.b.shl(self.load(base, self.b.add(start, INT64(4)), INT32), INT64(3))

    def link(self, chunk: Value) -> Value:
        """Offset of a free chunk's link to the next."""
        return self.b.add(chunk, INT64(OBJECT_HEADER))

    def size_of(self, records: Value, header: Value) -> Value:
        """The size in bytes of the object with this header, whose mark is ignored."""
        number = self.b.and_(header, INT64(0xFFFFFFFF & ~TYPE_MARK))
        length = self.b.lshr(header, INT64(32))
        size = self.variable(self.b.shl(length, INT64(3)))
        with self.when(self.under(number, INT64(TYPE_FREE))):
            record = self.record(records, number)
            kind = self.load(record, INT64(TypeRec.KIND), INT32)
            with self.when(self.b.icmp_unsigned("==", kind, INT64(ARRAY))):
                width = self.load(record, INT64(TypeRec.LENGTH), INT32)
                bytes_ = self.b.shl(length, width)
                padded = self.b.and_(self.b.add(bytes_, INT64(OBJECT_HEADER + 7)), INT64(-8))
                self.set(size, padded)
        return self.get(size)

    def ref_map(self, maps: Value, record: Value) -> Value:
        return self.at(maps, self.b.shl(self.load(record, INT64(TypeRec.REFS), INT32), INT64(2)))

    def record(self, records: Value, number: Value) -> Value:
        return self.at(records, self.b.mul(number, INT64(TypeRec.SIZE)))

    def cells(self, start: Value, end: Value, visit: Callable[[Value], Value]) -> None:
        """Visit the cells from offset `start` to `end`; `visit` returns the size of its cell."""
        at = self.variable(start)
        self.loop(lambda: self.under(self.get(at), end),
                  lambda: self.set(at, self.b.add(self.get(at), visit(self.get(at)))))


def build() -> ir.Module:
    """The collector's module."""
    module = ir.Module("gabagool.collector")
    _build_allocate(module)
    _build_extend(module)
    _build_mark_one(module)
    _build_mark_words(module)
    _build_mark_listed(module)
    _build_drain(module)
    _build_mark_span(module)
    _build_mark_at(module)
    _build_mark_frames(module)
    _build_sweep(module)
    return module


# -- room ------------------------------------------------------------------------------------

def _build_allocate(module: ir.Module) -> None:
    """`i64 allocate(heap, size)`: the offset of so many zeroed bytes, 0 if no hole has them.

    Small objects fill one hole after another in the order of their addresses; what is left of a
    hole, and holes that are too small, have to wait for the next collection. A large one gets the
    first chunk that it fits in.
    """
    f = HeapBody(module, "allocate", INT64, (PTR, INT64))
    heap, size = f.args
    cursor, limit = (f.load(heap, INT64(w)) for w in (HeapWord.CURSOR, HeapWord.LIMIT))
    end = f.b.add(cursor, size)
    with f.when(f.b.icmp_unsigned("<=", end, limit)):
        f.put(heap, INT64(HeapWord.CURSOR), end)
        f.b.ret(cursor)
    with f.when(f.b.icmp_unsigned("<=", size, INT64(SMALL))):
        _fill_next(f, heap, size, cursor, limit)
    _first_fit(f, heap, size)


def _retire(f: HeapBody, heap: Value, cursor: Value, limit: Value) -> None:
    """Nothing is being filled any more."""
    with f.when(f.under(cursor, limit)):
        f.chunk(heap, cursor, f.b.sub(limit, cursor))
    for word in (HeapWord.CURSOR, HeapWord.LIMIT):
        f.put(heap, INT64(word), INT64(0))


def _fill_next(f: HeapBody, heap: Value, size: Value, cursor: Value, limit: Value) -> None:
    """Begin to fill the next hole that is large enough, and return; or return 0."""
    _retire(f, heap, cursor, limit)
    hole = f.variable(f.load(heap, INT64(HeapWord.HOLES)))

    def look() -> None:
        here = f.get(hole)
        length = f.chunk_size(heap, here)
        following = f.load(heap, f.link(here))
        f.put(heap, f.link(here), INT64(0))
        with f.when(f.b.icmp_unsigned(">=", length, size)):
            f.put(heap, here, INT64(0))
            f.put(heap, INT64(HeapWord.HOLES), following)
            f.put(heap, INT64(HeapWord.CURSOR), f.b.add(here, size))
            f.put(heap, INT64(HeapWord.LIMIT), f.b.add(here, length))
            f.b.ret(here)
        f.set(hole, following)

    f.loop(lambda: f.b.not_(f.is_zero(f.get(hole))), look)
    f.put(heap, INT64(HeapWord.HOLES), INT64(0))
    f.b.ret(INT64(0))


def _first_fit(f: HeapBody, heap: Value, size: Value) -> None:
    """Take the start of the first chunk that is large enough; its rest stays in its place."""
    place = f.variable(INT64(HeapWord.HOLES))      # where the link to the chunk is

    def look() -> None:
        here = f.load(heap, f.get(place))
        length = f.chunk_size(heap, here)
        following = f.load(heap, f.link(here))
        with f.when(f.b.icmp_unsigned(">=", length, size)):
            _split(f, heap, here, size, f.b.sub(length, size), f.get(place), following)
            f.b.ret(here)
        f.set(place, f.link(here))

    f.loop(lambda: f.b.not_(f.is_zero(f.load(heap, f.get(place)))), look)
    f.b.ret(INT64(0))


def _split(f: HeapBody, heap: Value, here: Value, size: Value, rest: Value, place: Value,
           following: Value) -> None:
    for at in (here, f.link(here)):
        f.put(heap, at, INT64(0))
    f.put(heap, place, following)
    behind = f.b.add(here, size)
    with f.when(f.b.not_(f.is_zero(rest))):
        f.chunk(heap, behind, rest)
    with f.when(f.b.icmp_unsigned(">", rest, INT64(OBJECT_HEADER))):
        f.put(heap, f.link(behind), following)
        f.put(heap, place, behind)


def _build_extend(module: ir.Module) -> None:
    """`extend(work)`: what lies between the offsets A and B, zeros, becomes the last chunk."""
    f = HeapBody(module, "extend")
    heap, start, end = f.given(Work.HEAP, PTR), f.given(Work.A), f.given(Work.B)
    place = f.variable(INT64(HeapWord.HOLES))
    f.loop(lambda: f.b.not_(f.is_zero(f.load(heap, f.get(place)))),
           lambda: f.set(place, f.link(f.load(heap, f.get(place)))))
    f.chunk(heap, start, f.b.sub(end, start))
    f.put(heap, f.get(place), start)
    f.b.ret_void()


# -- marking ---------------------------------------------------------------------------------

def _build_mark_one(module: ir.Module) -> None:
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


def _build_mark_words(module: ir.Module) -> None:
    """`mark_words(work, address, count)`: references side by side."""
    f = HeapBody(module, "mark_words", VOID, (PTR, PTR, INT64))
    f.function.linkage = "internal"
    _, address, count = f.args
    with repeat(f, count) as i:
        f.call("mark_one", f.work, f.load(address, f.b.shl(i, INT64(3))))
    f.b.ret_void()


def _build_mark_listed(module: ir.Module) -> None:
    """`mark_listed(work, base, map)`: references where a reference map says."""
    f = HeapBody(module, "mark_listed", VOID, (PTR, PTR, PTR))
    f.function.linkage = "internal"
    _, base, refs = f.args
    with repeat(f, f.load(refs, INT64(RefMap.TRACED), INT32)) as i:
        entry = f.b.add(INT64(RefMap.LIST), f.b.mul(i, INT64(RefMap.ENTRY)))
        f.call("mark_one", f.work, f.load(base, f.load(refs, entry, INT32)))
    f.b.ret_void()


@contextmanager
def repeat(f: HeapBody, count: Value) -> Iterator[Value]:
    """A loop over i = 0 … count - 1; the block gets i."""
    i = f.variable(INT64(0))
    head, inside, rest = (f.function.append_basic_block() for _ in range(3))
    f.b.branch(head)
    f.b.position_at_end(head)
    f.b.cbranch(f.under(f.get(i), count), inside, rest)
    f.b.position_at_end(inside)
    yield f.get(i)
    f.set(i, f.b.add(f.get(i), INT64(1)))
    f.b.branch(head)
    f.b.position_at_end(rest)


def _build_drain(module: ir.Module) -> None:
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


def _build_mark_span(module: ir.Module) -> None:
    """`mark_span(work)`: B references side by side at the address A, and all behind them."""
    f = HeapBody(module, "mark_span")
    f.call("mark_words", f.work, f.given(Work.A, PTR), f.given(Work.B))
    f.call("drain", f.work)
    f.b.ret_void()


def _build_mark_at(module: ir.Module) -> None:
    """`mark_at(work)`: the references that the map at address B finds from address A on."""
    f = HeapBody(module, "mark_at")
    f.call("mark_listed", f.work, f.given(Work.A, PTR), f.given(Work.B, PTR))
    f.call("drain", f.work)
    f.b.ret_void()


def _build_mark_frames(module: ir.Module) -> None:
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


# -- sweeping --------------------------------------------------------------------------------

class _Sweep:
    """Puts runs of free cells together: `free` is where the run in hand starts, `dirty` where its
    last objects do that have not been zeroed; 0 for none. `tail` is where the next link goes."""

    def __init__(self, f: HeapBody, heap: Value) -> None:
        self.f, self.heap = f, heap
        self.free, self.dirty = f.variable(INT64(0)), f.variable(INT64(0))
        self.tail = f.variable(INT64(HeapWord.HOLES))

    def begin(self, place: Value, at: Value) -> None:
        f = self.f
        with f.when(f.is_zero(f.get(place))):
            f.set(place, at)

    def clean(self, end: Value) -> None:
        """Zero the dead objects up to here."""
        f = self.f
        start = f.get(self.dirty)
        with f.when(f.b.not_(f.is_zero(start))):
            f.clear(f.at(self.heap, start), f.b.sub(end, start))
            f.set(self.dirty, INT64(0))

    def close(self, end: Value) -> None:
        """The run in hand, if there is one, ends here."""
        f = self.f
        start = f.get(self.free)
        with f.when(f.b.and_(f.b.not_(f.is_zero(start)), f.under(start, end))):
            size = f.b.sub(end, start)
            f.chunk(self.heap, start, size)
            with f.when(f.b.icmp_unsigned(">", size, INT64(OBJECT_HEADER))):
                f.put(self.heap, f.get(self.tail), start)
                f.set(self.tail, f.link(start))
        f.set(self.free, INT64(0))


def _build_sweep(module: ir.Module) -> None:
    """`sweep(work)`: what is not marked becomes free chunks of zeros, marks go.

    A is where the heap ends now, B where it is to end: no earlier than the last marked object.
    Between the two there are, or will be, zeros.
    """
    f = HeapBody(module, "sweep")
    heap, records = f.given(Work.HEAP, PTR), f.given(Work.RECORDS, PTR)
    old, new = f.given(Work.A), f.given(Work.B)
    _retire(f, heap, *(f.load(heap, INT64(w)) for w in (HeapWord.CURSOR, HeapWord.LIMIT)))
    f.put(heap, INT64(HeapWord.HOLES), INT64(0))
    state = _Sweep(f, heap)

    def visit(at: Value) -> Value:
        header = f.load(heap, at)
        size = f.size_of(records, header)
        with f.b.if_else(f.is_zero(f.b.and_(header, INT64(TYPE_MARK)))) as (dead, live):
            with live:
                state.clean(at)
                state.close(at)
                f.put(heap, at, f.b.and_(header, INT64(~TYPE_MARK)))
            with dead:
                state.begin(state.free, at)
                _sweep_dead(f, heap, state, at, header)
        return size

    f.cells(INT64(HeapWord.FIRST), old, visit)
    state.clean(old)
    with f.when(f.under(old, new)):
        state.begin(state.free, old)
    state.close(new)
    f.put(heap, INT64(HeapWord.LIVE), f.given(Work.LIVE))
    count = f.load(heap, INT64(HeapWord.COLLECTIONS))
    f.put(heap, INT64(HeapWord.COLLECTIONS), f.b.add(count, INT64(1)))
    f.b.ret_void()


def _sweep_dead(f: HeapBody, heap: Value, state: _Sweep, at: Value, header: Value) -> None:
    """A free chunk has only its header and link to lose; an object waits for its neighbours."""
    number = f.b.and_(header, INT64(0xFFFFFFFF))
    with f.b.if_else(f.b.icmp_unsigned("==", number, INT64(TYPE_FREE))) as (chunk, dead):
        with chunk:
            state.clean(at)
            with f.when(f.b.icmp_unsigned(">", f.b.lshr(header, INT64(32)), INT64(1))):
                f.put(heap, f.link(at), INT64(0))
            f.put(heap, at, INT64(0))
        with dead:
            state.begin(state.dirty, at)
