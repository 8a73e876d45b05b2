"""Sweeping, native: what is not marked becomes free chunks."""

from __future__ import annotations

from llvmlite import ir

from gabagool.native.heapbody import HeapBody
from gabagool.native.ir_types import INT64, PTR, Value
from gabagool.native.layout import OBJECT_HEADER, TYPE_FREE, TYPE_MARK, HeapWord, Work
from gabagool.native.room import retire


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


def build_sweep(module: ir.Module) -> None:
    """`sweep(work)`: what is not marked becomes free chunks of zeros, marks go.

    A is where the heap ends now, B where it is to end: no earlier than the last marked object.
    Between the two there are, or will be, zeros.
    """
    f = HeapBody(module, "sweep")
    heap, records = f.given(Work.HEAP, PTR), f.given(Work.RECORDS, PTR)
    old, new = f.given(Work.A), f.given(Work.B)
    retire(f, heap, *(f.load(heap, INT64(w)) for w in (HeapWord.CURSOR, HeapWord.LIMIT)))
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
