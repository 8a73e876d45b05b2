"""The game of life that can be forked: what it plays, shows, and hands over to other processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from programs.torus import app as life
from programs.torus.__main__ import main, size_of
from programs.torus.app import LifeApp
from programs.torus.board import Board
from programs.torus.forking import fork
from programs.torus.game import Event, Game, Picture
from programs.torus.painting import BRAILLE, HALVES, scale_for, text

ROOT = Path(__file__).parents[2]


def cells(picture: Picture) -> set[tuple[int, int]]:
    return {(i % picture.width, i // picture.width) for i, age in enumerate(picture.cells) if age}


def stepped(alive: set[tuple[int, int]], width: int, height: int) -> set[tuple[int, int]]:
    """The rules, once more."""
    def around(x: int, y: int) -> int:
        return sum(((x + dx) % width, (y + dy) % height) in alive
                   for dx in (-1, 0, 1) for dy in (-1, 0, 1) if dx or dy)
    return {(x, y) for x in range(width) for y in range(height)
            if around(x, y) == 3 or (around(x, y) == 2 and (x, y) in alive)}


def test_it_plays_by_the_rules() -> None:
    game = Game.begin(33, 21)
    alive = cells(game.picture)
    assert len(alive) > 100
    for generation in range(1, 16):
        game.send(Event.STEP)
        alive = stepped(alive, 33, 21)
        assert cells(game.picture) == alive and game.picture.generation == generation


def test_it_can_be_edited() -> None:
    game = Game.begin(20, 20)
    game.send(Event.CLEAR)
    for x in (3, 4, 5):
        game.toggle(x, 7)
    assert cells(game.picture) == {(3, 7), (4, 7), (5, 7)}
    game.toggle(4 + 20, 7 - 20)                 # it is a torus
    assert game.picture.alive == 2
    game.send(Event.MIRROR, 5)
    alive = cells(game.picture)
    assert alive == {(19 - x, y) for x, y in alive} == {(x, 19 - y) for x, y in alive}


def test_saved_it_goes_on_from_the_same_generation(tmp_path: Path) -> None:
    game = Game.begin(30, 30)
    for _ in range(20):
        game.send(Event.STEP)
    assert game.save(tmp_path / "x.gaba") < 10_000
    other = Game.load(tmp_path / "x.gaba")
    assert other.picture == game.picture
    for each in (game, other):
        for _ in range(10):
            each.send(Event.STEP)
    assert other.picture == game.picture and other.machine.step == game.machine.step
    other.toggle(15, 15)
    assert len(cells(other.picture) ^ cells(game.picture)) == 1


def test_scales() -> None:
    picture = Picture(78, 38, 0, bytes(78 * 38))
    assert scale_for(picture, 78, 19) == HALVES
    assert scale_for(picture, 77, 19) == scale_for(picture, 39, 10) == BRAILLE
    glider = Picture(4, 3, 0, bytes([0, 1, 0, 0, 0, 0, 1, 0, 1, 1, 1, 0]))
    assert text(glider) == " ▀▄\n▀▀▀"


def test_sizes(capsys: pytest.CaptureFixture[str]) -> None:
    assert size_of("76x40") == (76, 40)
    assert main(["--size", "2x9"]) == 1
    assert "two numbers from 3 to 256" in capsys.readouterr().err
    assert main(["--from", "nowhere.gaba"]) == 1
    assert "nowhere.gaba" in capsys.readouterr().err


# -- forks -----------------------------------------------------------------------------------

def wait_for(found: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not found():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.fixture
def played() -> Iterator[Game]:
    game = Game.begin(40, 30)
    for _ in range(50):
        game.send(Event.STEP)
    yield game


def test_a_fork_is_a_process_of_its_own(played: Game) -> None:
    made = fork(played, environment={})
    assert made.process is not None and made.output is not None
    try:
        output = made.output
        wait_for(lambda: output.exists() and output.read_text().count("generation") > 3, "no fork")
        first, second, *_ = output.read_text().split("\x1b[H\x1b[J")[1:]
        assert first.startswith(f"process {made.process.pid}, generation 50:")
        assert first.partition("\n")[2] == text(played.picture) + "\n"
        played.send(Event.STEP)
        assert second.partition("\n")[2] == text(played.picture) + "\n"
        assert str(output) in made.message
    finally:
        made.process.kill()
        made.process.wait()
        shutil.rmtree(made.file.parent)


def test_a_fork_gets_a_pane_in_tmux(tmp_path: Path) -> None:
    if shutil.which("tmux") is None:
        pytest.skip("needs tmux")
    socket = f"gaba-test-{os.getpid()}"

    def tmux(*words: str) -> str:
        return subprocess.run(["tmux", "-L", socket, *words], capture_output=True, text=True,
                              timeout=30).stdout

    environment = [word for name in ("PYTHONPATH", "GABAGOOL_CACHE") if os.environ.get(name)
                   for word in ("-e", f"{name}={os.environ[name]}")]
    tmux("-f", os.devnull, "new-session", "-d", "-x", "100", "-y", "30", "-c", str(ROOT),
         *environment, f"{sys.executable} -m programs.torus --rate 4")
    try:
        wait_for(lambda: "alive" in tmux("capture-pane", "-p"), "no game")
        tmux("send-keys", "space", "f")
        wait_for(lambda: len(tmux("list-panes").splitlines()) == 2, "no pane")
        parent, child = tmux("list-panes", "-F", "#{pane_id}").split()
        wait_for(lambda: "forked at" in tmux("capture-pane", "-p", "-t", child), "no fork")
        ours = tmux("capture-pane", "-p", "-t", parent).splitlines()[0]
        theirs = tmux("capture-pane", "-p", "-t", child).splitlines()[0]
        generation = ours.split("generation ")[1].split(" ")[0]
        assert f"forked at {generation}" in theirs
    finally:
        tmux("kill-server")


# -- the screen ------------------------------------------------------------------------------

WIDE, NARROW = (120, 40), (80, 24)


@pytest.fixture
def fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getpid", lambda: 4711)


def game_of(size: tuple[int, int], generations: int = 60) -> Game:
    game = Game.begin(size[0] - 2, 2 * (size[1] - 5))
    for _ in range(generations):
        game.send(Event.STEP)
    return game


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_looks(size: tuple[int, int], fixed: None, snap_compare: Callable[..., bool]) -> None:
    async def edit(pilot: Pilot[None]) -> None:
        await pilot.press("right", "right", "enter", "down", "enter")

    assert snap_compare(LifeApp(game_of(size), forked=True, paused=True), terminal_size=size,
                        run_before=edit)


def test_looks_in_half_a_window(fixed: None, snap_compare: Callable[..., bool]) -> None:
    app = LifeApp(game_of(WIDE), paused=True)
    assert snap_compare(app, terminal_size=(60, 40))


async def test_keys_and_mouse(monkeypatch: pytest.MonkeyPatch) -> None:
    app = LifeApp(game_of(NARROW), paused=True)
    async with app.run_test(size=NARROW) as pilot:
        await pilot.pause()
        game = app.game
        generation = game.picture.generation
        await pilot.press("full_stop")
        assert game.picture.generation == generation + 1
        await pilot.press("c")
        assert game.picture.alive == 0
        await pilot.click(Board, offset=(11, 6))
        assert cells(game.picture) == {(10, 10)}
        await pilot.mouse_down(Board, offset=(20, 8))
        await pilot.hover(Board, offset=(21, 8))
        await pilot.mouse_up(Board, offset=(21, 8))
        assert (19, 14) in cells(game.picture)
        await pilot.press("left", "enter")
        assert app.edits >= 3
        await pilot.press("space")
        assert not app.paused
        before = game.picture.generation
        await pilot.pause(1.0)
        assert game.picture.generation > before


async def test_a_fork_that_fails_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_args: object, **_more: object) -> object:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(life, "fork", failing)
    app = LifeApp(game_of(NARROW, 3), paused=True)
    async with app.run_test(size=NARROW) as pilot:
        await pilot.press("f")
        assert app.forks == []
        assert "No space left" in str(app.query_one("#message").render())
