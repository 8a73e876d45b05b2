"""Bytes of memory as C's strings: a row for each text, and for what lies between them."""

from __future__ import annotations

from dataclasses import dataclass

from debugger.widgets.text import fit

_SHORTEST = 3        # characters that are taken for a text
_BYTES = 16          # of a row of what is none
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
    rows, at = [], 0
    while at < len(data):
        zeros = len(data) - at - len(data[at:].lstrip(b"\0"))
        if zeros:
            shown = f"00 × {zeros}" if zeros > 1 else "00"
            rows.append(StringRow(address + at, zeros, shown, False))
            at += zeros
            continue
        end = data.find(0, at)
        found = data[at:end if end >= 0 else len(data)]
        text = _decoded(found)
        if text is None:
            part = found[:_BYTES]
            rows.append(StringRow(address + at, len(part), fit(part.hex(" "), width), False))
            at += len(part)
            continue
        ended = end >= 0
        shown = '"' + "".join(_ESCAPES.get(c, c) for c in text) + ('"' if ended else "…")
        rows.append(StringRow(address + at, len(found) + ended, fit(shown, width), True))
        at += len(found) + ended
    return rows


def _decoded(data: bytes) -> str | None:
    """A text, None for bytes that are none. One that is cut off may end within a character."""
    for cut in range(4):
        try:
            text = data[:len(data) - cut].decode()
        except UnicodeDecodeError:
            continue
        good = len(text) >= _SHORTEST and all(c.isprintable() or c in "\n\t\r" for c in text)
        return text if good else None
    return None
