"""What every part of the emitter builds on: the handler's registers, operands and ways out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from llvmlite import ir

from gabagool.isa.row import Form
from gabagool.native.ir_types import (
    BYTE,
    CONVENTION,
    FLOAT,
    HANDLER,
    INT32,
    INT64,
    LLVM,
    PTR,
    VECTOR,
    VOID,
    FusionError,
    Value,
)
from gabagool.native.layout import TRAPS, Ctx
from gabagool.types import I32, I64, V128, ValType, slots_of_all

_SLOT = 8


def _slots(t: ir.Type) -> int:
    """How many slots an operand of an LLVM type has."""
    return 2 if isinstance(t, ir.VectorType) else 1


class Core:
    """A handler under construction; `b` is the IR builder.

    `plain_first` is the handler of the first form alone, for fused sequences; it takes over when
    there is not fuel enough for all of them or one would trap. A `watching` handler notes writes
    to watched memory, a `reading` one reads, a `tracing` one calls and returns.
    """

    def __init__(self, function: ir.Function, forms: Sequence[Form],
                 plain_first: ir.Function | None, stops: Mapping[str, ir.Function],
                 watching: bool = False, tracing: bool = False, reading: bool = False) -> None:
        self.function = function
        self.b = ir.IRBuilder(function.append_basic_block())
        self.forms = forms
        self.plain_first = plain_first
        self.stops = stops
        self.watching = watching
        self.tracing = tracing
        self.reading = reading
        self.pc, self.fp, self.mem, self.memlen, self.ctx, self.fuel = function.args
        self.fuel_left: Value = self.fuel
        self.form = forms[0]
        self.at = 0                       # byte offset of the current form's word from pc
        self.closed = False
        # values, or addresses of locals with the type to load
        self._operands: list[tuple[Value, ir.Type | None]] = []
        self._pending: list[tuple[Value, Value]] = []
        self._committed = False
        self._base: Value = None
        self._level = 0                   # operand slots in memory, relative to _base
        if self.form.fields and self.form.fields[0][0] == "slot":
            self._base = self.offset(self.fp, self.field("slot"))
            self._level = slots_of_all(self.form.params) or self.form.pops

    @contextmanager
    def cold(self, condition: Value) -> Iterator[None]:
        """A block for when the condition holds, which it hardly ever does."""
        cold, rest = (self.function.append_basic_block() for _ in range(2))
        self.b.cbranch(condition, cold, rest).set_weights([1, 4000])
        self.b.position_at_end(cold)
        yield
        if not self.b.block.is_terminated:
            self.b.branch(rest)
        self.b.position_at_end(rest)

    # -- fields of the current word ----------------------------------------------------------

    def field_at(self, name: str) -> Value:
        return self.offset(self.pc, self.i64(self.at + self.form.offset_of(name)))

    def field(self, name: str) -> Value:
        """A u32 field, zero-extended to i64."""
        return self.b.zext(self.b.load(self.field_at(name), typ=INT32, align=4), INT64)

    def signed_field(self, name: str) -> Value:
        """An i32 field, sign-extended to i64."""
        return self.b.sext(self.b.load(self.field_at(name), typ=INT32, align=4), INT64)

    def constant_field(self, name: str, t: ValType) -> Value:
        return self.b.load(self.field_at(name), typ=LLVM[t], align=4)

    # -- operands ----------------------------------------------------------------------------

    def _slot_address(self) -> Value:
        return self.offset(self._base, self.i64(self._level * _SLOT))

    def push(self, value: Value) -> None:
        self._operands.append((value, None))

    def push_local(self, field: str, t: ValType = I64) -> None:
        self._commit()   # the local read may be one that was just written
        self._operands.append((self.offset(self.fp, self.field(field)), LLVM[t]))

    def _pop_as(self, t: ir.Type) -> Value:
        """The top operand, loaded as LLVM type `t` if it lies in a slot or local."""
        if not self._operands:
            self._level -= _slots(t)
            return self.b.load(self._slot_address(), typ=t, align=8)
        value, local = self._operands.pop()
        return self.b.load(value, typ=t, align=8) if local is not None else value

    def pop(self, t: ValType) -> Value:
        """The top operand as an SSA value of its type."""
        want = LLVM[t]
        value = self._pop_as(want)
        if value.type == want:
            return value
        if want in (INT32, FLOAT):
            value = self.b.trunc(value, INT32)
        elif want == INT64:
            value = self.wide(value)      # an i32 may be an address of 64 bits
        return value if value.type == want else self.b.bitcast(value, want)

    def has_operand(self) -> bool:
        """Whether the top operand is an SSA value, not yet in its slot."""
        return bool(self._operands)

    def pop_raw(self) -> Value:
        """The top operand of one slot, whatever its type; i64 if it has to be loaded."""
        return self._pop_as(INT64)

    def wide(self, value: Value) -> Value:
        """All bytes of a slot: 32-bit values are zero-extended, so that slots are canonical."""
        if isinstance(value.type, ir.VectorType):
            return self.b.bitcast(value, VECTOR)
        if value.type == FLOAT:
            value = self.b.bitcast(value, INT32)
        return self.b.zext(value, INT64) if value.type == INT32 else value

    def bits(self, value: Value) -> Value:
        """A slot's 8 bytes as i64."""
        value = self.wide(value)
        return value if value.type == INT64 else self.b.bitcast(value, INT64)

    def _materialise(self) -> None:
        """Locals that were pushed but not consumed become values before a local changes."""
        self._operands = [(v if t is None else self.b.load(v, typ=t, align=8), None)
                          for v, t in self._operands]

    def set_local(self, field: str, value: Value) -> None:
        self._materialise()
        self._pending.append((self.offset(self.fp, self.field(field)), self.wide(value)))

    def tee_local(self, field: str, value: Value) -> None:
        self.set_local(field, value)
        self.push(value)

    def select_raw(self, t: ValType = I64) -> None:
        condition = self.pop(I32)
        second, first = self._pop_as(LLVM[t]), self._pop_as(LLVM[t])
        if t == V128:
            first, second = self.wide(first), self.wide(second)
        elif first.type != second.type:
            first, second = self.bits(first), self.bits(second)
        truth = self.b.icmp_unsigned("!=", condition, self.i32(0))
        self.push(self.b.select(truth, first, second))

    def _commit(self) -> None:
        """Write deferred locals: from here on nothing in this sequence may trap."""
        for address, value in self._pending:
            self.b.store(value, address, align=8)
            self._committed = True
        self._pending = []

    def effect(self) -> None:
        """Something outside the frame is about to change."""
        self._committed = True

    def flush(self) -> None:
        """Bring every slot of the frame up to date."""
        self._materialise()
        self._commit()
        for value, _ in self._operands:
            self.b.store(self.wide(value), self._slot_address(), align=8)
            self._level += _slots(value.type)
        self._operands = []

    # -- leaving -----------------------------------------------------------------------------

    def tail(self, callee: Value, pc: Value = None, fp: Value = None, mem: Value = None,
             memlen: Value = None, fuel: Value = None) -> None:
        """Jump to a handler; arguments not given stay as they are, fuel is charged."""
        own = (self.pc, self.fp, self.mem, self.memlen, self.ctx, self.fuel_left)
        given = (pc, fp, mem, memlen, None, fuel)
        args = [o if g is None else g for o, g in zip(own, given, strict=True)]
        self.b.call(callee, args, cconv=CONVENTION, tail="musttail")
        self.b.ret_void()

    def dispatch(self, pc: Value, fp: Value = None, mem: Value = None,
                 memlen: Value = None) -> None:
        """Go on at another word."""
        handler = self.b.load(pc, typ=HANDLER.as_pointer(), align=8)
        self.tail(handler, pc, fp, mem, memlen)
        self.closed = True

    def next_pc(self) -> Value:
        return self.offset(self.pc, self.i64(self.at + self.form.size))

    def next(self) -> None:
        """Go on at the word after the current form."""
        self.flush()
        self.dispatch(self.next_pc())

    def bail(self, name: str) -> None:
        """Leave native code with nothing done; a fused sequence hands itself to plain handlers."""
        if self._committed:
            raise FusionError(f"{name} after an effect")
        self.tail(self.plain_first or self.stops[name], fuel=self.fuel)

    def stop(self, name: str) -> None:
        self.bail(name)
        self.closed = True

    def trap(self, message: str) -> None:
        self._leave_trapping(message)
        self.closed = True

    def trap_if(self, condition: Value, message: str) -> None:
        with self.cold(condition):
            self._leave_trapping(message)

    def _leave_trapping(self, message: str) -> None:
        if self.plain_first is None:
            self.store_ctx(Ctx.TRAP, self.i32(TRAPS.index(message)))
        self.bail("trap")

    # -- small helpers -----------------------------------------------------------------------

    def load_ctx(self, field: Ctx, t: ir.Type = INT64) -> Value:
        return self.b.load(self.offset(self.ctx, self.i64(field)), typ=t, align=4)

    def store_ctx(self, field: Ctx, value: Value) -> None:
        self.b.store(value, self.offset(self.ctx, self.i64(field)), align=4)

    def load_at(self, base: Value, offset: int, t: ir.Type = PTR) -> Value:
        return self.b.load(self.offset(base, self.i64(offset)), typ=t, align=4)

    def note_read(self, address: Value, size: Value) -> None:
        """Bytes of memory are about to be read (see `access.Access`)."""
        raise NotImplementedError

    def library(self, name: str, types: list[ir.Type], args: list[Value]) -> None:
        """Call a function of LLVM's, or of the C library."""
        module = self.function.module
        callee = module.globals.get(name) or ir.Function(
            module, ir.FunctionType(VOID, types), name)
        self.b.call(callee, args)

    def i32(self, n: int) -> Value:
        return INT32(n)

    def i64(self, n: int) -> Value:
        return INT64(int(n))

    def offset(self, base: Value, offset: Value) -> Value:
        """The address `offset` bytes after `base`."""
        if isinstance(offset, ir.Constant) and offset.constant == 0:
            return base
        return self.b.gep(base, [offset], source_etype=BYTE)
