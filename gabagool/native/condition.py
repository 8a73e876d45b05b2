"""Conditions in native code: small expressions over a frame, globals and memory.

What can't be computed (memory out of bounds, division by zero) makes a condition false, and a
value absent.

Integers are computed as signed 64-bit numbers and cut to the node's type; if either side is a
float, both are doubles. `debugger.expression` computes the same in Python, and a test compares.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from llvmlite import ir

from gabagool.errors import LimitError
from gabagool.native.compiler import load_object, object_code
from gabagool.native.helpers import Body
from gabagool.native.ir_types import DOUBLE, FLOAT, INT32, INT64, LLVM, PTR, Value
from gabagool.native.layout import LOGGED_VALUES, Ctx, InstRec, SpanRec
from gabagool.native.nodes import (
    FRAME,
    GLOBAL,
    NEW,
    OLD,
    Binary,
    Const,
    Depth,
    Node,
    Place,
    Read,
    Unary,
)
from gabagool.native.taps import CHECK, VALUES
from gabagool.records import dataclass
from gabagool.types import F32, F64, I32, I64, ValType

_INTS = (I32, I64)
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


@dataclass(frozen=True)
class Compiled:
    """Addresses of native functions (0 for none), as `Tap.CHECK` and `Tap.VALUES` want them."""

    check: int
    values: int
    _code: Any          # keeps them loaded


@lru_cache(maxsize=256)
def compile_condition(check: Node | None, values: tuple[Node, ...] = ()) -> Compiled:
    """Native code for a condition and for values to be logged."""
    if len(values) > LOGGED_VALUES:
        raise LimitError(f"at most {LOGGED_VALUES} values can be logged at once")
    if check is None and not values:
        return Compiled(0, 0, None)
    module = ir.Module("condition")
    if check is not None:
        _build_check(module, check)
    if values:
        _build_values(module, values)
    code = load_object(object_code(module))
    return Compiled(code.get_function_address("check") if check is not None else 0,
                    code.get_function_address("values") if values else 0, code)


def _build_check(module: ir.Module, node: Node) -> None:
    f = Body(module, "check", INT64, CHECK.args)
    failed = f.function.append_basic_block()
    truth = _Expression(f, failed).truth(node)
    f.b.ret(f.b.zext(truth, INT64))
    f.b.position_at_end(failed)
    f.b.ret(INT64(0))


def _build_values(module: ir.Module, nodes: Sequence[Node]) -> None:
    f = Body(module, "values", VALUES.return_type, VALUES.args)
    out = f.function.args[4]
    absent = f.variable(INT64(0))
    for i, node in enumerate(nodes):
        failed, rest = (f.function.append_basic_block() for _ in range(2))
        value = _Expression(f, failed).value(node)
        if isinstance(value.type, ir.IntType):
            bits = f.b.zext(value, INT64) if value.type != INT64 else value
        else:
            wide = value.type == DOUBLE
            bits = f.b.bitcast(value, INT64 if wide else INT32)
            bits = bits if wide else f.b.zext(bits, INT64)
        f.b.store(bits, f.at(out, INT64(8 * i)), align=8)
        f.b.branch(rest)
        f.b.position_at_end(failed)
        f.b.store(INT64(0), f.at(out, INT64(8 * i)), align=8)
        f.b.store(f.b.or_(f.get(absent), INT64(1 << i)), absent)
        f.b.branch(rest)
        f.b.position_at_end(rest)
    f.b.store(f.get(absent), f.at(out, INT64(8 * LOGGED_VALUES)), align=8)
    f.b.ret_void()


class _Expression:
    """Emits nodes; where one can't be computed, control goes to `failed`."""

    def __init__(self, f: Body, failed: ir.Block) -> None:
        self.f, self.b, self._failed = f, f.b, failed
        self._ctx, self._fp, self._old, self._new = f.function.args[:4]

    def _fail_if(self, condition: Value) -> None:
        rest = self.f.function.append_basic_block()
        self.b.cbranch(condition, self._failed, rest)
        self.b.position_at_end(rest)

    def value(self, node: Node) -> Value:
        """A value of the LLVM type of the node's type."""
        if isinstance(node, Const):
            return self._constant(node)
        if isinstance(node, Place):
            return self.b.load(self.f.at(self._base(node.where), INT64(node.offset)),
                               typ=LLVM[node.type], align=4)
        if isinstance(node, Depth):
            return self._control(Ctx.DEPTH, INT32)
        if isinstance(node, Read):
            return self._read(node)
        if isinstance(node, Unary):
            return self._unary(node)
        if node.sign in ("&&", "||"):
            return self.b.zext(self._both(node), INT32)
        return self._binary(node)

    def truth(self, node: Node) -> Value:
        value = self.value(node)
        if isinstance(value.type, ir.IntType):
            return self.b.icmp_unsigned("!=", value, value.type(0))
        return self.b.fcmp_unordered("!=", value, ir.Constant(value.type, 0.0))

    def _control(self, field: Ctx, t: ir.Type) -> Value:
        return self.b.load(self.f.at(self._ctx, INT64(int(field))), typ=t, align=4)

    def _base(self, where: str) -> Value:
        if where == GLOBAL:
            return self._control(Ctx.GLOBALS, PTR)
        return {FRAME: self._fp, OLD: self._old, NEW: self._new}[where]

    def _constant(self, node: Const) -> Value:
        if node.type in _INTS:
            return LLVM[node.type](node.bits)
        bits = INT32(node.bits) if node.type == F32 else INT64(node.bits)
        return self.b.bitcast(bits, LLVM[node.type])

    def _read(self, node: Read) -> Value:
        size = struct.calcsize(node.layout)
        address = self._extended(self.value(node.address), signed=False)
        memory = self._memory(node.memory)
        base, length = (self.b.load(self.f.at(memory, INT64(int(field))), typ=t, align=8)
                        for field, t in ((SpanRec.BASE, PTR), (SpanRec.LENGTH, INT64)))
        self._fail_if(self.b.icmp_unsigned("<", length, INT64(size)))
        self._fail_if(self.b.icmp_unsigned(">", address, self.b.sub(length, INT64(size))))
        at = self.f.at(base, address)
        if node.type in (F32, F64):
            return self.b.load(at, typ=LLVM[node.type], align=1)
        value = self.b.load(at, typ=ir.IntType(8 * size), align=1)
        want = LLVM[node.type]
        if value.type == want:
            return value
        extend = self.b.sext if node.layout[-1].islower() else self.b.zext
        return extend(value, want)

    def _memory(self, number: int | None) -> Value:
        """The address of a memory's record."""
        if number is not None:
            return self.f.at(self._control(Ctx.MEMORIES, PTR), INT64(number * SpanRec.SIZE))
        inst = self._control(Ctx.INST, PTR)
        return self.b.load(self.f.at(inst, INT64(int(InstRec.MEMORY))), typ=PTR, align=8)

    def _extended(self, value: Value, signed: bool = True) -> Value:
        if value.type == INT64:
            return value
        return self.b.sext(value, INT64) if signed else self.b.zext(value, INT64)

    def _double(self, value: Value) -> Value:
        if value.type == FLOAT:
            return self.b.fpext(value, DOUBLE)
        return value if value.type == DOUBLE else self.b.sitofp(value, DOUBLE)

    def _cut(self, value: Value, t: ValType) -> Value:
        want = LLVM[t]
        if value.type == want:
            return value
        return self.b.fptrunc(value, want) if value.type == DOUBLE else self.b.trunc(value, want)

    def _unary(self, node: Unary) -> Value:
        if node.sign == "!":
            return self.b.zext(self.b.not_(self.truth(node.operand)), INT32)
        value = self.value(node.operand)
        if node.sign == "~":
            return self.b.not_(value)
        if isinstance(value.type, ir.IntType):
            return self.b.neg(value)
        return self.b.fneg(value)

    def _both(self, node: Binary) -> Value:
        """&& and ||: the right side is computed only if the left one doesn't decide."""
        left = self.truth(node.left)
        decided = self.b.block
        right_block, rest = (self.f.function.append_basic_block() for _ in range(2))
        first, second = (right_block, rest) if node.sign == "&&" else (rest, right_block)
        self.b.cbranch(left, first, second)
        self.b.position_at_end(right_block)
        right = self.truth(node.right)
        after = self.b.block
        self.b.branch(rest)
        self.b.position_at_end(rest)
        result = self.b.phi(ir.IntType(1))
        result.add_incoming(left, decided)
        result.add_incoming(right, after)
        return result

    def _binary(self, node: Binary) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        if not all(isinstance(v.type, ir.IntType) for v in (left, right)):
            return self._floats(node, self._double(left), self._double(right))
        left, right = self._extended(left), self._extended(right)
        if node.sign in _COMPARISONS:
            return self.b.zext(self.b.icmp_signed(node.sign, left, right), INT32)
        return self._cut(self._integers(node, left, right), node.type)

    def _floats(self, node: Binary, left: Value, right: Value) -> Value:
        if node.sign in _COMPARISONS:
            compare = self.b.fcmp_unordered if node.sign == "!=" else self.b.fcmp_ordered
            return self.b.zext(compare(node.sign, left, right), INT32)
        if node.sign == "/":
            self._fail_if(self.b.fcmp_ordered("==", right, DOUBLE(0.0)))
        emit: Callable[[Value, Value], Value] = {
            "+": self.b.fadd, "-": self.b.fsub, "*": self.b.fmul, "/": self.b.fdiv}[node.sign]
        return self._cut(emit(left, right), node.type)

    def _integers(self, node: Binary, left: Value, right: Value) -> Value:
        if node.sign in ("/", "%"):
            return self._divided(node.sign, left, right)
        if node.sign in ("<<", ">>"):
            count = self.b.and_(right, INT64(31 if node.type == I32 else 63))
            return (self.b.shl if node.sign == "<<" else self.b.ashr)(left, count)
        emit: Callable[[Value, Value], Value] = {
            "+": self.b.add, "-": self.b.sub, "*": self.b.mul, "&": self.b.and_,
            "|": self.b.or_, "^": self.b.xor}[node.sign]
        return emit(left, right)

    def _divided(self, sign: str, left: Value, right: Value) -> Value:
        """Towards zero, as C does; by -1 it is a negation, which may wrap around."""
        self._fail_if(self.b.icmp_unsigned("==", right, INT64(0)))
        negates = self.b.icmp_signed("==", right, INT64(-1))
        divisor = self.b.select(negates, INT64(1), right)
        if sign == "%":
            return self.b.srem(left, divisor)
        return self.b.select(negates, self.b.neg(left), self.b.sdiv(left, divisor))

