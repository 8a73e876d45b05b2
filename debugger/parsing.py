"""The syntax of expressions: $0, $name, global[0], stack(0), i32[address], C's operators."""

from __future__ import annotations

import re
from dataclasses import dataclass

from debugger.exchange import CommandError
from debugger.tokens import LEVELS, Cursor, split

_TOKEN = re.compile(r"\s*(?:(?P<number>0x[0-9a-f_]+|\d[\d_]*(?:\.\d+)?)"
                    r"|(?P<name>\$?[A-Za-z_$][\w.$:]*|\$\d+)"
                    r"|(?P<sign>&&|\|\||==|!=|<=|>=|<<|>>|[-+*/%&|^~!<>()\[\]]))", re.I)
_UNARY = ("-", "~", "!")
_EXAMPLES = "$0, $name, stack(0) or i32[0x1000]"


@dataclass(frozen=True, slots=True)
class Number:
    text: str


@dataclass(frozen=True, slots=True)
class Name:
    """A local, a global, or what was written: old and new."""

    text: str


@dataclass(frozen=True, slots=True)
class Indexed:
    """`global[0]`, `stack(0)`, `depth()` or `i32[address]`."""

    text: str
    index: Ast | None


@dataclass(frozen=True, slots=True)
class Prefixed:
    sign: str
    operand: Ast


@dataclass(frozen=True, slots=True)
class Infix:
    sign: str
    left: Ast
    right: Ast


Ast = Number | Name | Indexed | Prefixed | Infix


def parse(text: str) -> Ast:
    """The tree of an expression; CommandError says what is wrong with it."""
    parser = _Parser(split(text, _TOKEN, _EXAMPLES))
    tree = parser.expression()
    parser.end(text)
    return tree


class _Parser(Cursor):
    def _expect(self, sign: str) -> None:
        if self.token != sign:
            raise CommandError(f"'{sign}' is missing in the expression")
        self._at += 1

    def expression(self) -> Ast:
        self._deeper()
        tree = self._level(0)
        self._depth -= 1
        return tree

    def _level(self, level: int) -> Ast:
        if level == len(LEVELS):
            return self._unary()
        tree = self._level(level + 1)
        while self.token in LEVELS[level]:
            tree = Infix(self._next(), tree, self._level(level + 1))
        return tree

    def _unary(self) -> Ast:
        signs = []
        while self.token in _UNARY:
            signs.append(self._next())
        tree = self._primary()
        for sign in reversed(signs):
            tree = Prefixed(sign, tree)
        return tree

    def _primary(self) -> Ast:
        token = self._next()
        if token == "(":
            tree = self.expression()
            self._expect(")")
            return tree
        if token[0].isdigit():
            return Number(token)
        if not (token[0].isalpha() or token[0] in "_$"):
            raise CommandError(f"'{token}' is not expected in the expression")
        if self.token == "[":
            return Indexed(token, self._enclosed("[", "]"))
        if self.token == "(":
            if token == "depth":
                self._next()
                self._expect(")")
                return Indexed(token, None)
            return Indexed(token, self._enclosed("(", ")"))
        return Name(token)

    def _enclosed(self, left: str, right: str) -> Ast:
        self._expect(left)
        tree = self.expression()
        self._expect(right)
        return tree
