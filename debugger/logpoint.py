"""What a log-point prints: text with values in it, as printf's %d or as {expression}."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from debugger.exchange import CommandError
from debugger.values import float_of, format_value, short_value, signed
from gabagool.types import F32, F64, I32, ValType

_QUOTED = re.compile(r'\s*"(?P<text>(?:[^"\\]|\\.)*)"\s*(?P<rest>,.*)?', re.S)
_FIELD = re.compile(r"%(?P<flags>[-0 +#]*\d*(?:\.\d+)?)(?:ll|l|h|z)?(?P<letter>[duxXcfgep%])"
                    r"|\{(?P<expression>[^{}]+)\}")
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "r": "\r"}


@dataclass(frozen=True, slots=True)
class Message:
    """`pieces` are literal text, or (number of an expression, how to show it)."""

    text: str
    pieces: tuple[str | tuple[int, str], ...]
    expressions: tuple[str, ...]

    def filled(self, values: Sequence[int | None], types: Sequence[ValType]) -> str:
        """The text with values, by their bits; <unavailable> for those that there aren't."""
        shown = []
        for piece in self.pieces:
            if isinstance(piece, str):
                shown.append(piece)
            else:
                bits = values[piece[0]]
                shown.append("<unavailable>" if bits is None
                             else _shown(piece[1], types[piece[0]], bits))
        return "".join(shown)


def parse_message(text: str) -> Message:
    """`"n = %d", $n` or `"n = {$n}"`; without quotes the whole text is taken as it is."""
    match = _QUOTED.fullmatch(text)
    template = re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[0]), match["text"]) if match else (
        text.strip())
    given = _split(match["rest"][1:]) if match and match["rest"] else []
    if not template:
        raise CommandError('a log-point needs something to print: "n = %d", $n')
    pieces: list[str | tuple[int, str]] = []
    expressions = list(given)
    at = used = 0
    for field in _FIELD.finditer(template):
        pieces.append(template[at:field.start()])
        at = field.end()
        if field["expression"]:
            pieces.append((len(expressions), ""))
            expressions.append(field["expression"])
        elif field["letter"] == "%":
            pieces.append("%")
        elif used == len(given):
            raise CommandError(f"'{field[0]}' in the text has no expression after it")
        else:
            pieces.append((used, field["flags"] + field["letter"]))
            used += 1
    if used < len(given):
        raise CommandError(f"nothing in the text prints '{given[used]}'")
    pieces.append(template[at:])
    return Message(text.strip(), tuple(p for p in pieces if p), tuple(expressions))


def _split(text: str) -> list[str]:
    """Expressions between commas."""
    return [part.strip() for part in text.split(",")]


def _shown(how: str, type_: ValType, bits: int) -> str:
    if not how:
        return short_value(format_value(type_, bits))
    flags, letter = how[:-1], how[-1]
    width = 32 if type_ in (I32, F32) else 64
    if letter in "fge":
        number = float_of(type_, bits) if type_ in (F32, F64) else float(signed(bits, width))
        return f"%{flags}{letter}" % number
    if letter == "c":
        return chr(bits & 0xFF)
    if letter == "p":
        return f"{bits:#x}"
    if type_ in (F32, F64):
        value = float_of(type_, bits)
        return f"%{flags}{letter}" % (int(value) if value == value and abs(value) < 1e300 else 0)
    return f"%{flags}{'d' if letter == 'u' else letter}" % (
        signed(bits, width) if letter == "d" else bits)
