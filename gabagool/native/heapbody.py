"""Functions over the heap under construction: what the parts of the collector share."""

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
    HeapWord,
    TypeRec,
    Work,
)
from gabagool.types import ARRAY


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
                self.set(size, self.array_size(record, length))
        return self.get(size)

    def array_size(self, record: Value, length: Value) -> Value:
        bytes_ = self.b.shl(length, self.load(record, INT64(TypeRec.LENGTH), INT32))
        return self.b.and_(self.b.add(bytes_, INT64(OBJECT_HEADER + 7)), INT64(-8))

    def ref_map(self, maps: Value, record: Value) -> Value:
        return self.at(maps, self.b.shl(self.load(record, INT64(TypeRec.REFS), INT32), INT64(2)))

    def record(self, records: Value, number: Value) -> Value:
        return self.at(records, self.b.mul(number, INT64(TypeRec.SIZE)))

    def cells(self, start: Value, end: Value, visit: Callable[[Value], Value]) -> None:
        """Visit the cells from offset `start` to `end`; `visit` returns the size of its cell."""
        at = self.variable(start)
        self.loop(lambda: self.under(self.get(at), end),
                  lambda: self.set(at, self.b.add(self.get(at), visit(self.get(at)))))

    def objects(self, end: Value, visit: Callable[[Value, Value, Value], None]) -> None:
        """Visit the objects of a well-formed heap up to offset `end`: offset, header and size."""
        heap, records = self.given(Work.HEAP, PTR), self.given(Work.RECORDS, PTR)
        cursor, limit = (self.load(heap, INT64(w)) for w in (HeapWord.CURSOR, HeapWord.LIMIT))

        def cell(at: Value) -> Value:
            size = self.variable(self.b.sub(limit, at))
            filling = self.b.and_(self.under(cursor, limit),
                                  self.b.icmp_unsigned("==", at, cursor))
            with self.when(self.b.not_(filling)):
                header = self.load(heap, at)
                self.set(size, self.size_of(records, header))
                number = self.b.and_(header, INT64(0xFFFFFFFF))
                with self.when(self.b.icmp_unsigned("!=", number, INT64(TYPE_FREE))):
                    visit(at, header, self.get(size))
            return self.get(size)

        self.cells(INT64(HeapWord.FIRST), end, cell)

    @contextmanager
    def repeat(self, count: Value) -> Iterator[Value]:
        """A loop over i = 0 … count - 1; the block gets i."""
        i = self.variable(INT64(0))
        head, inside, rest = (self.function.append_basic_block() for _ in range(3))
        self.b.branch(head)
        self.b.position_at_end(head)
        self.b.cbranch(self.under(self.get(i), count), inside, rest)
        self.b.position_at_end(inside)
        yield self.get(i)
        self.set(i, self.b.add(self.get(i), INT64(1)))
        self.b.branch(head)
        self.b.position_at_end(rest)
