"""Step numbers as people write and read them: 1234, 1,234, 1.5M, 50%, +1k, -3, $, start, 'a."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from debugger.exchange import CommandError

_NUMBER = re.compile(r"(?P<digits>\d[\d,_]*(?:\.\d+)?|\.\d+)(?P<unit>[kmgb%]|e\d{1,2})?",
                     re.I | re.ASCII)
_UNITS = {"k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9}
_FORMS = "a step like 1234, 1.5M, 50%, +1k, -3, start, end or 'a"


def parse_step(text: str, cursor: int, total: int, marks: Mapping[str, int]) -> int:
    """The absolute step that `text` means at `cursor` in a recording of `total` steps."""
    word = text.strip().lower()
    if word in ("0", "^", "start", "begin"):
        return 0
    if word in ("$", "end"):
        return total
    if word.startswith("'"):
        return _mark(word[1:], marks)
    sign = word[:1] if word[:1] in ("+", "-") else ""
    amount = parse_count(word[len(sign):], total)
    if amount is None:
        raise CommandError(f"'{text.strip()}' is not {_FORMS}")
    return max(0, {"+": cursor + amount, "-": cursor - amount, "": amount}[sign])


def parse_count(text: str, total: int = 0) -> int | None:
    """A number of steps without a sign, or None if it isn't one. Percent are of `total`."""
    match = _NUMBER.fullmatch(text.strip())
    if not match:
        return None
    value = Fraction(match["digits"].replace(",", "").replace("_", ""))
    unit = (match["unit"] or "").lower()
    if unit == "%":
        value = value * total / 100
    elif unit.startswith("e"):
        value *= 10 ** int(unit[1:])
    else:
        value *= _UNITS.get(unit, 1)
    return round(value)


def _mark(letter: str, marks: Mapping[str, int]) -> int:
    if letter not in marks:
        known = ", ".join(sorted(marks)) or "none"
        raise CommandError(f"no mark '{letter}' (marks: {known})")
    return marks[letter]


def grouped(step: int) -> str:
    """A step number for reading: 1,204,331,882."""
    return f"{step:,}"


def counted(n: int, noun: str) -> str:
    """'1 step', '50 steps'."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
