"""Tracing calls: what tracing handlers do whenever a frame is pushed or popped.

For a profile every step is counted where it belongs: for its function, and for the path of calls
that has led there (a tree of nodes). Calls of one function, or those that lead to one depth, are
counted, and some of them logged with arguments and results. Nothing is sampled. Layout:
`trace_layout.Trace` and what follows it there.
"""

from __future__ import annotations

from llvmlite import ir

from gabagool.native.ir_types import INT32, INT64, PTR, VOID, Value
from gabagool.native.layout import Ctx
from gabagool.native.taps import Statements
from gabagool.native.trace_layout import (
    LOGGED_ARGS,
    LOGGED_RESULTS,
    CallEntry,
    FuncCount,
    Left,
    Trace,
    TraceFrame,
    TraceNode,
)

# ctx, store address of the function, its frame, bytes of its parameters, step, depth
CALLED = ir.FunctionType(VOID, [PTR, INT64, PTR, INT64, INT64, INT64])
# ctx, where the results are, their slots, step, depth of the frame, a Left
RETURNED = ir.FunctionType(VOID, [PTR, PTR, INT64, INT64, INT64, INT64])


def build(module: ir.Module) -> None:
    child = _build_child(module)
    _build_called(module, child)
    _build_returned(module)


class _Body(Statements):
    """With the places in a trace."""

    def node(self, trace: Value, number: Value) -> Value:
        return self.at(self.get_at(trace, Trace.NODES, PTR),
                       self.b.mul(number, INT64(TraceNode.SIZE)))

    def frame(self, trace: Value, depth: Value) -> Value:
        return self.at(self.get_at(trace, Trace.FRAMES, PTR),
                       self.b.mul(depth, INT64(TraceFrame.SIZE)))

    def func(self, trace: Value, address: Value) -> Value:
        return self.at(self.get_at(trace, Trace.FUNCS, PTR),
                       self.b.mul(address, INT64(FuncCount.SIZE)))

    def add_at(self, base: Value, field: int, by: Value) -> Value:
        """Add to a field; what it was before."""
        old = self.get_at(base, field)
        self.put_at(base, field, self.b.add(old, by))
        return old

    def half(self, base: Value, field: int) -> Value:
        return self.load(base, INT64(int(field)), INT32)

    def put_half(self, base: Value, field: int, value: Value) -> None:
        self.b.store(self.b.trunc(value, INT32), self.at(base, INT64(int(field))), align=4)

    def charge(self, trace: Value, frame: Value, step: Value) -> None:
        """The steps since the last event were those of the function in `frame`."""
        steps = self.b.sub(step, self.get_at(trace, Trace.LAST))
        self.put_at(trace, Trace.LAST, step)
        self.add_at(self.node(trace, self.get_at(frame, TraceFrame.NODE)), TraceNode.STEPS, steps)
        self.add_at(self.func(trace, self.get_at(frame, TraceFrame.FUNC)), FuncCount.STEPS, steps)

    def copy_words(self, source: Value, target: Value, count: Value, most: int) -> None:
        def one(i: Value) -> None:
            at = self.b.shl(i, INT64(3))
            self.b.store(self.load(source, at), self.at(target, at), align=8)

        self.each(self.smaller(count, INT64(most)), one)


def _build_child(module: ir.Module) -> ir.Function:
    """`i64 trace_child(trace, parent, func)`: the number of the node of a function behind a node,
    made if need be, and moved to the front. The parent's own if there is no room."""
    f = _Body(module, "trace_child", INT64, [PTR, INT64, INT64])
    trace, parent, func = f.function.args
    above = f.node(trace, parent)
    number, before = f.variable(f.half(above, TraceNode.CHILD)), f.variable(INT64(0))

    def elsewhere() -> Value:
        there = f.b.icmp_unsigned("!=", f.get(number), INT64(0))
        other = f.b.icmp_unsigned("!=", f.half(f.node(trace, f.get(number)), TraceNode.FUNC), func)
        return f.b.and_(there, other)      # node 0 may be read: it is there

    def go_on() -> None:
        f.b.store(f.get(number), before)
        f.b.store(f.half(f.node(trace, f.get(number)), TraceNode.NEXT), number)

    f.loop(elsewhere, go_on)
    with f.b.if_then(f.b.icmp_unsigned("==", f.get(number), INT64(0))):
        count = f.get_at(trace, Trace.NODE_COUNT)
        with f.b.if_then(f.b.icmp_unsigned(">=", count, f.get_at(trace, Trace.NODE_ROOM))):
            f.add_at(trace, Trace.LOST, INT64(1))
            f.b.ret(parent)
        f.put_at(trace, Trace.NODE_COUNT, f.b.add(count, INT64(1)))
        new = f.node(trace, count)
        for field, value in ((TraceNode.FUNC, func), (TraceNode.PARENT, parent),
                             (TraceNode.CHILD, INT64(0)),
                             (TraceNode.NEXT, f.half(above, TraceNode.CHILD))):
            f.put_half(new, field, value)
        f.put_at(new, TraceNode.CALLS, INT64(0))
        f.put_at(new, TraceNode.STEPS, INT64(0))
        f.put_half(above, TraceNode.CHILD, count)
        f.b.ret(count)
    with f.b.if_then(f.b.icmp_unsigned("!=", f.get(before), INT64(0))):
        found = f.node(trace, f.get(number))
        f.put_half(f.node(trace, f.get(before)), TraceNode.NEXT, f.half(found, TraceNode.NEXT))
        f.put_half(found, TraceNode.NEXT, f.half(above, TraceNode.CHILD))
        f.put_half(above, TraceNode.CHILD, f.get(number))
    f.b.ret(f.get(number))
    return f.function


def _build_called(module: ir.Module, child: ir.Function) -> None:
    """`void traced_call(...)`, see CALLED: a frame has been pushed."""
    f = _Body(module, "traced_call", VOID, CALLED.args)
    ctx, func, fp, size, step, depth = f.function.args
    trace = f.get_at(ctx, Ctx.TRACE, PTR)
    frame = f.frame(trace, depth)
    f.put_at(frame, TraceFrame.ENTRY, INT64(0))
    with f.b.if_then(f.is_set(trace, Trace.NODES)):
        caller = f.frame(trace, f.b.sub(depth, INT64(1)))
        f.charge(trace, caller, step)
        parent = f.get_at(caller, TraceFrame.NODE)
        number = f.b.call(child, [trace, parent, func])
        with f.b.if_then(f.b.icmp_unsigned("!=", number, parent)):
            f.add_at(f.node(trace, number), TraceNode.CALLS, INT64(1))
        f.put_at(frame, TraceFrame.NODE, number)
        f.put_at(frame, TraceFrame.FUNC, func)
        counts = f.func(trace, func)
        f.add_at(counts, FuncCount.CALLS, INT64(1))
        active = f.add_at(counts, FuncCount.ACTIVE, INT64(1))
        with f.b.if_then(f.b.icmp_unsigned("==", active, INT64(0))):
            f.put_at(counts, FuncCount.SINCE, step)
    deep = f.b.icmp_unsigned("==", depth, f.get_at(trace, Trace.DEPTH))
    named = f.b.icmp_unsigned("==", func, f.get_at(trace, Trace.FUNC))
    with f.b.if_then(f.b.or_(deep, named)):
        index = f.b.sub(f.add_at(trace, Trace.COUNT, INT64(1)), f.get_at(trace, Trace.SKIP))
        with f.b.if_then(f.b.icmp_unsigned("<", index, f.get_at(trace, Trace.ROOM))):
            entry = f.at(f.get_at(trace, Trace.ENTRIES, PTR),
                         f.b.mul(index, INT64(CallEntry.SIZE)))
            for field, value in ((CallEntry.FUNC, func), (CallEntry.DEPTH, depth),
                                 (CallEntry.FIRST, step), (CallEntry.LEFT, INT64(Left.OPEN))):
                f.put_at(entry, field, value)
            f.copy_words(fp, f.at(entry, INT64(CallEntry.ARGS)), f.b.lshr(size, INT64(3)),
                         LOGGED_ARGS)
            f.put_at(frame, TraceFrame.ENTRY, f.b.ptrtoint(entry, INT64))
            f.add_at(trace, Trace.OPEN, INT64(1))
    f.b.ret_void()


def _build_returned(module: ir.Module) -> None:
    """`void traced_return(...)`, see RETURNED: a frame has been popped."""
    f = _Body(module, "traced_return", VOID, RETURNED.args)
    ctx, results, count, step, depth, left = f.function.args
    trace = f.get_at(ctx, Ctx.TRACE, PTR)
    frame = f.frame(trace, depth)
    with f.b.if_then(f.is_set(trace, Trace.NODES)):
        f.charge(trace, frame, step)
        counts = f.func(trace, f.get_at(frame, TraceFrame.FUNC))
        active = f.add_at(counts, FuncCount.ACTIVE, INT64(-1))
        with f.b.if_then(f.b.icmp_unsigned("==", active, INT64(1))):
            f.add_at(counts, FuncCount.TOTAL, f.b.sub(step, f.get_at(counts, FuncCount.SINCE)))
    with f.b.if_then(f.is_set(frame, TraceFrame.ENTRY)):
        entry = f.get_at(frame, TraceFrame.ENTRY, PTR)
        f.put_at(entry, CallEntry.LAST, step)
        f.put_at(entry, CallEntry.LEFT, left)
        f.copy_words(results, f.at(entry, INT64(CallEntry.RESULTS)), count, LOGGED_RESULTS)
        f.put_at(frame, TraceFrame.ENTRY, INT64(0))
        f.add_at(trace, Trace.OPEN, INT64(-1))
    f.b.ret_void()
