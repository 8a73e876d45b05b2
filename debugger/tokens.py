"""What the two kinds of expressions share: signs by how tightly they bind, splitting into tokens,
and a cursor over them."""

from __future__ import annotations

import re

from debugger.exchange import CommandError

# Loosest first, as in C.
LEVELS = (("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<", "<=", ">", ">="),
          ("<<", ">>"), ("+", "-"), ("*", "/", "%"))
_LONGEST = 400
_DEEPEST = 40


def split(text: str, pattern: re.Pattern[str], examples: str) -> list[str]:
    """The tokens of an expression, each the last named group of `pattern` that matched.
    CommandError for what is none, and with examples where there is nothing."""
    if len(text) > _LONGEST:
        raise CommandError("the expression is too long")
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = pattern.match(text, at)
        if not match:
            raise CommandError(f"'{text[at:].strip()}' can't be understood in '{text}'")
        tokens.append(match[match.lastgroup or 0])
        at = match.end()
    if not tokens:
        raise CommandError(f"an expression is needed, such as {examples}")
    return tokens


class Cursor:
    """Goes along tokens."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    @property
    def token(self) -> str:
        """The next one, '' behind the last."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def end(self, text: str) -> None:
        """CommandError if anything of `text` is left."""
        if self.token:
            raise CommandError(f"'{self.token}' is not expected in '{text}'")

    def _next(self) -> str:
        token = self.token
        if not token:
            raise CommandError("the expression breaks off")
        self._at += 1
        return token

    def _deeper(self) -> None:
        """One level of nesting begins; whoever calls ends it."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise CommandError("the expression is nested too deeply")
