"""The last word on what goes to the terminal: no colours, or nothing but ASCII.

Both act on finished lines, so no pane, border or list of anyone's can slip past them.
"""

from __future__ import annotations

from functools import lru_cache
from unicodedata import normalize

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

# One sign for one, so that no column moves. In each lane of the timeline all stay different.
_SIGNS = {
    " ": " ", "·": ".", "…": "~", "┄": ".", "╵": "'", "►": ">", "▸": "+", "▾": "-", "→": ">",
    "←": "<", "↑": "^", "↓": "v", "↯": "!", "↷": ")", "✖": "X", "■": "#", "▲": "^", "◌": "?",
    "●": "*", "○": "o", "◆": "?", "◇": "!", "✎": "\"", "±": "~", "×": "x", "≤": "<", "≥": ">",  # noqa: RUF001
    "▁": "_", "▂": ".", "▃": "-", "▄": "=", "▅": "+", "▆": "*", "▇": "%", "█": "#",
    "░": ".", "▒": ":", "▓": "%", "▏": "|", "▎": "|", "▍": "|", "▌": "|", "▋": "|", "▊": "|",
    "▉": "#", "▔": "-", "▕": "|", "▐": "|", "▀": "-", "“": "\"", "”": "\"", "‘": "'", "’": "'",  # noqa: RUF001
    "–": "-", "—": "-", "•": "*", "∞": "8", "⑂": "Y", "━": "=", "┃": "|", "╸": "=", "╺": "=",  # noqa: RUF001
}  # fmt: skip
_BORDERS = "─┄╌═", "│╎║", "┌┐└┘├┤┬┴┼┏┓┗┛╭╮╰╯╔╗╚╝"


@lru_cache(maxsize=16384)
def ascii_of(text: str) -> str:
    """The text in ASCII, cell for cell."""
    return text if text.isascii() else "".join(map(_sign, text))


@lru_cache(maxsize=4096)
def _sign(character: str) -> str:
    if character.isascii():
        return character
    if character in _SIGNS:
        return _SIGNS[character]
    for sign, characters in zip("-|+", _BORDERS, strict=True):
        if character in characters:
            return sign
    bare = normalize("NFKD", character)[0]
    width = cell_len(character)
    return bare if bare.isascii() and bare.isprintable() and width == 1 else "?" * width


class Ascii(LineFilter):
    """For terminals and fonts that know no more."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Every sign by one of ASCII."""
        return [Segment(ascii_of(text), style, control) for text, style, control in segments]


class Colourless(LineFilter):
    """Keeps bold, dim, underlined and reversed, and the terminal's own two colours."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Without colours."""
        return [Segment(text, None if style is None else style.without_color, control)
                for text, style, control in segments]
