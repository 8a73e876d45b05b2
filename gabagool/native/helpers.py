"""Native helpers: threading lowered code, comparing pages. Plain C functions over addresses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llvmlite import ir

from gabagool.native.descriptors import Desc
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


def build_thread(module: ir.Module) -> None:
    """`thread(args)`, args: i64[8] = target, source, length, descs, handlers, maps, trie, accept.

    Copies `length` bytes of words, puts handler addresses in place of form numbers, translates
    fields through maps (i32 arrays), then lets the longest fused handler take each word whose
    successors allow it. Words inside a fused sequence stay complete: a branch may land on them.
    """
    f = Body(module, "thread", VOID)
    target, source, length, descs, handlers, maps, trie, accept = _arguments(f, 8)
    at = f.variable(INT64(0))
    f.loop(lambda: f.b.icmp_unsigned("<", f.get(at), length),
           lambda: _thread_word(f, at, target, source, descs, handlers, maps))
    f.b.store(INT64(0), at)
    f.loop(lambda: f.b.icmp_unsigned("<", f.get(at), length),
           lambda: _fuse_word(f, at, target, source, length, descs, handlers, trie, accept))
    f.b.ret_void()


def _arguments(f: Body, count: int) -> list[Value]:
    array = f.function.args[0]
    kinds = {2}
    return [f.load(array, INT64(8 * i), INT64 if i in kinds else PTR) for i in range(count)]


def _desc(f: Body, descs: Value, source: Value, at: Value) -> Value:
    form = f.load(source, at, INT32)
    return f.at(descs, f.b.mul(form, INT64(Desc.BYTES)))


def _thread_word(f: Body, at: Value, target: Value, source: Value, descs: Value,
                 handlers: Value, maps: Value) -> None:
    here = f.get(at)
    desc = _desc(f, descs, source, here)
    size = f.load(desc, INT64(Desc.SIZE), ir.IntType(16))
    i = f.variable(INT64(8))

    def copy() -> None:
        place = f.b.add(here, f.get(i))
        f.b.store(f.load(source, place), f.at(target, place), align=8)
        f.b.store(f.b.add(f.get(i), INT64(8)), i)

    f.loop(lambda: f.b.icmp_unsigned("<", f.get(i), size), copy)
    number = f.load(source, here, INT32)
    handler = f.load(handlers, f.b.shl(number, INT64(3)))
    f.b.store(handler, f.at(target, here), align=8)
    count = f.load(desc, INT64(Desc.COUNT), ir.IntType(16))
    f.b.store(INT64(0), i)

    def patch() -> None:
        entry = f.at(desc, f.b.add(INT64(Desc.PATCH), f.b.shl(f.get(i), INT64(2))))
        place = f.b.add(here, f.load(entry, INT64(0), ir.IntType(16)))
        table = f.load(maps, f.b.shl(f.load(entry, INT64(2), ir.IntType(16)), INT64(3)), PTR)
        index = f.load(source, place, INT32)
        value = f.load(table, f.b.shl(index, INT64(2)), INT32)
        f.b.store(f.b.trunc(value, INT32), f.at(target, place), align=4)
        f.b.store(f.b.add(f.get(i), INT64(1)), i)

    f.loop(lambda: f.b.icmp_unsigned("<", f.get(i), count), patch)
    f.b.store(f.b.add(here, size), at)


def _fuse_word(f: Body, at: Value, target: Value, source: Value, length: Value, descs: Value,
               handlers: Value, trie: Value, accept: Value) -> None:
    """Walk the trie from this word; `trie` is u16[state][form], `accept` u16[state]."""
    here = f.get(at)
    state, place, best = (f.variable(v) for v in (INT64(1), here, INT64(0)))

    def advance() -> None:
        form = f.load(source, f.get(place), INT32)
        width = f.load(trie, INT64(0), ir.IntType(16))
        cell = f.b.add(f.b.mul(f.get(state), width), form)
        following = f.load(trie, f.b.shl(cell, INT64(1)), ir.IntType(16))
        f.b.store(following, state)
        found = f.load(accept, f.b.shl(following, INT64(1)), ir.IntType(16))
        better = f.b.icmp_unsigned("!=", found, INT64(0))
        f.b.store(f.b.select(better, found, f.get(best)), best)
        size = f.load(_desc(f, descs, source, f.get(place)), INT64(Desc.SIZE), ir.IntType(16))
        f.b.store(f.b.add(f.get(place), size), place)

    def more() -> Value:
        alive = f.b.icmp_unsigned("!=", f.get(state), INT64(0))
        return f.b.and_(alive, f.b.icmp_unsigned("<", f.get(place), length))

    f.loop(more, advance)
    with f.b.if_then(f.b.icmp_unsigned("!=", f.get(best), INT64(0))):
        handler = f.load(handlers, f.b.shl(f.get(best), INT64(3)))
        f.b.store(handler, f.at(target, here), align=8)
    size = f.load(_desc(f, descs, source, here), INT64(Desc.SIZE), ir.IntType(16))
    f.b.store(f.b.add(here, size), at)


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
    module = f.function.module
    name = "llvm.memcpy.p0.p0.i64"
    bit = ir.IntType(1)
    callee = module.globals.get(name) or ir.Function(
        module, ir.FunctionType(VOID, [PTR, PTR, INT64, bit]), name)
    f.b.call(callee, [f.at(right, start), f.at(left, start), size, bit(0)])
