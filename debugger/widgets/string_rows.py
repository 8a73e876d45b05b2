"""Bytes of memory as C's strings: a row for each text, and for what lies between them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from debugger.widgets.text import fit

# At least so many bytes are taken for a text, up to a zero or the end.
_TEXT = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xff]{3,}(?=\0|\Z)")
_BYTES = 16          # of a row of what is none
_ZEROS = 4           # are not shown one by one
_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


@dataclass(frozen=True, slots=True)
class StringRow:
    """`length` bytes from `address` on, as a text, zeros or bytes."""

    address: int
    length: int
    text: str
    is_text: bool


def string_rows(address: int, data: bytes, width: int) -> list[StringRow]:
    """The bytes at an address in rows of at most so many cells."""
    rows: list[StringRow] = []
    between = 0
    for match in _TEXT.finditer(data):
        text = _decoded(match[0])
        if text is None:
            continue
        rows += _between(address, data, between, match.start(), width)
        ended = match.end() < len(data)
        shown = '"' + "".join(_ESCAPES.get(c, c) for c in text) + ('"' if ended else "…")
        rows.append(StringRow(address + match.start(), len(match[0]) + ended, fit(shown, width),
                              True))
        between = match.end() + ended
    return [*rows, *_between(address, data, between, len(data), width)]


def _between(address: int, data: bytes, first: int, last: int, width: int) -> Iterator[StringRow]:
    """What is no text: many zeros in one row, all else as bytes."""
    while first < last:
        part = data[first:last]
        zeros = len(part) - len(part.lstrip(b"\0"))
        if zeros >= _ZEROS:
            yield StringRow(address + first, zeros, f"{zeros} zeros", False)
            first += zeros
            continue
        end = part.find(bytes(_ZEROS))
        part = part[:min(_BYTES, end if end > 0 else _BYTES)]
        yield StringRow(address + first, len(part), fit(part.hex(" "), width), False)
        first += len(part)


def _decoded(data: bytes) -> str | None:
    """A text, None for bytes that are none. One that is cut off may end within a character."""
    for cut in range(4):
        try:
            text = data[:len(data) - cut].decode()
        except UnicodeDecodeError:
            continue
        return text if all(c.isprintable() or c in "\n\t\r" for c in text) else None
    return None
