"""The syntax of C-like expressions: `p->next[2].x + 1`, `*argv`, `&buffer`, `(long) n`."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from debugger.exchange import CommandError
from debugger.source import kinds
from debugger.source.carithmetic import plain_type
from debugger.source.kinds import Type
from debugger.tokens import LEVELS, Cursor, split

_TOKEN = re.compile(
    r"\s*(?:(?P<number>0x[0-9a-f]+u?l*|(?:\d+\.\d*|\.\d+|\d+(?=e[-+]?\d))(?:e[-+]?\d+)?f?|\d+u?l*)"
    r"|(?P<char>'(?:\\.|[^'\\])')|(?P<name>\$?[a-z_$][\w$]*(?:::~?[a-z_]\w*)*|\$\d+)"
    r"|(?P<sign>->|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^~!<>().\[\]]))", re.I)
_WORDS = {"int", "char", "long", "short", "unsigned", "signed", "float", "double", "bool", "void",
          "struct", "union", "enum", "class", "const"}
_RECORDS = ("struct", "union", "enum", "class")
_EXAMPLES = "count, *p, p->field or list[3]"

Known = Callable[[str], bool]                   # whether there is a variable of a name
Types = Callable[[str, str], Type | None]       # types by word ('struct', '') and name


@dataclass(frozen=True, slots=True)
class Literal:
    """A number or character as it was written."""

    text: str


@dataclass(frozen=True, slots=True)
class Variable:
    name: str


@dataclass(frozen=True, slots=True)
class Part:
    """`of.name`, or `of->name`."""

    of: Tree
    name: str
    arrow: bool


@dataclass(frozen=True, slots=True)
class Item:
    """`of[index]`."""

    of: Tree
    index: Tree


@dataclass(frozen=True, slots=True)
class Signed:
    """One of * & - + ! ~ before an operand."""

    sign: str
    of: Tree


@dataclass(frozen=True, slots=True)
class Joined:
    sign: str
    left: Tree
    right: Tree


@dataclass(frozen=True, slots=True)
class Cast:
    to: Type
    of: Tree


@dataclass(frozen=True, slots=True)
class SizeOf:
    """The size of a type, or of what a value has."""

    of: Tree | Type


Tree = Literal | Variable | Part | Item | Signed | Joined | Cast | SizeOf


V = TypeVar("V")


class Walker(ABC, Generic[V]):
    """Goes through a tree, and makes a value of each part of it."""

    def value(self, tree: Tree) -> V:
        if isinstance(tree, Literal):
            return self.literal(tree.text)
        if isinstance(tree, Variable):
            return self.variable(tree.name)
        if isinstance(tree, Part):
            of = self.value(tree.of)
            return self.member(self.deref(of) if tree.arrow else of, tree.name)
        if isinstance(tree, Item):
            return self.item(self.value(tree.of), self.value(tree.index))
        if isinstance(tree, Signed):
            return self.signed(tree.sign, self.value(tree.of))
        if isinstance(tree, Joined):
            return self.joined(tree)
        if isinstance(tree, Cast):
            return self.converted(tree.to, self.value(tree.of))
        return self.size_of(tree.of if isinstance(tree.of, Type) else self.value(tree.of))

    @abstractmethod
    def literal(self, text: str) -> V: ...

    @abstractmethod
    def variable(self, name: str) -> V: ...

    @abstractmethod
    def member(self, of: V, name: str) -> V: ...

    @abstractmethod
    def deref(self, of: V) -> V: ...

    @abstractmethod
    def item(self, of: V, index: V) -> V: ...

    @abstractmethod
    def signed(self, sign: str, of: V) -> V: ...

    @abstractmethod
    def joined(self, tree: Joined) -> V: ...

    @abstractmethod
    def converted(self, type_: Type, held: V) -> V: ...

    @abstractmethod
    def size_of(self, of: V | Type) -> V: ...


def parse(text: str, known: Known, types: Types) -> Tree:
    """The tree of an expression; CommandError says what is wrong with it. Whether `(name) -1` is
    a cast depends on what `name` is."""
    parser = _Parser(split(text, _TOKEN, _EXAMPLES), known, types)
    tree = parser.binary(0)
    parser.end(text)
    return tree


def type_named(text: str, types: Types) -> Type | None:
    """The type of that name, with `*` after it for pointers; None if there is none."""
    name = text.rstrip("* \t")
    words = [word for word in name.split() if word != "const"]
    if not words or not all(re.fullmatch(r"[\w:<>,&\[\]]+", word) for word in words):
        return None
    if words[0] in _RECORDS:
        found = types(words[0], " ".join(words[1:]))
    else:
        found = plain_type(words) or types("", " ".join(words))
    for _ in range(text.count("*", len(name)) if found is not None else 0):
        found = kinds.pointer_to(found or kinds.VOID)
    return found


class _Parser(Cursor):
    def __init__(self, tokens: list[str], known: Known, types: Types) -> None:
        super().__init__(tokens)
        self._known, self._types = known, types

    def _expect(self, sign: str) -> None:
        if self._next() != sign:
            raise CommandError(f"'{sign}' is missing in the expression")

    def binary(self, level: int) -> Tree:
        """Operators of a level of precedence, and all that bind tighter."""
        if level == len(LEVELS):
            return self._unary()
        left = self.binary(level + 1)
        while self.token in LEVELS[level]:
            left = Joined(self._next(), left, self.binary(level + 1))
        return left

    def _unary(self) -> Tree:
        self._deeper()
        try:
            if self.token in ("*", "&", "-", "+", "!", "~"):
                return Signed(self._next(), self._unary())
            if self.token == "sizeof":
                self._next()
                return SizeOf(self._cast() or self._unary())
            cast = self._cast()
            return self._postfix() if cast is None else Cast(cast, self._unary())
        finally:
            self._depth -= 1

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
        if words[0] not in _WORDS and self._known(" ".join(words)):
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
        if words and words[0] in _RECORDS:
            return self._types(words[0], " ".join(words[1:]))
        return plain_type(words) or self._types("", " ".join(words))

    def _postfix(self) -> Tree:
        tree = self._primary()
        while self.token in ("[", ".", "->"):
            sign = self._next()
            if sign == "[":
                tree = Item(tree, self.binary(0))
                self._expect("]")
            else:
                tree = Part(tree, self._next(), sign == "->")
        return tree

    def _primary(self) -> Tree:
        token = self._next()
        if token == "(":
            tree = self.binary(0)
            self._expect(")")
            return tree
        if token[0].isdigit() or token[0] in ".'":
            return Literal(token)
        if not re.match(r"[A-Za-z_$]", token):
            raise CommandError(f"'{token}' is not expected in the expression")
        return Variable(token)
