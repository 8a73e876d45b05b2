"""`python -m programs.torus`: the game of life on gabagool; press f to fork it."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from gabagool import GabagoolError
from programs.torus.detached import go_on
from programs.torus.game import MOST, Game

_BORDER, _BARS = 2, 5         # characters around the board: left and right, above and below


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m programs.torus", description=__doc__)
    made.add_argument("--from", metavar="FILE.gaba", type=Path, dest="file",
                      help="go on with a game that was saved or forked")
    made.add_argument("--size", metavar="WxH", help="cells of a new game; by default what fits")
    made.add_argument("--output", metavar="FILE", type=Path,
                      help="no terminal: draw into a file, and end after --generations")
    made.add_argument("--generations", type=int, default=2000, help=argparse.SUPPRESS)
    made.add_argument("--rate", type=float, default=12.0, help="generations a second")
    return made


def size_of(text: str | None) -> tuple[int, int]:
    """Cells across and down: as asked for, or what fits the terminal."""
    if text is None:
        columns, lines = shutil.get_terminal_size()
        return (min(max(columns - _BORDER, 40), MOST), min(max(2 * (lines - _BARS), 30), MOST))
    width, cross, height = text.partition("x")
    if not (cross and width.isdecimal() and height.isdecimal()
            and 3 <= int(width) <= MOST and 3 <= int(height) <= MOST):
        raise ValueError(f"--size wants two numbers from 3 to {MOST}, such as 76x40, not '{text}'")
    return int(width), int(height)


def main(argv: Sequence[str] | None = None) -> int:
    options = parser().parse_args(argv)
    try:
        game = Game.load(options.file) if options.file else Game.begin(*size_of(options.size))
        if options.output:
            go_on(game, options.output, options.generations, options.rate)
            return 0
    except (OSError, ValueError, GabagoolError) as error:
        print(f"life: {error}", file=sys.stderr)
        return 1
    from programs.torus.app import LifeApp
    app = LifeApp(game, forked=options.file is not None, rate=options.rate)
    app.run()
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(main())
