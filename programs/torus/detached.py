"""A game without a terminal: it draws each generation into a file."""

from __future__ import annotations

import os
import time
from pathlib import Path

from programs.torus.game import Event, Game
from programs.torus.painting import text

_HOME = "\x1b[H\x1b[J"        # a terminal that shows the file draws over the last picture


def go_on(game: Game, output: Path, generations: int, rate: float) -> None:
    """So many generations, `rate` a second."""
    with output.open("w", encoding="utf-8") as file:
        for _ in range(generations):
            picture = game.picture
            file.write(f"{_HOME}process {os.getpid()}, generation {picture.generation:,}: "
                       f"{picture.alive:,} alive\n{text(picture)}\n")
            file.flush()
            time.sleep(1 / rate)
            game.send(Event.STEP)
