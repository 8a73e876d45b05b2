"""The game in a terminal."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widgets import Static

from debugger.styles.themes import DARK, LIGHT, THEMES
from gabagool import SnapshotError
from programs.torus.board import Board
from programs.torus.forking import Fork, fork
from programs.torus.game import Event, Game

_RATES = (1.0, 2.0, 4.0, 8.0, 12.0, 20.0, 30.0)
_HINTS = (("space", "pause"), ("f", "fork"), (".", "step"), ("arrows enter", "edit"),
          ("r", "random"), ("c", "clear"), ("m", "mirror"), ("+ -", "speed"), ("w", "save"),
          ("q", "quit"))


def _chance() -> int:
    return int.from_bytes(os.urandom(3), "big")


class LifeApp(App[None]):
    """One game on one screen; `fork` starts another process with the same one."""

    CSS = """
    Screen { background: $background; color: $foreground; layout: vertical; }
    #head, #hints { height: 1; background: $paper-bar; padding: 0 1; }
    #message { height: 1; padding: 0 1; color: $ink-muted; }
    Board {
        height: 1fr; border: round $line; border-title-color: $ink-muted;
        border-subtitle-color: $ink-muted; background: $background;
        &:focus { border: round $line-focus; }
        & > .board--new { color: $ink-accent; }
        & > .board--young { color: $ink-number; }
        & > .board--old { color: $ink-blue; }
        & > .board--dead { color: $ink-faint; }
        & > .board--cursor { color: $ink-muted; background: $paper-current; }
    }
    """
    TITLE = "life"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause", "pause"), Binding("f", "fork", "fork"),
        Binding("full_stop", "step", "step"), Binding("r", "scatter", "random"),
        Binding("c", "clear", "clear"), Binding("m", "mirror", "mirror"),
        Binding("w", "save", "save"),
        Binding("plus,equals_sign", "speed(1)", "faster"),
        Binding("minus", "speed(-1)", "slower"),
        Binding("up,k", "move(0,-1)", "up"), Binding("down,j", "move(0,1)", "down"),
        Binding("left,h", "move(-1,0)", "left"), Binding("right,l", "move(1,0)", "right"),
        Binding("enter,x", "flip", "toggle"), Binding("T", "theme", "theme"),
        Binding("q,ctrl+q", "quit", "quit"),
    ]

    def __init__(self, game: Game, forked: bool = False, rate: float = 12.0,
                 paused: bool = False) -> None:
        super().__init__()
        self.game = game
        self.forks: list[Fork] = []
        self.paused = paused
        self.edits = 0
        self._from = game.picture.generation if forked else None
        self._rate = min(range(len(_RATES)), key=lambda i: abs(_RATES[i] - rate))
        self._cursor: tuple[int, int] | None = None
        self._beat: Timer | None = None
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(THEMES[0].variables)

    def compose(self) -> ComposeResult:
        yield Static(id="head")
        yield Board(self.game.picture)
        yield Static(id="message")
        yield Static(id="hints")

    def on_mount(self) -> None:
        self.query_one(Board).focus()
        if self._from is not None:
            self.say(f"a fork: this process began at generation {self._from:,}, from a file")
        else:
            self.say("a WebAssembly program, suspended between any two pictures; f forks it")
        self._start_beat()
        self.call_after_refresh(self._show)

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def _start_beat(self) -> None:
        if self._beat is not None:
            self._beat.stop()
        self._beat = self.set_interval(1 / _RATES[self._rate], self._tick, pause=self.paused)

    def _tick(self) -> None:
        if not self.paused:
            self.game.send(Event.STEP)
            self._show()

    # -- what is shown -----------------------------------------------------------------------

    def say(self, message: str) -> None:
        self.query_one("#message", Static).update(Text(message, no_wrap=True, overflow="ellipsis"))

    def _show(self) -> None:
        board = self.query_one(Board)
        board.show(self.game.picture, self._cursor)
        board.border_subtitle = "paused" if self.paused else f"{_RATES[self._rate]:g} a second"
        self.query_one("#head", Static).update(self._head())
        self.query_one("#hints", Static).update(self._hint_line())

    def _ink(self, name: str, bold: bool = False) -> str:
        return f"{'bold ' if bold else ''}{self.theme_variables[name]}"

    def _head(self) -> Text:
        picture = self.game.picture
        line = Text(no_wrap=True, overflow="ellipsis")
        line.append("life", self._ink("ink-accent", bold=True))
        parts = [f"generation {picture.generation:,}", f"{picture.alive:,} alive",
                 f"step {self.game.machine.step:,}", f"process {os.getpid()}"]
        if self._from is not None:
            parts.insert(1, f"forked at {self._from:,}")
        if self.forks:
            parts.append(f"{len(self.forks)} fork{'s' * (len(self.forks) > 1)}")
        if self.edits:
            parts.append(f"{self.edits:,} edit{'s' * (self.edits > 1)}")
        for part in parts:
            line.append(" │ ", self._ink("ink-faint"))
            line.append(part)
        return line

    def _hint_line(self) -> Text:
        line = Text(no_wrap=True, overflow="ellipsis")
        for keys, what in _HINTS:
            line.append(keys, self._ink("ink-accent"))
            line.append(f" {what}  ", self._ink("ink-muted"))
        return line

    # -- what the user does ------------------------------------------------------------------

    def action_pause(self) -> None:
        self.paused = not self.paused
        self._start_beat()
        self._show()

    def action_step(self) -> None:
        self.paused = True
        self.game.send(Event.STEP)
        self._show()

    def action_speed(self, change: int) -> None:
        self._rate = max(0, min(self._rate + change, len(_RATES) - 1))
        self._start_beat()
        self._show()

    def _edit(self, event: Event, value: int = 0) -> None:
        self.game.send(event, value)
        self.edits += 1
        self._show()

    def action_scatter(self) -> None:
        self._edit(Event.SCATTER, _chance())

    def action_clear(self) -> None:
        self._edit(Event.CLEAR)

    def action_mirror(self) -> None:
        self._edit(Event.MIRROR, _chance())

    def action_move(self, dx: int, dy: int) -> None:
        """Move the cursor, from the middle at first."""
        picture = self.game.picture
        x, y = self._cursor or (picture.width // 2 - dx, picture.height // 2 - dy)
        self._cursor = ((x + dx) % picture.width, (y + dy) % picture.height)
        self._show()

    def action_flip(self) -> None:
        if self._cursor is None:
            self.action_move(0, 0)
        assert self._cursor is not None
        self._touch(*self._cursor)

    def on_board_touched(self, message: Board.Touched) -> None:
        self._cursor = (message.x, message.y)
        self._touch(message.x, message.y)

    def _touch(self, x: int, y: int) -> None:
        self.game.toggle(x, y)
        self.edits += 1
        self._show()

    def action_theme(self) -> None:
        self.theme = LIGHT if self.theme == DARK else DARK
        self._show()

    def action_fork(self) -> None:
        """Another process, from exactly here."""
        try:
            made = fork(self.game, wide=self.size.width >= 2 * self.size.height)
        except (OSError, subprocess.SubprocessError, SnapshotError) as error:
            self.say(f"can't fork: {error}")
            return
        self.forks.append(made)
        self.say(made.message)
        self._show()

    def action_save(self) -> None:
        path = Path(f"life-{self.game.picture.generation}.gaba")
        try:
            size = self.game.save(path)
        except (OSError, SnapshotError) as error:
            self.say(f"can't save: {error}")
            return
        self.say(f"saved {path} ({size:,} bytes): python -m programs.torus --from {path}")
