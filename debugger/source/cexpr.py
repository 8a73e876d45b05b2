"""Values of C-like expressions over source variables.

Integers follow C's conversions as far as they can be seen: the wider and the unsigned type win.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace

from debugger.exchange import CommandError
from debugger.source import cparse, kinds, rust
from debugger.source.carithmetic import (
    COMPARE,
    COMPUTE,
    common,
    constant,
    double,
    float_result,
    literal,
    packed,
    promoted,
    wrapped,
)
from debugger.source.cparse import Joined, Types
from debugger.source.held import Held, Read
from debugger.source.kinds import BOOL, INT, UNSIGNED, Type
from debugger.source.paths import path_to
from debugger.source.values import integer

Lookup = Callable[[str], Held | None]


def evaluate(text: str, lookup: Lookup, named: Types, read: Read) -> Held:
    """The value of an expression. `lookup` gives variables (None: no such name), `named` types by
    word ('struct', '') and name. CommandError says what is wrong."""
    tree = cparse.parse(text, lambda name: lookup(name) is not None, named)
    return _Evaluator(lookup, read).value(tree)


def assigned(text: str, type_: Type, lookup: Lookup, named: Types, read: Read) -> Held:
    """The value of an expression as C converts it to be assigned to something of a type."""
    tree = cparse.parse(text, lambda name: lookup(name) is not None, named)
    evaluator = _Evaluator(lookup, read)
    held = evaluator.value(tree)
    if kinds.bare(type_).kind == "array" or (kinds.bare(type_).kind == "record" and kinds.spelled(
            held.type) != kinds.spelled(type_)):
        raise CommandError(f"a {kinds.spelled(held.type)} can't be assigned to a "
                           f"{kinds.spelled(type_)}")
    return evaluator.converted(type_, held)


def type_meant(text: str, lookup: Lookup, named: Types, read: Read) -> Type:
    """The type that a text names (`struct order *`), or that an expression has."""
    found = cparse.type_named(text, named)
    return evaluate(text, lookup, named, read).type if found is None else found


class _Evaluator(cparse.Walker[Held]):
    def __init__(self, lookup: Lookup, read: Read) -> None:
        self._lookup, self._read = lookup, read

    def literal(self, text: str) -> Held:
        return literal(text)

    def variable(self, name: str) -> Held:
        found = self._lookup(name)
        if found is None:
            raise CommandError(f"no variable is called '{name}' here")
        return found

    def size_of(self, of: Held | Type) -> Held:
        return constant(UNSIGNED, kinds.size_of(of if isinstance(of, Type) else of.type))

    def signed(self, sign: str, held: Held) -> Held:
        if sign == "*":
            return self.deref(held)
        if sign == "&":
            if held.address is None:
                raise CommandError("that has no address: it is kept in a local, not in memory")
            return constant(kinds.pointer_to(held.type), held.address)
        value = self.number(held)
        if sign == "!":
            return constant(BOOL, int(not value))
        if isinstance(value, float):
            return double(-value if sign == "-" else value)
        result = {"-": -value, "+": value, "~": ~value}[sign]
        return constant(promoted(kinds.bare(held.type)), result)

    # -- what operators do -------------------------------------------------------------------

    def deref(self, held: Held) -> Held:
        """What a pointer points to, or an array's first element."""
        type_ = kinds.bare(held.type)
        if type_.kind == "array":
            return held.item(0)
        if type_.kind != "pointer":
            raise CommandError(f"a value of type {kinds.spelled(held.type)} is no pointer")
        to = kinds.target(type_)
        if kinds.bare(to).kind == "void":
            raise CommandError("what a void * points to has no type: cast it first")
        return Held(to, self._int(held))

    def _int(self, held: Held) -> int:
        value = self.number(held)
        if isinstance(value, float):
            raise CommandError("a float can't be used there")
        return value

    def item(self, held: Held, index: Held) -> Held:
        held = rust.as_array(held, self._read)
        at, type_ = self._int(index), kinds.bare(held.type)
        if type_.kind == "array":
            if held.address is None and not 0 <= at < max(0, type_.counts[0]):
                raise CommandError(f"there is no element {at}")
            return held.item(at)
        first = self.deref(held)
        size = max(1, kinds.size_of(first.type))
        return replace(first, address=((first.address or 0) + at * size) & 0xFFFFFFFF)

    def member(self, held: Held, name: str) -> Held:
        if kinds.bare(held.type).kind == "pointer":     # a reference, or as gdb takes it
            held = self.deref(held)
        for member in path_to(held.type, name):
            held = held.member(member)
        return held

    def number(self, held: Held) -> int | float:
        """A value as a number: of an array its address."""
        type_ = kinds.bare(held.type)
        if type_.kind in ("array", "function"):
            return held.address or 0
        if type_.kind == "pointer" and type_.sign in ("&", "&&"):
            return self.number(self.deref(replace(held, type=replace(type_, sign="*"))))
        if type_.kind not in ("base", "pointer", "enum"):
            raise CommandError(f"a value of type {kinds.spelled(held.type)} is no number")
        data = held.bytes(self._read)
        if held.bits:
            value = int.from_bytes(data, "little") >> held.bit & (1 << held.bits) - 1
            signed = type_.encoding in ("int", "char") and value >> held.bits - 1
            return value - (1 << held.bits) if signed else value
        if type_.encoding == "float" and len(data) in (4, 8):
            return float(struct.unpack("<f" if len(data) == 4 else "<d", data)[0])
        return integer(type_, data)

    def converted(self, type_: Type, held: Held) -> Held:
        """A value as one of another type."""
        bare = kinds.bare(type_)
        if bare.kind not in ("base", "pointer", "enum"):
            if kinds.bare(held.type).kind == bare.kind:
                return replace(held, type=type_)
            raise CommandError(f"nothing can be cast to {kinds.spelled(type_)}")
        value = self.number(held)
        if bare.encoding == "float":
            return Held(type_, None, packed(float(value), bare.size))
        return constant(type_, int(value) if bare.encoding != "bool" else int(bool(value)))

    def joined(self, tree: Joined) -> Held:
        left, sign = self.value(tree.left), tree.sign
        if sign in ("&&", "||"):        # the right side only where the left doesn't decide
            truth = bool(self.number(left))
            if truth == (sign == "&&"):
                truth = bool(self.number(self.value(tree.right)))
            return constant(BOOL, int(truth))
        return self._compute(sign, left, self.value(tree.right))

    def _compute(self, sign: str, left: Held, right: Held) -> Held:
        a, b = self.number(left), self.number(right)
        type_ = common(kinds.bare(left.type), kinds.bare(right.type))
        if sign in COMPARE:
            if isinstance(a, int) and isinstance(b, int):
                a, b = wrapped(type_, a), wrapped(type_, b)
            return constant(BOOL, int(COMPARE[sign](a, b)))
        if (moved := self._moved(sign, left, right, a, b)) is not None:
            return moved
        if isinstance(a, float) or isinstance(b, float):
            return float_result(sign, float(a), float(b))
        if sign in "/%" and not b:
            raise CommandError("division by zero")
        if sign in ("<<", ">>") and not 0 <= b < 64:
            raise CommandError("a shift by 0 to 63 bits is needed")
        if sign in "/%":
            a, b = wrapped(type_, a), wrapped(type_, b)
        return constant(promoted(kinds.bare(left.type)) if sign in ("<<", ">>") else type_,
                        COMPUTE[sign](a, b))

    def _moved(self, sign: str, left: Held, right: Held, a: int | float, b: int | float
               ) -> Held | None:
        """Arithmetic of pointers counts in what they point to."""
        points = [kinds.bare(each.type).kind in ("pointer", "array") for each in (left, right)]
        if sign not in "+-" or not any(points) or not isinstance(a, int) or not isinstance(b, int):
            return None
        if points == [True, True]:
            size = max(1, kinds.size_of(self.deref(left).type))
            return constant(INT, (a - b) // size) if sign == "-" else None
        if points == [False, True]:
            left, right, a, b = right, left, b, a
        to = self.deref(left).type
        size = max(1, kinds.size_of(to)) * (1 if sign == "+" else -1)
        kind = kinds.pointer_to(to) if kinds.bare(left.type).kind == "array" else left.type
        return constant(kind, a + b * size)
