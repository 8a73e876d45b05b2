"""Cells as characters: two in each as half blocks, or eight as Braille dots where room is short."""

from __future__ import annotations

from dataclasses import dataclass

from programs.torus.game import Picture

_UPPER, _LOWER, _FULL = "▀", "▄", "█"
# Dots of a Braille character, by column and row.
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_YOUNG = (1, 4)           # ages up to which a cell is new, and young


@dataclass(frozen=True, slots=True)
class Scale:
    """Cells in a character: columns and rows."""

    columns: int
    rows: int

    def fits(self, picture: Picture, width: int, height: int) -> bool:
        return (picture.width <= width * self.columns
                and picture.height <= height * self.rows)


HALVES, BRAILLE = Scale(1, 2), Scale(2, 4)


def scale_for(picture: Picture, width: int, height: int) -> Scale:
    """The larger one that shows all of the picture in so many characters; else the smaller."""
    return HALVES if HALVES.fits(picture, width, height) else BRAILLE


def tone(age: int) -> str:
    """What a cell looks like by its age: 'dead', 'new', 'young' or 'old'."""
    if age == 0:
        return "dead"
    return "new" if age <= _YOUNG[0] else "young" if age <= _YOUNG[1] else "old"


def halves(picture: Picture, x: int, y: int) -> tuple[str, str, str]:
    """The character that shows cells (x, y) and (x, y+1), and the tones of its ink and paper."""
    above = tone(picture.age(x, y))
    below = tone(picture.age(x, y + 1)) if y + 1 < picture.height else "dead"
    if above == below:
        return (" " if above == "dead" else _FULL), above, "dead"
    if above == "dead":
        return _LOWER, below, "dead"
    return _UPPER, above, below


def braille(picture: Picture, x: int, y: int) -> tuple[str, str, str]:
    """The character that shows 2 by 4 cells, and the tone of the youngest of them."""
    dots, youngest = 0, 0
    for dx, column in enumerate(_DOTS):
        for dy, dot in enumerate(column):
            inside = x + dx < picture.width and y + dy < picture.height
            age = picture.age(x + dx, y + dy) if inside else 0
            if age:
                dots |= dot
                youngest = min(youngest or age, age)
    return (chr(0x2800 + dots) if dots else " "), tone(youngest), "dead"


def text(picture: Picture) -> str:
    """The picture in plain half blocks, a line for each two rows."""
    return "\n".join("".join(halves(picture, x, y)[0] for x in range(picture.width)).rstrip()
                     for y in range(0, picture.height, 2))
