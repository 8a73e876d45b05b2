"""Taps: noticing at native speed that a word executes, or that memory is written or read.

A tap counts its hits, remembers the step of the last one and writes some of them into a log, all
without leaving native code; it may have a condition, and it may stop the machine. Steps up to its
last hit are not looked at: a word that is tried twice is one hit, and a search begins where it
likes. Layout: `tap_layout.Tap`, `tap_layout.Log`, `tap_layout.Entry`.
"""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir

from gabagool.native.helpers import Body
from gabagool.native.ir_types import BYTE, HOOKED, INT32, INT64, PTR, TOUCHED, VOID, Value
from gabagool.native.layout import Ctx
from gabagool.native.tap_layout import Entry, Log, Tap

CHECK = ir.FunctionType(INT64, [PTR, PTR, PTR, PTR])             # ctx, fp, old, new
VALUES = ir.FunctionType(VOID, [PTR, PTR, PTR, PTR, PTR])        # and where to put them
_SHOWN = 16              # bytes of what was written that are logged


def build(module: ir.Module) -> None:
    hit = build_hit(module)
    watched = build_watched(module, hit)
    _build_touched(module, watched)
    _build_hooked(module, hit)


class Statements(Body):
    """With what all of these functions do."""

    def get_at(self, base: Value, field: int, t: ir.Type = INT64) -> Value:
        return self.load(base, INT64(int(field)), t)

    def put_at(self, base: Value, field: int, value: Value) -> None:
        self.b.store(value, self.at(base, INT64(int(field))), align=8)

    def is_set(self, base: Value, field: int) -> Value:
        return self.b.icmp_unsigned("!=", self.get_at(base, field), INT64(0))

    def leave_if(self, condition: Value) -> None:
        """Return 0 if the condition holds."""
        with self.b.if_then(condition):
            self.b.ret(INT64(0))

    def each(self, count: Value, body: Callable[[Value], None]) -> None:
        """`body` for 0 … count - 1."""
        i = self.variable(INT64(0))

        def once() -> None:
            body(self.get(i))
            self.b.store(self.b.add(self.get(i), INT64(1)), i)

        self.loop(lambda: self.b.icmp_unsigned("<", self.get(i), count), once)

    def buffer(self) -> Value:
        """Room for the bytes that are logged, all zero."""
        with self.b.goto_entry_block():
            typed = self.b.alloca(ir.ArrayType(INT64, _SHOWN // 8))
            place = self.pointer(self.b.ptrtoint(typed, INT64))
        for at in range(0, _SHOWN, 8):
            self.put_at(place, at, INT64(0))
        return place

    def byte(self, base: Value, i: Value) -> Value:
        return self.b.load(self.at(base, i), typ=BYTE, align=1)

    def copy(self, source: Value, target: Value, count: Value) -> None:
        self.each(count, lambda i: self.b.store(self.byte(source, i), self.at(target, i),
                                                align=1))

    def smaller(self, a: Value, b: Value) -> Value:
        return self.b.select(self.b.icmp_unsigned("<", a, b), a, b)

    def pointer(self, address: Value) -> Value:
        return self.b.inttoptr(address, PTR)


def build_hit(module: ir.Module) -> ir.Function:
    """`i64 hit(ctx, tap, fp, pc, fuel, old, new, at, length)`: count and log a hit, if the tap's
    condition holds. 1 if the machine is to stop. `old` and `new` are addresses of 16 bytes."""
    f = Statements(module, "hit", INT64, [PTR] * 4 + [INT64, PTR, PTR, INT64, INT64])
    ctx, tap, fp, pc, fuel, old, new, at, length = f.function.args
    step = f.b.sub(f.get_at(ctx, Ctx.CLOCK), fuel)
    f.leave_if(f.b.icmp_signed("<=", step, f.get_at(tap, Tap.LAST)))
    f.leave_if(f.b.icmp_signed(">=", step, f.get_at(tap, Tap.UNTIL)))
    with f.b.if_then(f.is_set(tap, Tap.CHECK)):
        check = f.get_at(tap, Tap.CHECK, CHECK.as_pointer())
        holds = f.b.call(check, [ctx, fp, old, new])
        f.leave_if(f.b.icmp_unsigned("==", holds, INT64(0)))
    count = f.get_at(tap, Tap.COUNT)
    f.put_at(tap, Tap.COUNT, f.b.add(count, INT64(1)))
    f.put_at(tap, Tap.LAST, step)
    with f.b.if_then(f.is_set(tap, Tap.HEAT)):
        _warm(f, tap, at, length)
    log = f.get_at(tap, Tap.LOG, PTR)
    logged = f.get_at(log, Log.COUNT)
    f.put_at(log, Log.COUNT, f.b.add(logged, INT64(1)))
    index = f.b.sub(logged, f.get_at(log, Log.SKIP))
    with f.b.if_then(f.b.icmp_unsigned("<", index, f.get_at(log, Log.ROOM))):
        entry = f.at(f.get_at(log, Log.ENTRIES, PTR), f.b.mul(index, INT64(Entry.SIZE)))
        for field, value in ((Entry.STEP, step), (Entry.PC, f.b.ptrtoint(pc, INT64)),
                             (Entry.TAP, f.b.ptrtoint(tap, INT64)), (Entry.AT, at),
                             (Entry.LENGTH, length)):
            f.put_at(entry, field, value)
        for offset in range(0, _SHOWN, 8):
            f.put_at(entry, Entry.OLD + offset, f.get_at(old, offset))
            f.put_at(entry, Entry.NEW + offset, f.get_at(new, offset))
        with f.b.if_then(f.is_set(tap, Tap.VALUES)):
            values = f.get_at(tap, Tap.VALUES, VALUES.as_pointer())
            f.b.call(values, [ctx, fp, old, new, f.at(entry, INT64(Entry.VALUES))])
    f.leave_if(f.b.icmp_unsigned("==", f.get_at(tap, Tap.STOP), INT64(0)))
    place = f.get_at(tap, Tap.IGNORE, PTR)
    ignored = f.get_at(place, 0)
    with f.b.if_then(f.b.icmp_unsigned("!=", ignored, INT64(0))):
        f.put_at(place, 0, f.b.sub(ignored, INT64(1)))
        f.b.ret(INT64(0))
    f.b.ret(INT64(1))
    return f.function


def _warm(f: Statements, tap: Value, at: Value, length: Value) -> None:
    """Count a write of `length` > 0 bytes at an address once for each line that it touches."""
    counters, shift = f.get_at(tap, Tap.HEAT, PTR), f.get_at(tap, Tap.HEAT_SHIFT)
    start = f.b.sub(at, f.get_at(tap, Tap.START))
    first = f.b.lshr(start, shift)
    last = f.b.lshr(f.b.sub(f.b.add(start, length), INT64(1)), shift)

    def one(i: Value) -> None:
        offset = f.b.shl(f.b.add(first, i), INT64(3))
        counter = f.at(counters, offset)
        f.b.store(f.b.add(f.load(counters, offset), INT64(1)), counter, align=8)

    f.each(f.b.add(f.b.sub(last, first), INT64(1)), one)


def build_watched(module: ir.Module, hit: ir.Function) -> ir.Function:
    """`i64 watched(ctx, tap, lo, hi, fp, pc, fuel)`: the bytes at addresses lo ≤ a < hi, all of
    them watched by a memory tap, have been written, or read if it is for reads. 1 if the machine
    is to stop."""
    f = Statements(module, "watched", INT64, [PTR, PTR, INT64, INT64, PTR, PTR, INT64])
    ctx, tap, lo, hi, fp, pc, fuel = f.function.args
    first = f.get_at(tap, Tap.START)
    size = f.b.sub(f.get_at(tap, Tap.END), first)
    small = f.b.icmp_unsigned("<=", size, INT64(_SHOWN))
    written = f.b.sub(hi, lo)
    shown_at = f.b.select(small, first, lo)
    shown = f.b.select(small, size, f.smaller(written, INT64(_SHOWN)))
    old, new = f.buffer(), f.buffer()
    f.copy(f.pointer(shown_at), new, shown)
    with f.b.if_then(f.is_set(tap, Tap.READS)):
        f.b.ret(f.b.call(hit, [ctx, tap, fp, pc, fuel, new, new, lo, written]))
    copy = f.get_at(tap, Tap.PLACE, PTR)
    f.copy(f.at(copy, f.b.sub(shown_at, first)), old, shown)
    now, before = f.pointer(lo), f.at(copy, f.b.sub(lo, first))
    changed = f.variable(INT64(0))

    def compare(i: Value) -> None:
        a, b = f.byte(now, i), f.byte(before, i)
        with f.b.if_then(f.b.icmp_unsigned("!=", a, b)):
            f.b.store(a, f.at(before, i), align=1)
            f.b.store(INT64(1), changed)

    f.each(written, compare)
    same = f.b.icmp_unsigned("==", f.get(changed), INT64(0))
    f.leave_if(f.b.and_(same, f.is_set(tap, Tap.CHANGED)))
    with f.b.if_then(f.is_set(tap, Tap.PATTERN_SIZE)):
        f.leave_if(f.b.icmp_unsigned("==", _completed(f, tap, lo, hi), INT64(0)))
    f.b.ret(f.b.call(hit, [ctx, tap, fp, pc, fuel, old, new, lo, written]))
    return f.function


def _completed(f: Statements, tap: Value, lo: Value, hi: Value) -> Value:
    """Whether the tap's pattern lies in what it watches, at least a byte of it in lo … hi - 1."""
    pattern, size = f.get_at(tap, Tap.PATTERN, PTR), f.get_at(tap, Tap.PATTERN_SIZE)
    more = f.b.sub(size, INT64(1))
    first, last = f.get_at(tap, Tap.START), f.get_at(tap, Tap.END)
    low = f.b.sub(lo, f.smaller(more, f.b.sub(lo, first)))
    high = f.b.add(hi, f.smaller(more, f.b.sub(last, hi)))
    at, same, found = f.variable(low), f.variable(INT64(0)), f.variable(INT64(0))

    def compare() -> None:
        i = f.get(same)
        equal = f.b.icmp_unsigned("==", f.byte(f.pointer(f.get(at)), i), f.byte(pattern, i))
        f.b.store(f.b.select(equal, f.b.add(i, INT64(1)), f.b.add(size, INT64(1))), same)

    def one() -> None:
        f.b.store(INT64(0), same)
        f.loop(lambda: f.b.icmp_unsigned("<", f.get(same), size), compare)
        equal = f.b.icmp_unsigned("==", f.get(same), size)
        f.b.store(f.b.zext(equal, INT64), found)
        f.b.store(f.b.add(f.get(at), INT64(1)), at)

    f.loop(lambda: f.b.and_(
        f.b.icmp_unsigned("<=", f.b.add(f.get(at), size), high),
        f.b.icmp_unsigned("==", f.get(found), INT64(0))), one)
    return f.get(found)


def _build_touched(module: ir.Module, watched: ir.Function) -> None:
    """`i64 touched(ctx, start, end, fp, pc, fuel, read)`: an instruction has written these
    addresses, or read them if `read` is 1. The fuel that is left for what follows; none, and LEFT
    is set, if a tap wants to stop."""
    f = Statements(module, "touched", INT64, TOUCHED.args)
    ctx, start, end, fp, pc, fuel, read = f.function.args
    taps, stop = f.get_at(ctx, Ctx.WATCHES, PTR), f.variable(INT64(0))

    def one(i: Value) -> None:
        tap = f.load(taps, f.b.shl(i, INT64(3)), PTR)
        first, last = f.get_at(tap, Tap.START), f.get_at(tap, Tap.END)
        lo = f.b.select(f.b.icmp_unsigned("<", start, first), first, start)
        hi = f.smaller(end, last)
        overlaps = f.b.icmp_unsigned("<", lo, hi)
        asked = f.b.icmp_unsigned("==", f.get_at(tap, Tap.READS), read)
        with f.b.if_then(f.b.and_(overlaps, asked)):
            wants = f.b.call(watched, [ctx, tap, lo, hi, fp, pc, fuel])
            f.b.store(f.b.or_(f.get(stop), wants), stop)

    f.each(f.get_at(ctx, Ctx.WATCH_COUNT), one)
    left = f.b.sub(fuel, INT64(1))
    with f.b.if_then(f.b.icmp_unsigned("!=", f.get(stop), INT64(0))):
        f.put_at(ctx, Ctx.LEFT, left)
        f.b.ret(INT64(0))
    f.b.ret(left)


def _build_hooked(module: ir.Module, hit: ir.Function) -> None:
    """`i64 hooked(ctx, taps, fp, pc, fuel)`: the word at pc is about to execute. `taps` has how
    many taps it has, the offset in the word of the field that says where its operand is, and the
    addresses of the taps. 1 if the machine is to stop before it.

    The operand is the new value for taps of writes. For those of a table's elements it is the
    index by which one is read.
    """
    f = Statements(module, "hooked", INT64, HOOKED.args)
    ctx, taps, fp, pc, fuel = f.function.args
    stop = f.variable(INT64(0))

    operand = f.at(fp, f.load(pc, f.get_at(taps, 8), INT32))

    def one(i: Value) -> None:
        tap = f.load(taps, f.b.shl(f.b.add(i, INT64(2)), INT64(3)), PTR)
        frame = f.get_at(tap, Tap.FRAME)
        anywhere = f.b.icmp_unsigned("==", frame, INT64(0))
        here = f.b.icmp_unsigned("==", frame, f.b.ptrtoint(fp, INT64))
        listed = f.is_set(tap, Tap.END)
        # Not every word has an operand, so it is only looked at where there must be one.
        index = f.get_at(f.b.select(listed, operand, tap), 0)
        inside = f.b.and_(f.b.icmp_unsigned(">=", index, f.get_at(tap, Tap.START)),
                          f.b.icmp_unsigned("<", index, f.get_at(tap, Tap.END)))
        wanted = f.b.and_(f.b.or_(anywhere, here), f.b.or_(f.b.not_(listed), inside))
        with f.b.if_then(wanted):
            width = f.get_at(tap, Tap.WIDTH)
            old, new, changed = f.buffer(), f.buffer(), f.variable(INT64(0))
            element = f.b.select(listed, f.b.shl(index, INT64(3)), INT64(0))
            place = f.b.add(f.get_at(tap, Tap.PLACE), element)
            value = f.b.select(f.is_set(tap, Tap.READS), f.pointer(place), operand)

            def compare(i: Value) -> None:
                a, b = f.byte(f.pointer(place), i), f.byte(value, i)
                f.b.store(a, f.at(old, i), align=1)
                f.b.store(b, f.at(new, i), align=1)
                with f.b.if_then(f.b.icmp_unsigned("!=", a, b)):
                    f.b.store(INT64(1), changed)

            f.b.store(INT64(0), changed)
            f.each(width, compare)
            same = f.b.icmp_unsigned("==", f.get(changed), INT64(0))
            skip = f.b.and_(same, f.is_set(tap, Tap.CHANGED))
            with f.b.if_then(f.b.not_(skip)):
                at = f.b.select(listed, index, place)
                length = f.b.select(listed, INT64(1), width)
                wants = f.b.call(hit, [ctx, tap, fp, pc, fuel, old, new, at, length])
                f.b.store(f.b.or_(f.get(stop), wants), stop)

    f.each(f.get_at(taps, 0), one)
    f.b.ret(f.get(stop))
