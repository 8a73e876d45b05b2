"""C-like expressions over source variables: `p->next[2].x + 1`, `*argv`, `&buffer`, `(long) n`.

Integers follow C's conversions as far as they can be seen: the wider and the unsigned type win.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import replace

from debugger.exchange import CommandError
from debugger.source import kinds
from debugger.source.kinds import BOOL, CHAR, DOUBLE, INT, LONG_LONG, UNSIGNED, VOID, Type
from debugger.source.values import Held, Read, integer
from debugger.tokens import LEVELS, Cursor, split

_TOKEN = re.compile(
    r"\s*(?:(?P<number>0x[0-9a-f]+u?l*|(?:\d+\.\d*|\.\d+|\d+(?=e[-+]?\d))(?:e[-+]?\d+)?f?|\d+u?l*)"
    r"|(?P<char>'(?:\\.|[^'\\])')|(?P<name>\$?[a-z_$][\w$]*(?:::~?[a-z_]\w*)*|\$\d+)"
    r"|(?P<sign>->|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^~!<>().\[\]]))", re.I)
_WORDS = {"int", "char", "long", "short", "unsigned", "signed", "float", "double", "bool", "void",
          "struct", "union", "enum", "class", "const"}
_ESCAPES = {"n": 10, "t": 9, "r": 13, "0": 0, "\\": 92, "'": 39, '"': 34, "a": 7, "b": 8}
_EXAMPLES = "count, *p, p->field or list[3]"

Lookup = Callable[[str], Held | None]
Named = Callable[[str, str], Type | None]


def evaluate(text: str, lookup: Lookup, named: Named, read: Read) -> Held:
    """The value of an expression. `lookup` gives variables (None: no such name), `named` types by
    word ('struct', '') and name. CommandError says what is wrong."""
    parser = _Parser(split(text, _TOKEN, _EXAMPLES), lookup, named, read)
    held = parser.binary(0)
    parser.end(text)
    return held


class _Parser(Cursor):
    def __init__(self, tokens: list[str], lookup: Lookup, named: Named, read: Read) -> None:
        super().__init__(tokens)
        self._lookup, self._named, self._read = lookup, named, read

    def _expect(self, sign: str) -> None:
        if self._next() != sign:
            raise CommandError(f"'{sign}' is missing in the expression")

    def binary(self, level: int) -> Held:
        """Operators of a level of precedence, and all that bind tighter."""
        if level == len(LEVELS):
            return self._unary()
        left = self.binary(level + 1)
        while self.token in LEVELS[level]:
            sign = self._next()
            left = self._compute(sign, left, self.binary(level + 1))
        return left

    def _unary(self) -> Held:
        self._deeper()
        try:
            if self.token in ("*", "&", "-", "+", "!", "~"):
                return self._signed(self._next())
            if self.token == "sizeof":
                self._next()
                return constant(UNSIGNED, kinds.size_of(self._sized()))
            cast = self._cast()
            return self._postfix() if cast is None else self._converted(cast, self._unary())
        finally:
            self._depth -= 1

    def _sized(self) -> Type:
        return self._cast() or self._unary().type

    def _signed(self, sign: str) -> Held:
        held = self._unary()
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
            return _double(-value if sign == "-" else value)
        result = {"-": -value, "+": value, "~": ~value}[sign]
        return constant(_promoted(kinds.bare(held.type)), result)

    def _cast(self) -> Type | None:
        """`(type)`, if that is what comes next."""
        if self.token != "(" or self._at + 1 >= len(self._tokens):
            return None
        start, words, at = self._at, [], self._at + 1
        while at < len(self._tokens) and re.match(r"[A-Za-z_]", self._tokens[at]):
            words.append(self._tokens[at])
            at += 1
        stars = 0
        while at < len(self._tokens) and self._tokens[at] == "*":
            stars, at = stars + 1, at + 1
        if not words or at >= len(self._tokens) or self._tokens[at] != ")":
            return None
        if words[0] not in _WORDS and self._lookup(" ".join(words)) is not None:
            return None
        type_ = self._type(words)
        if type_ is None:
            if words[0] in _WORDS or stars:
                raise CommandError(f"no type is called '{' '.join(words)}' here")
            self._at = start
            return None
        self._at = at + 1
        for _ in range(stars):
            type_ = kinds.pointer_to(type_)
        return type_

    def _type(self, words: list[str]) -> Type | None:
        words = [word for word in words if word != "const"]
        if words and words[0] in ("struct", "union", "enum", "class"):
            return self._named(words[0], " ".join(words[1:]))
        return _plain(words) or self._named("", " ".join(words))

    def _postfix(self) -> Held:
        held = self._primary()
        while self.token in ("[", ".", "->"):
            sign = self._next()
            if sign == "[":
                index = self.binary(0)
                self._expect("]")
                held = self._indexed(held, index)
            else:
                held = self._member(self.deref(held) if sign == "->" else held, self._next())
        return held

    def _primary(self) -> Held:
        token = self._next()
        if token == "(":
            held = self.binary(0)
            self._expect(")")
            return held
        if token[0].isdigit() or token[0] == ".":
            return _literal(token)
        if token[0] == "'":
            code = _ESCAPES.get(token[2], ord(token[2])) if token[1] == "\\" else ord(token[1])
            return constant(CHAR, code)
        if not re.match(r"[A-Za-z_$]", token):
            raise CommandError(f"'{token}' is not expected in the expression")
        found = self._lookup(token)
        if found is None:
            raise CommandError(f"no variable is called '{token}' here")
        return found

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

    def _indexed(self, held: Held, index: Held) -> Held:
        at, type_ = self._int(index), kinds.bare(held.type)
        if type_.kind == "array":
            if held.address is None and not 0 <= at < max(0, type_.counts[0]):
                raise CommandError(f"there is no element {at}")
            return held.item(at)
        first = self.deref(held)
        size = max(1, kinds.size_of(first.type))
        return replace(first, address=((first.address or 0) + at * size) & 0xFFFFFFFF)

    def _member(self, held: Held, name: str) -> Held:
        record = kinds.bare(held.type)
        if record.kind == "pointer" and record.sign != "*":     # a reference
            held = self.deref(held)
            record = kinds.bare(held.type)
        if record.kind != "record":
            raise CommandError(f"a value of type {kinds.spelled(held.type)} has no members")
        found = self._find(held, record, name, 0)
        if found is None:
            names = [member.name for member in kinds.members(record) if member.name]
            raise CommandError(f"{kinds.spelled(held.type)} has no member '{name}': "
                               f"{', '.join(names[:20]) or 'it is incomplete here'}")
        return found

    def _find(self, held: Held, record: Type, name: str, depth: int) -> Held | None:
        """A member, also of what has no name itself and of base classes."""
        for member in kinds.members(record):
            if member.name == name:
                return held.member(member)
            inner = kinds.bare(member.type)
            if (not member.name or member.base) and inner.kind == "record" and depth < 8:
                found = self._find(held.member(member), inner, name, depth + 1)
                if found is not None:
                    return found
        return None

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

    def _converted(self, type_: Type, held: Held) -> Held:
        bare = kinds.bare(type_)
        if bare.kind not in ("base", "pointer", "enum"):
            if kinds.bare(held.type).kind == bare.kind:
                return replace(held, type=type_)
            raise CommandError(f"nothing can be cast to {kinds.spelled(type_)}")
        value = self.number(held)
        if bare.encoding == "float":
            return Held(type_, None, _packed(float(value), bare.size))
        return constant(type_, int(value) if bare.encoding != "bool" else int(bool(value)))

    def _compute(self, sign: str, left: Held, right: Held) -> Held:
        a, b = self.number(left), self.number(right)
        if sign in ("&&", "||"):
            return constant(BOOL, int(bool(a) and bool(b) if sign == "&&" else bool(a) or bool(b)))
        if sign in _COMPARE:
            return constant(BOOL, int(_COMPARE[sign](a, b)))
        if (moved := self._moved(sign, left, right, a, b)) is not None:
            return moved
        if isinstance(a, float) or isinstance(b, float):
            return _float_result(sign, float(a), float(b))
        if sign in "/%" and not b:
            raise CommandError("division by zero")
        if sign in ("<<", ">>") and not 0 <= b < 64:
            raise CommandError("a shift by 0 to 63 bits is needed")
        return constant(_common(kinds.bare(left.type), kinds.bare(right.type)),
                        _COMPUTE[sign](a, b))

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


def _quotient(a: int, b: int) -> int:
    """As C has it: towards zero."""
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


_COMPUTE: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
    "/": _quotient, "%": lambda a, b: a - b * _quotient(a, b),
    "&": lambda a, b: a & b, "|": lambda a, b: a | b, "^": lambda a, b: a ^ b,
    "<<": lambda a, b: a << b, ">>": lambda a, b: a >> b,
}
_COMPARE: dict[str, Callable[[int | float, int | float], bool]] = {
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b,
    ">": lambda a, b: a > b, "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
}


def constant(type_: Type, value: int) -> Held:
    """An integer or pointer that lies nowhere in memory."""
    size = kinds.bare(type_).size or 4
    return Held(type_, None, (value & (1 << 8 * size) - 1).to_bytes(size, "little"))


def _double(value: float) -> Held:
    return Held(DOUBLE, None, struct.pack("<d", value))


def _packed(value: float, size: int) -> bytes:
    try:
        return struct.pack("<f" if size == 4 else "<d", value)
    except OverflowError:
        return struct.pack("<f", float("inf") if value > 0 else float("-inf"))


def _float_result(sign: str, a: float, b: float) -> Held:
    if sign == "/" and not b:
        raise CommandError("division by zero")
    if sign not in "+-*/":
        raise CommandError(f"'{sign}' is not for floats")
    return _double({"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else 0.0}[sign])


def _literal(token: str) -> Held:
    digits = token.lower()
    if not digits.startswith("0x") and ("." in digits or "e" in digits):
        return _double(float(digits.rstrip("f")))
    suffix = digits[len(digits.rstrip("ul")):]
    body = digits[:len(digits) - len(suffix)]
    value = int(body, 16) if body.startswith("0x") else int(body)
    if "u" in suffix or (body.startswith("0x") and value >> 31):
        return constant(kinds.UNSIGNED_LONG_LONG if value >> 32 else UNSIGNED, value)
    return constant(LONG_LONG if value >> 31 or suffix.count("l") > 1 else INT, value)


def _promoted(type_: Type) -> Type:
    return type_ if type_.kind == "base" and type_.size >= 4 and type_.encoding in ("int", "uint") \
        else INT


def _common(left: Type, right: Type) -> Type:
    a, b = _promoted(left), _promoted(right)
    if a.size != b.size:
        return a if a.size > b.size else b
    return b if b.encoding == "uint" else a


def _plain(words: list[str]) -> Type | None:
    """A basic type by the words that C spells it with, in any order."""
    if not words or not set(words) <= _WORDS - {"struct", "union", "enum", "class"}:
        return None
    if words == ["void"]:
        return VOID
    if "bool" in words:
        return BOOL
    if "double" in words or "float" in words:
        return DOUBLE if "double" in words else Type("base", "float", 4, "float")
    size = 1 if "char" in words else 2 if "short" in words else \
        8 if words.count("long") > 1 else 4
    unsigned = "unsigned" in words
    kind = "char" if size == 1 else "int"
    return Type("base", " ".join(words), size, ("uchar" if kind == "char" else "uint")
                if unsigned else kind)
