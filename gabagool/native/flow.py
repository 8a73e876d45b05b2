"""Calls and returns in LLVM IR, and the words that observe execution."""

from __future__ import annotations

from gabagool.native.branches import Branches
from gabagool.native.ir_types import HANDLER, HOOKED, INT32, INT64, LLVM, PTR, Value
from gabagool.native.layout import REF_SHIFT, Ctx, FuncRec, Header, InstRec, SpanRec, TypeRec
from gabagool.native.trace_layout import Left
from gabagool.types import I32, ValType


class Flow(Branches):
    """The part of the emitter that enters and leaves functions."""

    # -- calls -------------------------------------------------------------------------------

    def _record(self, address: Value) -> Value:
        return self.offset(self.load_ctx(Ctx.FUNCS, PTR),
                           self.b.mul(address, self.i64(FuncRec.SIZE)))

    def call(self) -> None:
        self._enter(self._record(self.field("func")))

    def return_call(self) -> None:
        self._replace(self._record(self.field("func")))

    def call_indirect(self, address: ValType) -> None:
        self._enter(self._callee(address))

    def return_call_indirect(self, address: ValType) -> None:
        self._replace(self._callee(address))

    def call_ref(self) -> None:
        self._enter(self._referred())

    def return_call_ref(self) -> None:
        self._replace(self._referred())

    def _referred(self) -> Value:
        """The record of the function that the operand `ref` refers to."""
        ref = self.b.load(self.offset(self.fp, self.field("ref")), typ=INT64, align=8)
        self.trap_if(self.b.icmp_unsigned("==", ref, self.i64(0)), "null function reference")
        return self._record(self.b.lshr(ref, self.i64(REF_SHIFT)))

    def _callee(self, address: ValType) -> Value:
        """The record of the function that the table holds at the operand `index`, checked."""
        index = (self.pop(address) if self.has_operand() else
                 self.b.load(self.offset(self.fp, self.field("index")), typ=LLVM[address], align=8))
        table = self.offset(self.load_ctx(Ctx.TABLES, PTR),
                            self.b.mul(self.field("table"), self.i64(SpanRec.SIZE)))
        if address == I32:
            index = self.b.zext(index, INT64)
        length = self.load_at(table, SpanRec.LENGTH, INT64)
        self.trap_if(self.b.icmp_unsigned(">=", index, length), "undefined element")
        base = self.load_at(table, SpanRec.BASE)
        ref = self.b.load(self.offset(base, self.b.shl(index, self.i64(3))), typ=INT64, align=8)
        self.trap_if(self.b.icmp_unsigned("==", ref, self.i64(0)), "uninitialized element")
        record = self._record(self.b.lshr(ref, self.i64(REF_SHIFT)))
        have, want = self._u32(record, FuncRec.TYPE), self.field("type")
        with self.cold(self.b.icmp_unsigned("!=", have, want)):
            self.trap_if(self.b.not_(self.is_below(have, want)), "indirect call type mismatch")
        return record

    def is_below(self, have: Value, want: Value) -> Value:
        """Whether a type is another or declared below it, both by their canonical ids (i64)."""
        types = self.load_ctx(Ctx.TYPES, PTR)
        mine, other = (self.offset(types, self.b.mul(i, self.i64(TypeRec.SIZE)))
                       for i in (have, want))
        depth = self._u32(other, TypeRec.DEPTH)
        display = self.offset(mine, self.i64(TypeRec.DISPLAY))
        found = self._u32(self.offset(display, self.b.shl(depth, self.i64(2))), 0)
        deep = self.b.icmp_unsigned(">=", self._u32(mine, TypeRec.DEPTH), depth)
        return self.b.and_(deep, self.b.icmp_unsigned("==", found, want))

    def _enter(self, record: Value) -> None:
        """Push the callee's frame over the arguments, in place, and go on in it.

        Operands reach their slots after the last check: a fused sequence that hands itself to
        the plain handlers must leave them the slots it began with.
        """
        code = self._code(record)
        depth = self.load_ctx(Ctx.DEPTH, INT32)
        deepest = self.load_ctx(Ctx.MAX_DEPTH, INT32)
        self.trap_if(self.b.icmp_signed(">=", depth, deepest), "call stack exhausted")
        self._check_stack(self.field("slot"), record)
        self.flush()
        frame = self.offset(self.fp, self.field("slot"))
        header_at = self._u32(record, FuncRec.HEADER)
        header = self.offset(frame, header_at)
        self._zero_locals(frame, self._u32(record, FuncRec.ZERO), header_at)
        here = self.b.load(self.field_at("ret"), typ=INT64, align=8)
        self.b.store(here, self.offset(header, self.i64(Header.RETURN)), align=8)
        self.b.store(self.field("slot"), self.offset(header, self.i64(Header.DELTA)), align=8)
        self._note_call(depth)
        self._trace_call(record, frame)
        self._go_on_in(record, code, frame)

    def _replace(self, record: Value) -> None:
        """Put the callee's frame in place of this one, and go on in it: the depth stays.

        The header says where this frame returns to; it moves to behind the callee's locals once
        the arguments, which lie above it, have moved down.
        """
        code = self._code(record)
        self._check_stack(self.i64(0), record)
        self.flush()
        old = self.offset(self.fp, self.field("header"))
        back, delta = (self.load_at(old, at, INT64) for at in (Header.RETURN, Header.DELTA))
        self.copy_slots(self.offset(self.fp, self.field("slot")), self.fp, self.field("n"))
        header_at = self._u32(record, FuncRec.HEADER)
        self._zero_locals(self.fp, self._u32(record, FuncRec.ZERO), header_at)
        header = self.offset(self.fp, header_at)
        self.b.store(back, self.offset(header, self.i64(Header.RETURN)), align=8)
        self.b.store(delta, self.offset(header, self.i64(Header.DELTA)), align=8)
        self._trace_return(self.i64(0), self.load_ctx(Ctx.DEPTH, INT32), Left.TAIL)
        self._trace_call(record, self.fp)
        self._go_on_in(record, code, self.fp)

    def _code(self, record: Value) -> Value:
        """The address of a function's code; Python serves the call of one that has none."""
        code = self.load_at(record, FuncRec.CODE)
        with self.cold(self.b.icmp_unsigned("==", self.b.ptrtoint(code, INT64), self.i64(0))):
            self.bail("call")
        return code

    def _u32(self, record: Value, offset: int) -> Value:
        return self.b.zext(self.load_at(record, offset, INT32), INT64)

    def _check_stack(self, at: Value, record: Value) -> None:
        """That the callee's largest frame, `at` bytes from this one, fits."""
        frame = self.b.add(at, self._u32(record, FuncRec.FRAME))
        end = self.b.ptrtoint(self.offset(self.fp, frame), INT64)
        self.trap_if(self.b.icmp_unsigned(">", end, self.load_ctx(Ctx.STACK_LIMIT)),
                     "call stack exhausted")

    def _zero_locals(self, frame: Value, start: Value, end: Value) -> None:
        count = self.b.lshr(self.b.sub(end, start), self.i64(3))
        first = self.offset(frame, start)
        with self._repeat(count) as i:
            self.b.store(self.i64(0), self.offset(first, self.b.shl(i, self.i64(3))), align=8)

    def _note_call(self, depth: Value) -> None:
        with self.cold(self.b.icmp_signed("<=", depth, self.load_ctx(Ctx.MARK_DEPTH, INT32))):
            self.store_ctx(Ctx.MARK_FUEL, self.b.add(self.fuel_left, self.i64(1)))
        deeper = self.b.add(depth, self.i32(1))
        self.store_ctx(Ctx.DEPTH, deeper)
        with self.cold(self.b.icmp_signed(">", deeper, self.load_ctx(Ctx.PEAK_DEPTH, INT32))):
            self.store_ctx(Ctx.PEAK_DEPTH, deeper)

    def _go_on_in(self, record: Value, pc: Value, fp: Value) -> None:
        """Dispatch in the function of `record`, whose instance may be another one."""
        inst = self.load_at(record, FuncRec.INST)
        other = self.b.icmp_unsigned("!=", self.b.ptrtoint(inst, INT64),
                                     self.load_ctx(Ctx.INST))
        with self.cold(other):
            self.store_ctx(Ctx.INST, inst)
            memory = self.load_at(inst, InstRec.MEMORY)
            self.dispatch(pc, fp, self.load_at(memory, SpanRec.BASE),
                          self.load_at(memory, SpanRec.LENGTH, INT64))
        self.dispatch(pc, fp)

    def ret(self, results: int | None) -> None:
        """Return: results move to where the arguments were (None: as the field `n` says)."""
        value = self.wide(self.pop_raw()) if results == 1 and self.has_operand() else None
        self.flush()
        header = self.offset(self.fp, self.field("header"))
        back = self._u32(header, Header.RETURN)
        record = self._record(self._u32(header, Header.CALLER))
        delta = self._u32(header, Header.DELTA)
        if results != 0:
            self._place_results(results, value)
        deeper = self.load_ctx(Ctx.DEPTH, INT32)
        count = self.field("n") if results is None else self.i64(results)
        self._trace_return(count, deeper, Left.RETURN)
        depth = self.b.sub(deeper, self.i32(1))
        self.store_ctx(Ctx.DEPTH, depth)
        frame = self.offset(self.fp, self.b.neg(delta))
        pc = self.offset(self.load_at(record, FuncRec.CODE), back)
        stop_depth = self.load_ctx(Ctx.STOP_DEPTH, INT32)
        with self.cold(self.b.icmp_signed("<=", depth, stop_depth)):
            self.store_ctx(Ctx.INST, self.load_at(record, FuncRec.INST))
            self.tail(self.stops["depth"], pc, frame)
        self._go_on_in(record, pc, frame)

    # -- tracing -----------------------------------------------------------------------------

    def _trace_call(self, record: Value, frame: Value) -> None:
        """In tracing handlers: note the frame that has been pushed."""
        if not self.tracing:
            return
        start = self.b.ptrtoint(self.load_ctx(Ctx.FUNCS, PTR), INT64)
        distance = self.b.sub(self.b.ptrtoint(record, INT64), start)
        args = [self.ctx, self.b.udiv(distance, self.i64(FuncRec.SIZE)), frame,
                self._u32(record, FuncRec.ZERO), self._step(),
                self.b.zext(self.load_ctx(Ctx.DEPTH, INT32), INT64)]
        self.b.call(self.function.module.get_global("traced_call"), args)

    def _trace_return(self, results: Value, depth: Value, left: Left) -> None:
        """In tracing handlers: note that the frame of depth `depth` is popped, with so many slots
        of results at its start."""
        if self.tracing:
            self.b.call(self.function.module.get_global("traced_return"), [
                self.ctx, self.fp, results, self._step(), self.b.zext(depth, INT64),
                self.i64(left)])

    def _step(self) -> Value:
        """The step after this instruction."""
        return self.b.sub(self.load_ctx(Ctx.CLOCK), self.fuel_left)

    def _place_results(self, results: int | None, value: Value) -> None:
        source = self.offset(self.fp, self.field("src"))
        if results is None:
            self.copy_slots(source, self.fp, self.field("n"))
            return
        if value is None:
            value = self.b.load(source, typ=INT64, align=8)
        self.b.store(value, self.fp, align=8)

    # -- observation -------------------------------------------------------------------------

    def finish(self) -> None:
        self.stop("finished")

    def _shadowed(self) -> Value:
        """The handler that this word replaces."""
        shadow = self.offset(self.pc, self.load_ctx(Ctx.SHADOW))
        return self.b.load(shadow, typ=HANDLER.as_pointer(), align=8)

    def breakpoint(self) -> None:
        """Stop once before the word; the second time round, or without fuel, let it run."""
        resumed = self.b.icmp_unsigned("==", self.b.ptrtoint(self.pc, INT64),
                                       self.load_ctx(Ctx.RESUME_PC))
        spent = self.b.icmp_signed("==", self.fuel, self.i64(0))
        with self.cold(self.b.or_(resumed, spent)):
            self.store_ctx(Ctx.RESUME_PC, self.i64(0))
            self.tail(self._shadowed())
        self.stop("breakpoint")

    def hook(self) -> None:
        """Show the word to its taps, before it executes; stop if one wants that."""
        with self.cold(self.b.icmp_signed(">", self.fuel, self.i64(0))):
            shadow = self.offset(self.pc, self.load_ctx(Ctx.SHADOW))
            taps = self.b.load(self.offset(shadow, self.i64(8)), typ=PTR, align=8)
            hooked = self.load_ctx(Ctx.HOOKED, HOOKED.as_pointer())
            stop = self.b.call(hooked, [self.ctx, taps, self.fp, self.pc, self.fuel])
            with self.cold(self.b.icmp_unsigned("!=", stop, self.i64(0))):
                self.bail("breakpoint")
        self.tail(self._shadowed())
        self.closed = True

    def probe(self) -> None:
        """Count an execution in the word's shadow and note when it was; then let it run."""
        with self.cold(self.b.icmp_signed(">", self.fuel, self.i64(0))):
            counter = self.offset(self.offset(self.pc, self.load_ctx(Ctx.SHADOW)), self.i64(8))
            count = self.b.load(counter, typ=INT64, align=8)
            self.b.store(self.b.add(count, self.i64(1)), counter, align=8)
            self.store_ctx(Ctx.PROBE_FUEL, self.fuel)
            hits = self.b.add(self.load_ctx(Ctx.PROBE_HITS), self.i64(1))
            self.store_ctx(Ctx.PROBE_HITS, hits)
        self.tail(self._shadowed())
        self.closed = True
