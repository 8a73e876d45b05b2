"""Makes every picture in this directory anew, from the real app on the repository's programs.

    python screenshots/make.py [NAME...]

Each picture is a script of keys; see PICTURES. The app runs without a terminal, so this works
anywhere, and the same recording always gives the same picture.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))

from textual.pilot import Pilot  # noqa: E402

from debugger.app import DebuggerApp  # noqa: E402
from debugger.screens.main import MainScreen  # noqa: E402
from debugger.session import Session  # noqa: E402
from debugger.styles.themes import DARK, LIGHT  # noqa: E402
from gabagool.wasi.options import WasiOptions  # noqa: E402
from programs.torus.app import LifeApp  # noqa: E402
from programs.torus.game import Event, Game  # noqa: E402

_REST = 0.25
# The pictures stand alone: a viewer takes the monospaced font it has.
_FONT_FACE = re.compile(r"\s*@font-face \{.*?\}", re.S)
_PATIENCE = 120.0
_TORUS, _GENERATIONS = "torus", 160


@dataclass(frozen=True)
class Picture:
    """A program and what to press. 'g=50%' is a key that asks for something, and the answer."""

    name: str
    program: str
    keys: Sequence[str] = ()
    args: Sequence[str] = ()
    invoke: str | None = None
    dirs: Sequence[str] = ()
    size: tuple[int, int] = (120, 40)
    theme: str = DARK


PICTURES = (
    Picture("corruption", "corruption", ("c", "@=0x101e0")),
    Picture("found", "corruption", ("c", "@=0x101e0", "W", "m", "a", *"++++")),
    Picture("stair_climb", "stair_climb", (*["down"] * 8, "b", "9", "c", "m", "a", "c"),
            ("20",), "stair_climb"),
    Picture("life", "life", ("c", ":=break draw", *"CC", "f", "m", "a", *"CC", "f", *"SS"),
            ("56",), theme=LIGHT),
    Picture("narrow", "oob", ("c", "5", "0", "0", "S"), size=(80, 24)),
    Picture("exports", "billion", ("enter", *"3e8")),
    Picture("help", "hello", ("?",)),
)


async def rest(pilot: Pilot[None]) -> None:
    """Until nothing has been running for a while."""
    quiet, start = 0.0, time.monotonic()
    last = start
    while quiet < _REST:
        await pilot.pause(0.02)
        now = time.monotonic()
        if now - start > _PATIENCE:
            raise TimeoutError("the app doesn't come to rest")
        screen = pilot.app.screen
        busy = isinstance(screen, MainScreen) and not (screen.driver.idle and screen.shown)
        quiet = 0.0 if busy else quiet + now - last
        last = now


async def press(pilot: Pilot[None], key: str) -> None:
    """One key, or one with the answer to what it asks."""
    opener, asks, answer = key.partition("=")
    await pilot.press(*((opener, *answer, "enter") if asks else (key,)))
    await rest(pilot)


async def make(picture: Picture) -> None:
    """Runs the app and saves what it shows."""
    session = Session.open(
        ROOT / "programs" / f"{picture.program}.wasm",
        invoke=picture.invoke,
        args=picture.args,
        wasi=WasiOptions(dir=picture.dirs),
    )
    try:
        app = DebuggerApp(session)
        app.theme = picture.theme
        async with app.run_test(size=picture.size) as pilot:
            await rest(pilot)
            for key in picture.keys:
                await press(pilot, key)
            write(picture.name, app.export_screenshot())
    finally:
        session.close()


def write(name: str, svg: str) -> None:
    (HERE / f"{name}.svg").write_text(_FONT_FACE.sub("", svg), encoding="utf-8")
    print(f"{name}.svg")


async def make_torus() -> None:
    """The game of life that can be forked (programs/torus), as a fork shows it."""
    game = Game.begin(118, 70)
    for _ in range(_GENERATIONS):
        game.send(Event.STEP)
    app = LifeApp(game, forked=True, paused=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(_REST)
        await pilot.press("right", "right", "enter", "down", "enter")
        await pilot.pause(_REST)
        # The process is another one each time.
        write(_TORUS, re.sub(r"process&#160;\d+", "process&#160;4711", app.export_screenshot()))


def main(names: Sequence[str]) -> None:
    """Makes the named pictures, or all."""
    unknown = set(names) - {_TORUS, *(picture.name for picture in PICTURES)}
    if unknown:
        sys.exit(f"no picture {', '.join(sorted(unknown))}")
    for picture in PICTURES:
        if not names or picture.name in names:
            asyncio.run(make(picture))
    if not names or _TORUS in names:
        asyncio.run(make_torus())


if __name__ == "__main__":
    main(sys.argv[1:])
