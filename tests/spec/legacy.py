"""Unfolds the legacy `(try (do …) (catch …))`: wasm-tools reads only its plain instructions."""

from __future__ import annotations

import re

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|;;[^\n]*|\(;.*?;\)|\(\s*[\w.]*|\)', re.DOTALL)
_PARTS = {"do": "", "catch": "catch", "catch_all": "catch_all", "delegate": "delegate"}


def unfolded(text: str) -> str:
    """The same script with its lines where they were."""
    opened: list[str] = []

    def replace(match: re.Match[str]) -> str:
        token = match[0]
        if token.startswith("(") and not token.startswith("(;"):
            word = token[1:].strip()
            inside = bool(opened) and opened[-1].startswith("try")
            opened.append(word if word == "try" or (inside and word in _PARTS) else "")
            if opened[-1] == "delegate":
                opened[-2] = "try delegated"
            return f" {_PARTS.get(word, word)}" if opened[-1] else token
        if token == ")":
            closed = opened.pop()
            return " end " if closed == "try" else " " if closed else token
        return token

    return _TOKEN.sub(replace, text)
