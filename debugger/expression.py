"""Expressions over guest state: names get their places, every part its type, and a value.

Integers are computed signed, in the type of the first operand that has one, wrapping as wasm does;
numbers written in the expression take the type of the other operand. If either side is a float,
so is the result. What `typed` makes is computed by `computing`, or by the engine's native code.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from debugger.computing import COMPARE, FLOATS, MASK, Absent, MemoryReader, compute, no_memory
from debugger.exchange import CommandError
from debugger.parsing import Ast, Indexed, Infix, Name, Number, Prefixed, parse
from debugger.values import float_of, signed
from debugger.views import StateView, Value
from gabagool.native.nodes import Binary, Const, Node, Read, Unary
from gabagool.types import F32, F64, I32, I64, V128, ValType

TYPES = {"i32": I32, "i64": I64, "f32": F32, "f64": F64}
# What NAME[address] reads: struct format and the type of the result.
READS = {"i8": ("<b", I32), "u8": ("<B", I32), "i16": ("<h", I32), "u16": ("<H", I32),
         "i32": ("<I", I32), "u32": ("<I", I64), "i64": ("<Q", I64), "u64": ("<Q", I64),
         "f32": ("<I", F32), "f64": ("<Q", F64), "v128": ("<16s", V128)}
_MEMORY = re.compile(r"mem(?P<memory>\d+)(?:\.(?P<kind>\w+))?")
_WIDTHS = {I32: 32, F32: 32, V128: 128}

def reading(name: str) -> tuple[int | None, str] | None:
    """What NAME[address] reads: the memory that `mem1[…]` and `mem1.i32[…]` name, None where none
    is named, and one of READS, '' where none is. None if it isn't memory."""
    match = _MEMORY.fullmatch(name)
    if match is not None and (match["kind"] or "u8") in READS:
        return int(match["memory"]), match["kind"] or ""
    return (None, name) if name in READS else None


class Scope(Protocol):
    """What names mean somewhere. Each gives a node, or raises CommandError."""

    def name(self, text: str) -> Node: ...

    def stack(self, index: int) -> Node: ...

    def global_(self, index: int) -> Node: ...

    def depth(self) -> Node: ...

    def memory(self, index: int) -> int:
        """The store address of a memory that was named."""
        ...


@dataclass(frozen=True, slots=True)
class Typed:
    """A computed value. `type` is None for a number that was written in the expression."""

    type: ValType | None
    bits: int
    text: str = ""          # how the view shows it, where it was taken from one as it is

    @property
    def number(self) -> int | float:
        if self.type in FLOATS:
            return float_of(self.type, self.bits)
        return signed(self.bits, _WIDTHS.get(self.type or I64, 64))

    @property
    def address(self) -> int:
        """The value as a memory address: i32 is unsigned there."""
        if self.type in (*FLOATS, V128):
            raise CommandError(f"a {'vector' if self.type == V128 else 'float'} is no address")
        return self.bits


# -- types -----------------------------------------------------------------------------------

def typed(tree: Ast, scope: Scope) -> Node:
    """The expression with its types and places; CommandError where that makes no sense."""
    return _Typing(scope).node(tree)[0]


class _Typing:
    """Makes nodes. The flag beside each says that it is a mere number, to take any type."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def node(self, tree: Ast) -> tuple[Node, bool]:
        if isinstance(tree, Number):
            return _number(tree.text)
        if isinstance(tree, Name):
            return self._scope.name(tree.text), False
        if isinstance(tree, Indexed):
            return self._indexed(tree), False
        if isinstance(tree, Prefixed):
            return self._prefixed(tree)
        return self._infix(tree)

    def _arithmetic(self, tree: Ast) -> tuple[Node, bool]:
        node, plain = self.node(tree)
        if node.type not in TYPES.values():
            raise CommandError("there is no arithmetic on references and vectors")
        return node, plain

    def _indexed(self, tree: Indexed) -> Node:
        if tree.index is None:
            return self._scope.depth()
        index, _ = self._arithmetic(tree.index)
        if (place := reading(tree.text)) is not None:
            if index.type in FLOATS:
                raise CommandError("a float is no address")
            memory, kind = place
            layout, type_ = READS[kind or "u8"]
            return Read(type_, layout, index,
                        None if memory is None else self._scope.memory(memory))
        if tree.text not in ("stack", "global"):
            raise CommandError(f"'{tree.text}[…]' is not memory: {', '.join(READS)} are, and "
                               "mem1.i32 of memory 1")
        if not isinstance(index, Const):
            raise CommandError(f"{tree.text} needs a number as index")
        number = signed(index.bits, 64)
        return self._scope.stack(number) if tree.text == "stack" else self._scope.global_(number)

    def _prefixed(self, tree: Prefixed) -> tuple[Node, bool]:
        operand, plain = self._arithmetic(tree.operand)
        if tree.sign == "~" and operand.type in FLOATS:
            raise CommandError("~ needs an integer")
        if tree.sign == "!":
            return Unary(I32, "!", operand), False
        node = Unary(operand.type, tree.sign, operand)
        return (Const(I64, compute(node, no_memory)), True) if plain else (node, False)

    def _infix(self, tree: Infix) -> tuple[Node, bool]:
        (left, plain_left), (right, plain_right) = map(self._arithmetic, (tree.left, tree.right))
        if plain_left and plain_right and tree.sign not in ("&&", "||", *COMPARE):
            try:
                return Const(I64, compute(Binary(I64, tree.sign, left, right), no_memory)), True
            except Absent as why:
                raise CommandError(str(why)) from None
        left = _as(left, right.type) if plain_left and not plain_right else left
        right = _as(right, left.type) if plain_right and not plain_left else right
        if tree.sign in ("&&", "||", *COMPARE):
            return Binary(I32, tree.sign, left, right), False
        floats = left.type in FLOATS or right.type in FLOATS
        type_ = right.type if plain_left else left.type
        if floats and tree.sign not in "+-*/":
            raise CommandError(f"{tree.sign} needs integers")
        if floats and type_ not in FLOATS:
            type_ = F64
        return Binary(type_, tree.sign, left, right), False


def _as(number: Node, type_: ValType) -> Node:
    """A written number in the type of what it meets."""
    if type_ == I32 and isinstance(number, Const):
        return Const(I32, number.bits & 0xFFFFFFFF)
    return number


def _number(text: str) -> tuple[Const, bool]:
    if "." in text:
        return Const(F64, struct.unpack("<Q", struct.pack("<d", float(text)))[0]), False
    try:
        bits = int(text, 16 if text[:2].lower() == "0x" else 10)
    except ValueError:
        raise CommandError(f"'{text}' is not a number") from None
    if bits > MASK:
        raise CommandError(f"{text[:20]}{'…' * (len(text) > 20)} has more than 64 bits")
    return Const(I64, bits), True


# -- at the cursor ---------------------------------------------------------------------------

class StateScope:
    """Names mean the values of a view: nodes are constants."""

    def __init__(self, state: StateView) -> None:
        self._state = state

    def name(self, text: str) -> Node:
        return _constant(named(text, self._state.locals, self._state.globals))

    def stack(self, index: int) -> Node:
        return _constant(at(self._state.stack, index, "the operand stack has"))

    def global_(self, index: int) -> Node:
        return _constant(at(self._state.globals, index, "there are"))

    def depth(self) -> Node:
        return Const(I32, self._state.depth)

    def memory(self, index: int) -> int:
        return index            # whoever reads knows which there are


def _constant(value: Value) -> Const:
    return Const(_type_named(value.type), value.bits)


def _type_named(name: str) -> ValType:
    """A type that there are values of; 0 for references."""
    return TYPES.get(name, V128 if name == "v128" else 0)


def evaluate(text: str, state: StateView, read: MemoryReader) -> Typed:
    """The value of an expression at a cursor; `read(memory, address, size)` gives bytes."""
    tree = parse(text)
    if isinstance(tree, Name):
        value = named(tree.text, state.locals, state.globals)
        return Typed(_type_named(value.type), value.bits, value.text)
    if isinstance(tree, Indexed) and tree.text in ("stack", "global"):
        index = _Typing(StateScope(state)).node(tree.index or Number("0"))[0]
        if isinstance(index, Const):
            number = signed(index.bits, 64)
            value = (at(state.stack, number, "the operand stack has") if tree.text == "stack"
                     else at(state.globals, number, "there are"))
            return Typed(_type_named(value.type), value.bits, value.text)
    node, plain = _Typing(StateScope(state)).node(tree)
    try:
        return Typed(None if plain else node.type, compute(node, read))
    except Absent as why:
        raise CommandError(str(why)) from None


def at(values: Sequence[Value], index: int, what: str) -> Value:
    """The value with a number; CommandError if there is none."""
    if not 0 <= index < len(values):
        raise CommandError(f"{what} {len(values)} value{'s' * (len(values) != 1)}, "
                           f"so there is no number {index}")
    return values[index]


def named(token: str, locals_: Sequence[Value], globals_: Sequence[Value]) -> Value:
    """The local or global that a name means; `$sp` is the stack pointer of LLVM's programs."""
    if token[0] == "$" and token[1:].isdigit():
        return at(locals_, int(token[1:]), "this frame has")
    wanted = token.lstrip("$")
    for name in (wanted, "__stack_pointer") if wanted == "sp" else (wanted,):
        for value in (*locals_, *globals_):
            if value.name.lstrip("$") == name:
                return value
    raise CommandError(f"no local or global is called '{token}' here; memory is read as "
                       "i32[address]")
