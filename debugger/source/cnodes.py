"""C-like expressions as typed nodes, for native code: conditions and what log-points print.

Whatever `cexpr` computes at a cursor comes out the same here; what only the cursor can tell (a
variable in several places, 128-bit floats, unsigned 64-bit division) is a CommandError that says
so. Integers are carried as 64-bit numbers that have the value of their C type.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace

from debugger.exchange import CommandError
from debugger.source import cparse, kinds
from debugger.source.carithmetic import COMPARE, common, literal, promoted
from debugger.source.cparse import Joined, Types
from debugger.source.kinds import BOOL, DOUBLE, INT, UNSIGNED, Member, Type
from debugger.source.paths import path_to
from debugger.source.placing import Spot, masked, number, plus
from debugger.source.values import integer
from gabagool.native.nodes import Binary, Const, Node, Read, Unary
from gabagool.types import F32, F64, I32, I64

_FLOATS = (F32, F64)
_SIGN = 1 << 63
_READS = {1: ("<b", "<B"), 2: ("<h", "<H"), 4: ("<i", "<I"), 8: ("<Q", "<Q")}


@dataclass(frozen=True, slots=True)
class Typed:
    """A value of a C type where it is. `bits` other than 0: so many bits from `bit` on."""

    type: Type
    spot: Spot
    bits: int = 0
    bit: int = 0


Lookup = Callable[[str], Typed | None]


def compiled(text: str, lookup: Lookup, types: Types) -> Node:
    """An expression's node; of a pointer or array it is the address."""
    tree = cparse.parse(text, lambda name: lookup(name) is not None, types)
    return _Compiler(lookup).number(_Compiler(lookup).value(tree))


def whole(type_: Type, node: Node) -> Typed:
    """A value that lies nowhere in memory."""
    return Typed(type_, Spot(value=node))


class _Compiler(cparse.Walker[Typed]):
    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    def literal(self, text: str) -> Typed:
        held = literal(text)
        if held.type.encoding == "float":
            return whole(held.type, Const(F64, int.from_bytes(held.data, "little")))
        return whole(held.type, number(integer(held.type, held.data)))

    def variable(self, name: str) -> Typed:
        found = self._lookup(name)
        if found is None:
            raise CommandError(f"no variable is called '{name}' here")
        return found

    def size_of(self, of: Typed | Type) -> Typed:
        return whole(UNSIGNED, number(kinds.size_of(of if isinstance(of, Type) else of.type)))

    # -- where values are --------------------------------------------------------------------

    def deref(self, held: Typed) -> Typed:
        """What a pointer points to, or an array's first element."""
        type_ = kinds.bare(held.type)
        if type_.kind == "array":
            return replace(held, type=kinds.target(type_))
        if type_.kind != "pointer":
            raise CommandError(f"a value of type {kinds.spelled(held.type)} is no pointer")
        to = kinds.target(type_)
        if kinds.bare(to).kind == "void":
            raise CommandError("what a void * points to has no type: cast it first")
        return Typed(to, Spot(address=self._pointer(held)))

    def _pointer(self, held: Typed) -> Node:
        return masked(self._scalar(held), 32)

    def member(self, held: Typed, name: str) -> Typed:
        if kinds.bare(held.type).kind == "pointer":
            held = self.deref(held)
        for member in path_to(held.type, name):
            held = _inside(held, member)
        return held

    def item(self, held: Typed, index: Typed) -> Typed:
        first, at = self.deref(held), self.number(index)
        if at.type in _FLOATS:
            raise CommandError("a float can't be used there")
        size = max(1, kinds.size_of(first.type))
        if first.spot.address is not None:
            return Typed(first.type, Spot(address=masked(_sum(first.spot.address, at, size), 32)))
        if not isinstance(at, Const):
            raise CommandError("that array is not kept in memory: only numbers can be its index")
        return _inside(first, Member("", first.type, at.bits * size))

    # -- values ------------------------------------------------------------------------------

    def number(self, held: Typed) -> Node:
        """The value as a number: of an array its address."""
        type_ = kinds.bare(held.type)
        if type_.kind in ("array", "function"):
            if held.spot.address is None:
                raise CommandError("that has no address: it is kept in a local, not in memory")
            return held.spot.address
        if kinds.is_reference(held.type):
            return self.number(self.deref(held))
        return self._scalar(held)

    def _scalar(self, held: Typed) -> Node:
        type_ = kinds.bare(held.type)
        if type_.kind not in ("base", "pointer", "enum"):
            raise CommandError(f"a value of type {kinds.spelled(held.type)} is no number")
        if type_.size not in _READS:
            raise CommandError(f"a {kinds.spelled(held.type)} can't be in a condition")
        if held.bits:
            return self._field(held, type_)
        spot = held.spot
        if spot.address is not None:
            return _read(type_, spot.address)
        if len(spot.parts) == 1:
            return self._scalar(Typed(held.type, spot.parts[0][0]))
        if spot.value is None:
            raise CommandError("that is kept in several places: only the cursor can tell it")
        if type_.encoding == "float":
            if spot.value.type not in _FLOATS:
                raise CommandError("a float that is kept as an integer can't be in a condition")
            return spot.value
        return _wrapped(type_, spot.value)

    def _field(self, held: Typed, type_: Type) -> Node:
        """A bit field."""
        if held.spot.address is not None:
            size = next(each for each in (1, 2, 4, 8) if 8 * each >= held.bit + held.bits)
            raw: Node = Read(I64, _READS[size][1], held.spot.address)
        elif held.spot.value is not None:
            raw = held.spot.value
        else:
            raise CommandError("that is kept in several places: only the cursor can tell it")
        up = Binary(I64, "<<", raw, number(64 - held.bit - held.bits))
        down = Binary(I64, ">>", up, number(64 - held.bits))
        return down if type_.encoding in ("int", "char") else masked(down, held.bits)

    def signed(self, sign: str, held: Typed) -> Typed:
        if sign == "*":
            return self.deref(held)
        if sign == "&":
            if held.spot.address is None:
                raise CommandError("that has no address: it is kept in a local, not in memory")
            return whole(kinds.pointer_to(held.type), held.spot.address)
        node, type_ = self.number(held), promoted(kinds.bare(held.type))
        if sign == "!":
            return whole(BOOL, Unary(I32, "!", node))
        if node.type in _FLOATS:
            if sign == "~":
                raise CommandError("~ needs an integer")
            return whole(DOUBLE, Binary(F64, "*", node, _float(-1.0 if sign == "-" else 1.0)))
        if sign == "+":
            return whole(type_, _wrapped(type_, node))
        return whole(type_, _wrapped(type_, Unary(I64, sign, _wide(node))))

    def converted(self, type_: Type, held: Typed) -> Typed:
        bare = kinds.bare(type_)
        if bare.kind not in ("base", "pointer", "enum"):
            return replace(held, type=type_)
        node = self.number(held)
        if bare.encoding == "bool":
            return whole(type_, Binary(I32, "!=", node, number(0)))
        if bare.encoding == "float":
            made = Binary(F32 if bare.size == 4 else F64, "+", node, _float(0.0))
            return whole(type_, made)
        if node.type in _FLOATS:
            raise CommandError("a condition can't make an integer of a float")
        return whole(type_, _wrapped(bare, node))

    # -- operators ---------------------------------------------------------------------------

    def joined(self, tree: Joined) -> Typed:
        sign, left, right = tree.sign, self.value(tree.left), self.value(tree.right)
        a, b = self.number(left), self.number(right)
        if sign in ("&&", "||"):
            return whole(BOOL, Binary(I32, sign, a, b))
        type_ = common(kinds.bare(left.type), kinds.bare(right.type))
        if sign in COMPARE:
            return whole(BOOL, _compared(sign, a, b, type_))
        if (moved := self._moved(sign, left, right, a, b)) is not None:
            return moved
        if a.type in _FLOATS or b.type in _FLOATS:
            if sign not in "+-*/":
                raise CommandError(f"'{sign}' is not for floats")
            return whole(DOUBLE, Binary(F64, sign, a, b))
        if sign in ("<<", ">>"):
            type_ = promoted(kinds.bare(left.type))
        if type_.size == 8 and type_.encoding == "uint" and sign in ("/", "%", ">>"):
            return whole(type_, _unsigned_shift(sign, a, b))
        if sign in "/%":
            a, b = _wrapped(type_, a), _wrapped(type_, b)
        return whole(type_, _wrapped(type_, Binary(I64, sign, _wide(a), _wide(b))))

    def _moved(self, sign: str, left: Typed, right: Typed, a: Node, b: Node) -> Typed | None:
        """Arithmetic of pointers counts in what they point to."""
        points = [kinds.bare(each.type).kind in ("pointer", "array")
                  and not kinds.is_reference(each.type) for each in (left, right)]
        if sign not in "+-" or not any(points) or a.type in _FLOATS or b.type in _FLOATS:
            return None
        if points == [True, True]:
            size = max(1, kinds.size_of(self.deref(left).type))
            return whole(INT, Binary(I64, "/", Binary(I64, "-", a, b), number(size))) \
                if sign == "-" else None
        if points == [False, True]:
            left, a, b = right, b, a
        to = self.deref(left).type
        size = max(1, kinds.size_of(to)) * (1 if sign == "+" else -1)
        kind = kinds.pointer_to(to) if kinds.bare(left.type).kind == "array" else left.type
        return whole(kind, masked(_sum(a, b, size), 32))


def _inside(held: Typed, member: Member) -> Typed:
    """What lies `member.at` bytes into a value."""
    found, at = held.spot, member.at
    for part, size in found.parts:
        if at < size:
            found = part
            break
        at -= size
    if found.address is not None:
        made = Spot(address=plus(found.address, at))
    elif found.value is not None and at < 8:
        made = found if not at else Spot(value=Binary(I64, ">>", found.value, number(8 * at)))
    else:
        raise CommandError("that is kept in several places: only the cursor can tell it")
    return Typed(member.type, made, member.bits, member.bit)


def _read(type_: Type, address: Node) -> Node:
    if type_.encoding == "float":
        if type_.size not in (4, 8):
            raise CommandError(f"a {type_.name} can't be in a condition")
        return Read(F32 if type_.size == 4 else F64, "<I" if type_.size == 4 else "<Q", address)
    signed = type_.encoding in ("int", "char")
    return Read(I64, _READS[type_.size][not signed], address)


def _wrapped(type_: Type, node: Node) -> Node:
    """The value that an integer has in a type."""
    bits = 8 * type_.size
    if isinstance(node, Const) and node.type == I64:
        value = node.bits & (1 << bits) - 1
        return number(value - (1 << bits) if type_.encoding in ("int", "char")
                      and value >> bits - 1 else value)
    if bits >= 64:
        return _wide(node)
    if type_.encoding in ("int", "char"):
        up = Binary(I64, "<<", node, number(64 - bits))
        return Binary(I64, ">>", up, number(64 - bits))
    return masked(node, bits)


def _wide(node: Node) -> Node:
    """As 64 bits: what comparisons give has 32."""
    return node if node.type == I64 else Binary(I64, "+", node, number(0))


def _sum(address: Node, index: Node, size: int) -> Node:
    if isinstance(index, Const):
        value = index.bits - (1 << 64) if index.bits >> 63 else index.bits
        return plus(address, value * size)
    return Binary(I64, "+", address, Binary(I64, "*", _wide(index), number(size)))


def _float(value: float) -> Const:
    return Const(F64, int.from_bytes(struct.pack("<d", value), "little"))


def _compared(sign: str, a: Node, b: Node, type_: Type) -> Node:
    if a.type in _FLOATS or b.type in _FLOATS:
        return Binary(I32, sign, a, b)
    if type_.encoding == "uint":
        a, b = _wrapped(type_, a), _wrapped(type_, b)
        if type_.size == 8 and sign not in ("==", "!="):      # native code compares signed numbers
            a, b = (Binary(I64, "^", each, number(_SIGN)) for each in (a, b))
    return Binary(I32, sign, a, b)


def _unsigned_shift(sign: str, a: Node, b: Node) -> Node:
    if sign != ">>" or not isinstance(b, Const) or not 0 <= b.bits < 64:
        raise CommandError(f"'{sign}' of unsigned 64-bit numbers can't be in a condition")
    return masked(Binary(I64, ">>", a, b), 64 - b.bits) if b.bits else a
