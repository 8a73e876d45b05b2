"""How often something happened, as a sign: darker for more, by powers of two. Colour may be added;
the sign alone tells as much."""

from __future__ import annotations

SHADES = "·░▒▓█"


def level(count: int, most: int) -> int:
    """0 for none; 1 to 5, by powers of two, where `most` is 5."""
    return 1 + len(SHADES) * count.bit_length() // (most.bit_length() + 1) if count else 0


def shade(count: int, most: int) -> str:
    """The sign of a count; a blank for none."""
    return SHADES[level(count, most) - 1] if count else " "
