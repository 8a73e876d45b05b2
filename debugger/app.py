"""The terminal app: `run_app(session)`."""

from __future__ import annotations

import gc
from typing import ClassVar

from textual import events
from textual.app import App
from textual.command import Provider

from debugger.screens.exports import ExportPicker
from debugger.screens.main import MainScreen
from debugger.screens.palette import Actions
from debugger.session import Session
from debugger.styles.themes import DARK, THEMES

_SETTLED = 0.5          # seconds until the first screen is built


class DebuggerApp(App[None]):
    """One session on one screen; before it, if need be, the question what to run."""

    CSS_PATH = "styles/app.tcss"
    TITLE = "gaba-debug"
    COMMANDS: ClassVar[set[type[Provider]]] = {Actions}  # type: ignore[assignment]
    BINDINGS: ClassVar = []
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our inks exist under any theme, so that the style sheet always parses."""
        return dict(THEMES[0].variables)

    async def on_event(self, event: events.Event) -> None:
        """Keys go to an open prompt first, in the order in which they come."""
        screen = self.screen_stack[-1] if self.screen_stack else None
        if isinstance(screen, MainScreen) and (
            (isinstance(event, events.Key) and screen.takes_key(event))
            or (isinstance(event, events.Paste) and screen.takes_paste(event.text))
        ):
            return
        await super().on_event(event)

    def on_mount(self) -> None:
        """Straight to the debugger, or first to the choice of what to run."""
        exports = [] if self.session.started else self.session.exports_to_choose()
        if exports:
            picker = ExportPicker(self.session.program, exports, self.session.begin)
            self.push_screen(picker, lambda _choice: self._debug())
        else:
            self._debug()

    def _debug(self) -> None:
        self.push_screen(MainScreen(self.session))
        if not self.is_headless:
            self.set_timer(_SETTLED, _freeze)


def _freeze() -> None:
    """Spare what stays for good from garbage collection, whose full runs cost a frame or three."""
    gc.collect()
    gc.freeze()


def run_app(session: Session) -> int:
    """Shows a session until the user quits; returns the exit code.

    The caller has made sure that there is a terminal, and closes the session.
    """
    app = DebuggerApp(session)
    app.run()
    return app.return_code or 0
