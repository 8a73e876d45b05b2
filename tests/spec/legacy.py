"""Legacy exception handling in text: folded `try` made flat, which is all wasm-tools can read.

    (try $l (result i32) (do A) (catch $e B) (catch_all C))   try $l (result i32) A catch $e B …
    (try (do A) (delegate $l))                                try A delegate $l

What is taken away leaves blanks, so that lines stay what they were.
"""

from __future__ import annotations

import re

# Strings and comments are passed over, parentheses matched, and the words behind them looked at.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|;;[^\n]*|\(;.*?;\)|\(\s*[a-z_0-9.]*|\)', re.S)
_CLAUSES = ("catch", "catch_all", "delegate")


def unfold(text: str) -> str:
    """The text of a script with every folded `try` flat."""
    closings: list[str] = []          # what each open parenthesis' end becomes

    def replace(match: re.Match[str]) -> str:
        token = match[0]
        if token == ")":
            return closings.pop() if closings else token
        if not token.startswith("(") or token.startswith("(;"):
            return token
        return _open(token[1:].strip(), token, closings)

    return _TOKEN.sub(replace, text)


def _open(word: str, token: str, closings: list[str]) -> str:
    """What an opening becomes; the end of a `try` that delegates is the `delegate` itself."""
    flat = " " + token[1:]
    if word == "try":
        closings.append(" end")
        return flat
    if word == "do" or word in _CLAUSES:
        closings.append(" ")
        if word == "delegate":
            closings[-2] = " "
        return re.sub(r"\S", " ", token) if word == "do" else flat
    closings.append(")")
    return token
