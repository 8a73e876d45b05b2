"""Threading: native code that makes lowered code ready to run. Plain C functions over addresses."""

from __future__ import annotations

from llvmlite import ir

from gabagool.native.descriptors import MAP_KINDS, Desc, KeptRow
from gabagool.native.helpers import Body, copy_bytes
from gabagool.native.ir_types import INT32, INT64, PTR, VOID, Value
from gabagool.native.layout import FuncRec

_LENGTH, _COUNT = 2, 9       # arguments that are no addresses
_ARGUMENTS = 8


def build_thread(module: ir.Module) -> None:
    """`thread(args)`, args: i64[8] = target, source, length, descs, handlers, maps, trie, accept.

    Copies `length` bytes of words, puts handler addresses in place of form numbers, translates
    fields through maps (i32 arrays), then lets the longest fused handler take each word whose
    successors allow it. Words inside a fused sequence stay complete: a branch may land on them.
    """
    f = Body(module, "thread", VOID)
    target, source, length, descs, handlers, maps, trie, accept = _arguments(f, _ARGUMENTS)
    at = f.variable(INT64(0))
    f.loop(lambda: f.b.icmp_unsigned("<", f.get(at), length),
           lambda: _thread_word(f, at, target, source, descs, handlers, maps))
    f.b.store(INT64(0), at)
    f.loop(lambda: f.b.icmp_unsigned("<", f.get(at), length),
           lambda: _fuse_word(f, at, target, source, length, descs, handlers, trie, accept))
    f.b.ret_void()


def _arguments(f: Body, count: int) -> list[Value]:
    array = f.function.args[0]
    numbers = {_LENGTH, _COUNT}
    return [f.load(array, INT64(8 * i), INT64 if i in numbers else PTR) for i in range(count)]


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


def build_thread_kept(module: ir.Module) -> None:
    """`thread_kept(args)`, args: those of `thread`, then rows, their number, function records.

    Threads functions of kept code one after another (see `KeptRow`): `target` and `source` are
    where the code of all begins, `length` is not used; all three are changed. Branch tables are
    copied, and each function's record says where it is.
    """
    f = Body(module, "thread_kept", VOID)
    target, source, *tables, rows, count, records = _arguments(f, _ARGUMENTS + 3)
    given = f.function.args[0]
    funcs, own = (f.load(tables[3], INT64(8 * MAP_KINDS.index(kind)), PTR)
                  for kind in ("func", "self"))
    number = f.variable(INT64(0))

    def one() -> None:
        row = f.at(rows, f.b.mul(f.get(number), INT64(KeptRow.BYTES)))
        funcidx, at, length, size = (
            f.load(row, INT64(field), INT32)
            for field in (KeptRow.FUNCIDX, KeptRow.AT, KeptRow.LENGTH, KeptRow.SIZE))
        address = f.load(funcs, f.b.shl(funcidx, INT64(2)), INT32)
        f.b.store(f.b.trunc(address, INT32), own, align=4)
        to, code = f.at(target, at), f.at(source, at)
        for i, value in enumerate((to, code, length)):
            f.b.store(value, f.at(given, INT64(8 * i)))
        f.b.call(module.globals["thread"], [given])
        copy_bytes(f, f.at(to, length), f.at(code, length), f.b.sub(size, length))
        _publish(f, f.at(records, f.b.mul(address, INT64(FuncRec.SIZE))), row, to)
        f.b.store(f.b.add(f.get(number), INT64(1)), number)

    f.loop(lambda: f.b.icmp_unsigned("<", f.get(number), count), one)
    f.b.ret_void()


def _publish(f: Body, record: Value, row: Value, to: Value) -> None:
    """Statement: tell a function's record of its code."""
    for field, known in ((FuncRec.HEADER, KeptRow.HEADER), (FuncRec.ZERO, KeptRow.ZERO),
                         (FuncRec.FRAME, KeptRow.FRAME)):
        value = f.load(row, INT64(known), INT32)
        f.b.store(f.b.trunc(value, INT32), f.at(record, INT64(field)), align=4)
    f.b.store(to, f.at(record, INT64(FuncRec.CODE)), align=8)
