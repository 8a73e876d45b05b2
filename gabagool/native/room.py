"""Finding room in the heap, native: the next hole, the first that fits, a longer heap."""

from __future__ import annotations

from llvmlite import ir

from gabagool.native.heapbody import HeapBody
from gabagool.native.ir_types import INT64, PTR, Value
from gabagool.native.layout import OBJECT_HEADER, HeapWord, Work

SMALL = 256        # bytes of an object that free chunks smaller than it are passed over for


def build_allocate(module: ir.Module) -> ir.Function:
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
    return f.function


def retire(f: HeapBody, heap: Value, cursor: Value, limit: Value) -> None:
    """Nothing is being filled any more."""
    with f.when(f.under(cursor, limit)):
        f.chunk(heap, cursor, f.b.sub(limit, cursor))
    for word in (HeapWord.CURSOR, HeapWord.LIMIT):
        f.put(heap, INT64(word), INT64(0))


def _fill_next(f: HeapBody, heap: Value, size: Value, cursor: Value, limit: Value) -> None:
    """Begin to fill the next hole that is large enough, and return; or return 0."""
    retire(f, heap, cursor, limit)
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


def build_extend(module: ir.Module) -> None:
    """`extend(work)`: what lies between the offsets A and B, zeros, becomes the last chunk."""
    f = HeapBody(module, "extend")
    heap, start, end = f.given(Work.HEAP, PTR), f.given(Work.A), f.given(Work.B)
    place = f.variable(INT64(HeapWord.HOLES))
    f.loop(lambda: f.b.not_(f.is_zero(f.load(heap, f.get(place)))),
           lambda: f.set(place, f.link(f.load(heap, f.get(place)))))
    f.chunk(heap, start, f.b.sub(end, start))
    f.put(heap, f.get(place), start)
    f.b.ret_void()
