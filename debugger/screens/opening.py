"""What is shown while a program is opened: the engine is loaded behind it, so it comes at once."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static


class Opening(Screen[None]):
    """The program's name, where the header will be."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, "app.quit", show=False) for key in ("q", "escape", "ctrl+c")]

    def __init__(self, program: str) -> None:
        super().__init__()
        self._program = program

    def compose(self) -> ComposeResult:
        """One line; the rest is empty."""
        yield Static(Content(f" {self._program} │ opening…"))
