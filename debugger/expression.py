"""Expressions over guest state: $0, $name, global[0], stack(0), i32[address], + - * and ().

Integers are computed in the type of the first operand that has one, wrapping as wasm does;
numbers written in the expression take the type of the other operand.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from debugger.exchange import CommandError
from debugger.values import float_of, signed
from debugger.views import StateView, Value
from gabagool.types import F32, F64, I32, I64, V128, ValType

_TOKEN = re.compile(r"\s*(?:(?P<number>0x[0-9a-f_]+|\d[\d_]*(?:\.\d+)?)"
                    r"|(?P<name>\$?[A-Za-z_$][\w.$:]*|\$\d+)|(?P<sign>[-+*()\[\]]))", re.I)
_NUMBERS = {"i32": I32, "i64": I64, "f32": F32, "f64": F64}
_TYPES = _NUMBERS | {"v128": V128}
# What NAME[address] reads: bytes, whether with a sign, and the type of the result.
_READS = {"i8": (1, True, I32), "u8": (1, False, I32), "i16": (2, True, I32),
          "u16": (2, False, I32), "i32": (4, False, I32), "u32": (4, False, I64),
          "i64": (8, False, I64), "u64": (8, False, I64), "f32": (4, False, F32),
          "f64": (8, False, F64), "v128": (16, False, V128)}
_WIDTHS = {I32: 32, F32: 32, V128: 128}
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Typed:
    """A computed value. `type` is None for a number that was written in the expression."""

    type: ValType | None
    bits: int
    text: str = ""          # how the view shows it, where it was taken from one as it is

    @property
    def number(self) -> int | float:
        if self.type in (F32, F64):
            return float_of(self.type, self.bits)
        return signed(self.bits, _WIDTHS.get(self.type or I64, 64))

    @property
    def address(self) -> int:
        """The value as a memory address: i32 is unsigned there."""
        if self.type in (F32, F64, V128):
            raise CommandError(f"a {'vector' if self.type == V128 else 'float'} is no address")
        return self.bits


def evaluate(text: str, state: StateView, read: Callable[[int, int], bytes]) -> Typed:
    """The value of an expression at a cursor; `read(address, size)` reads memory 0."""
    if len(text) > _LONGEST:
        raise CommandError("the expression is too long")
    parser = _Parser(_tokens(text), state, read)
    value = parser.sum()
    if parser.token:
        raise CommandError(f"'{parser.token}' is not expected in '{text}'")
    return value


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match:
            raise CommandError(f"'{text[at:].strip()}' can't be understood in '{text}'")
        tokens.append(match[match.lastgroup or 0])
        at = match.end()
    if not tokens:
        raise CommandError("an expression is needed, such as $0, $name, stack(0) or i32[0x1000]")
    return tokens


class _Parser:
    def __init__(self, tokens: list[str], state: StateView,
                 read: Callable[[int, int], bytes]) -> None:
        self._tokens = tokens
        self._at = 0
        self._state = state
        self._read = read

    @property
    def token(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self.token
        if not token:
            raise CommandError("the expression breaks off")
        self._at += 1
        return token

    def _expect(self, sign: str) -> None:
        if self.token != sign:
            raise CommandError(f"'{sign}' is missing in the expression")
        self._at += 1

    def sum(self) -> Typed:
        value = self._product()
        while self.token in ("+", "-"):
            value = _compute(self._next(), value, self._product())
        return value

    def _product(self) -> Typed:
        value = self._unary()
        while self.token == "*":
            value = _compute(self._next(), value, self._unary())
        return value

    def _unary(self) -> Typed:
        if self.token == "-":
            self._next()
            return _compute("-", Typed(None, 0), self._unary())
        return self._primary()

    def _primary(self) -> Typed:
        token = self._next()
        if token == "(":
            value = self.sum()
            self._expect(")")
            return value
        if token[0].isdigit():
            return _literal(token)
        if self.token == "[" and token in _READS:
            return self._load(token)
        if token == "stack" and self.token == "(":
            return _at(self._state.stack, self._enclosed("(", ")").number,
                       "the operand stack has")
        if token == "global" and self.token == "[":
            return _at(self._state.globals, self._enclosed("[", "]").number, "there are")
        return _named(token, self._state)

    def _load(self, kind: str) -> Typed:
        address = self._enclosed("[", "]").address
        size, sign, type_ = _READS[kind]
        value = int.from_bytes(self._read(address, size), "little", signed=sign)
        return Typed(type_, value & (1 << _WIDTHS.get(type_, 64)) - 1)

    def _enclosed(self, left: str, right: str) -> Typed:
        self._expect(left)
        value = self.sum()
        self._expect(right)
        return value


def _literal(token: str) -> Typed:
    if "." in token:
        return Typed(F64, struct.unpack("<Q", struct.pack("<d", float(token)))[0])
    try:
        return Typed(None, int(token, 16 if token[:2].lower() == "0x" else 10) & (1 << 64) - 1)
    except ValueError:
        raise CommandError(f"'{token}' is not a number") from None


def _at(values: Sequence[Value], index: int | float, what: str) -> Typed:
    if not 0 <= index < len(values):
        raise CommandError(f"{what} {len(values)} value{'s' * (len(values) != 1)}, "
                           f"so there is no number {index}")
    return _typed(values[int(index)])


def _named(token: str, state: StateView) -> Typed:
    if token[0] == "$" and token[1:].isdigit():
        return _at(state.locals, int(token[1:]), "this frame has")
    wanted = token.lstrip("$")
    for value in (*state.locals, *state.globals):
        if value.name.lstrip("$") == wanted:
            return _typed(value)
    raise CommandError(f"no local or global is called '{token}' here; memory is read as "
                       "i32[address]")


def _typed(value: Value) -> Typed:
    return Typed(_TYPES.get(value.type, 0), value.bits, value.text)


def _compute(sign: str, left: Typed, right: Typed) -> Typed:
    type_ = left.type if left.type is not None else right.type
    if type_ is not None and type_ not in _NUMBERS.values():
        raise CommandError("there is no arithmetic on references and vectors")
    a, b = left.number, right.number
    result = a + b if sign == "+" else a - b if sign == "-" else a * b
    if isinstance(result, float) or type_ in (F32, F64):
        return _float(type_ if type_ in (F32, F64) else F64, float(result))
    return Typed(type_, result & ((1 << 32) - 1 if type_ == I32 else (1 << 64) - 1))


def _float(type_: ValType | None, value: float) -> Typed:
    if type_ == F64:
        return Typed(F64, struct.unpack("<Q", struct.pack("<d", value))[0])
    try:
        return Typed(F32, struct.unpack("<I", struct.pack("<f", value))[0])
    except OverflowError:
        return Typed(F32, 0x7F800000 if value > 0 else 0xFF800000)
