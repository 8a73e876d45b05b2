"""What native helpers are written with, and one that compares pages. Plain C functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llvmlite import ir

from gabagool.native.ir_types import BYTE, INT32, INT64, PTR, VOID, Value


class Body:
    """A function under construction, with the few statements helpers need."""

    def __init__(self, module: ir.Module, name: str, result: ir.Type,
                 params: Sequence[ir.Type] = (PTR,)) -> None:
        self.function = ir.Function(module, ir.FunctionType(result, params), name)
        self.b = ir.IRBuilder(self.function.append_basic_block())

    def at(self, base: Value, offset: Value) -> Value:
        return self.b.gep(base, [offset], source_etype=BYTE)

    def load(self, base: Value, offset: Value, t: ir.Type = INT64) -> Value:
        value = self.b.load(self.at(base, offset), typ=t, align=1)
        return self.b.zext(value, INT64) if isinstance(t, ir.IntType) and t.width < 64 else value

    def variable(self, initial: Value) -> Value:
        with self.b.goto_entry_block():
            place = self.b.alloca(INT64)
        self.b.store(initial, place)
        return place

    def get(self, place: Value) -> Value:
        return self.b.load(place, typ=INT64)

    def loop(self, condition: Callable[[], Value], body: Callable[[], None]) -> None:
        head, inside, rest = (self.function.append_basic_block() for _ in range(3))
        self.b.branch(head)
        self.b.position_at_end(head)
        self.b.cbranch(condition(), inside, rest)
        self.b.position_at_end(inside)
        body()
        self.b.branch(head)
        self.b.position_at_end(rest)


def copy_bytes(f: Body, to: Value, source: Value, size: Value) -> None:
    """Statement: copy `size` bytes that don't overlap."""
    module, bit = f.function.module, ir.IntType(1)
    name = "llvm.memcpy.p0.p0.i64"
    callee = module.globals.get(name) or ir.Function(
        module, ir.FunctionType(VOID, [PTR, PTR, INT64, bit]), name)
    f.b.call(callee, [to, source, size, bit(0)])


def build_page_diff(module: ir.Module) -> None:
    """`i64 page_diff(args)`, args: i64[5] = left, right, pages, words per page, out.

    Writes the numbers of the pages that differ to `out` (u32 each), copies them from left to
    right, and returns how many there are.
    """
    f = Body(module, "page_diff", INT64)
    array = f.function.args[0]
    left, right, pages, words, out = (
        f.load(array, INT64(8 * i), t) for i, t in enumerate((PTR, PTR, INT64, INT64, PTR)))
    page, found = f.variable(INT64(0)), f.variable(INT64(0))
    word, difference = f.variable(INT64(0)), f.variable(INT64(0))

    def compare() -> None:
        """Eight words at a time: the branch per block is what costs."""
        base = f.b.add(f.b.mul(f.get(page), words), f.get(word))
        total: Value = INT64(0)
        for i in range(8):
            at = f.b.shl(f.b.add(base, INT64(i)), INT64(3))
            total = f.b.or_(total, f.b.xor(f.load(left, at), f.load(right, at)))
        f.b.store(total, difference)
        f.b.store(f.b.add(f.get(word), INT64(8)), word)

    def undecided() -> Value:
        same = f.b.icmp_unsigned("==", f.get(difference), INT64(0))
        return f.b.and_(same, f.b.icmp_unsigned("<", f.get(word), words))

    def one_page() -> None:
        f.b.store(INT64(0), word)
        f.b.store(INT64(0), difference)
        f.loop(undecided, compare)
        with f.b.if_then(f.b.icmp_unsigned("!=", f.get(difference), INT64(0))):
            _note_page(f, left, right, words, page, found, out)
        f.b.store(f.b.add(f.get(page), INT64(1)), page)

    f.loop(lambda: f.b.icmp_unsigned("<", f.get(page), pages), one_page)
    f.b.ret(f.get(found))


def _note_page(f: Body, left: Value, right: Value, words: Value, page: Value, found: Value,
               out: Value) -> None:
    f.b.store(f.b.trunc(f.get(page), INT32), f.at(out, f.b.shl(f.get(found), INT64(2))), align=4)
    f.b.store(f.b.add(f.get(found), INT64(1)), found)
    size = f.b.shl(words, INT64(3))
    start = f.b.mul(f.get(page), size)
    copy_bytes(f, f.at(right, start), f.at(left, start), size)
