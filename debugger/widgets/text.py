"""Fitting words and numbers into columns."""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len, set_cell_size

_HALVES = 9     # cells from which a text has two ends
_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), "·")


def printable(text: str) -> str:
    """Names come from the module, so they may hold anything: control characters become dots."""
    return text if text.isprintable() else text.translate(_CONTROLS)


@lru_cache(maxsize=4096)
def fit(text: str, width: int) -> str:
    """`text` in at most `width` cells, ending in … where it was cut."""
    if width <= 0:
        return ""
    text = printable(text)
    if (len(text) if text.isascii() else cell_len(text)) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…"


@lru_cache(maxsize=4096)
def elide(text: str, width: int) -> str:
    """`text` in at most `width` cells, cut in its middle: of names both ends tell most."""
    text = printable(text)
    if (len(text) if text.isascii() else cell_len(text)) <= width:
        return text
    if width < _HALVES:
        return fit(text, width)
    tail = (width - 1) * 2 // 5
    cut = len(text) - tail
    while cell_len(text[cut:]) > tail:
        cut += 1
    return set_cell_size(text[:width], width - 1 - cell_len(text[cut:])) + "…" + text[cut:]


def column(text: str, width: int) -> str:
    """`text` in exactly `width` cells."""
    text = fit(text, width)
    return text + " " * (width - (len(text) if text.isascii() else cell_len(text)))


def short(number: int) -> str:
    """A count in at most four cells: 999, 4.1k, 12k, 3.1M, 12G."""
    if number < 1000:
        return str(number)
    value = float(number)
    for suffix in "kMGTPE":
        value /= 1000
        if value < 9.95:
            return f"{value:.1f}{suffix}"
        if value < 999.5:
            return f"{value:.0f}{suffix}"
    return "∞"


def size(number: int) -> str:
    """Bytes for people: 64 KiB, 1.1 MiB."""
    if number < 1024:
        return f"{number} B"
    value = float(number)
    for suffix in ("KiB", "MiB", "GiB"):
        value /= 1024
        if value < 1024 or suffix == "GiB":
            break
    return f"{value:.0f} {suffix}" if value == int(value) else f"{value:.1f} {suffix}"


def duration(seconds: float) -> str:
    """An estimate is rough, so its unit is: <1 s, 12 s, 3 min, 2 h."""
    if seconds < 1:
        return "<1 s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    if seconds < 5940:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h"
