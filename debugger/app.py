"""The terminal app: `run_app(opens, program)`.

It imports little at first: a first picture is on the screen before the engine is loaded.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import App

from debugger.faults import CommandError
from debugger.screens.opening import Opening
from debugger.styles.themes import DARK, THEMES

if TYPE_CHECKING:
    from textual.command import Provider

    from debugger.session import Session

_SETTLED = 0.5          # seconds until the first screen is built


def _palette() -> type[Provider]:
    from debugger.screens.palette import Actions
    return Actions


class DebuggerApp(App[None]):
    """One session on one screen; before it, if need be, the question what to run."""

    CSS_PATH = "styles/app.tcss"
    TITLE = "gaba-debug"
    COMMANDS: ClassVar = {_palette}
    BINDINGS: ClassVar = []
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(self, session: Session | Callable[[], Session], program: str = "") -> None:
        """A session, or what opens one (in a thread, and may raise CommandError) of `program`."""
        super().__init__()
        self.session: Session | None = None if callable(session) else session
        self.failure: CommandError | None = None
        self._opens = session if callable(session) else None
        self._program = program
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our inks exist under any theme, so that the style sheet always parses."""
        return dict(THEMES[0].variables)

    async def on_event(self, event: events.Event) -> None:
        """Keys go to an open prompt first, in the order in which they come."""
        screen = self.screen_stack[-1] if self.screen_stack else None
        if isinstance(event, events.Key | events.Paste) and self._taken(screen, event):
            return
        await super().on_event(event)

    def _taken(self, screen: object, event: events.Key | events.Paste) -> bool:
        """Whether the debugger's screen has an open prompt, which takes it."""
        if self.session is None or isinstance(screen, Opening):
            return False
        from debugger.screens.main import MainScreen

        if not isinstance(screen, MainScreen):
            return False
        return (screen.takes_key(event) if isinstance(event, events.Key)
                else screen.takes_paste(event.text))

    def on_mount(self) -> None:
        """With a session straight to it; else to a picture that is there until it is open."""
        if self.session is not None:
            self._begin(self.session)
            return
        self.push_screen(Opening(self._program))
        self.call_after_refresh(self.run_worker, self._open, thread=True, exit_on_error=True)

    def _open(self) -> None:
        """On a thread: all that takes time."""
        assert self._opens is not None
        try:
            session = self._opens()
        except CommandError as error:
            self.failure = error
            self.call_from_thread(self.exit)
            return
        from debugger.screens import main  # noqa: F401  the screen's thread needn't wait for it

        self.session = session
        self.call_from_thread(self._opened, session)

    def _opened(self, session: Session) -> None:
        if isinstance(self.screen, Opening):        # else the user has left meanwhile
            self.pop_screen()
            self._begin(session)

    def _begin(self, session: Session) -> None:
        """Straight to the debugger, or first to the choice of what to run."""
        exports = [] if session.started else session.exports_to_choose()
        if not exports:
            self._debug(session)
            return
        from debugger.screens.exports import ExportPicker

        picker = ExportPicker(session.program, exports, session.begin)
        self.push_screen(picker, lambda _choice: self._debug(session))

    def _debug(self, session: Session) -> None:
        from debugger.screens.main import MainScreen

        self.push_screen(MainScreen(session))
        if not self.is_headless:
            self.set_timer(_SETTLED, _freeze)


def _freeze() -> None:
    """Spare what stays for good from garbage collection, whose full runs cost a frame or three."""
    gc.collect()
    gc.freeze()


def run_app(opens: Callable[[], Session], program: str) -> int:
    """Shows the session that `opens` opens until the user quits; returns the exit code.

    The caller has made sure that there is a terminal. What `opens` raises as a CommandError is
    raised again, once the terminal is as it was.
    """
    app = DebuggerApp(opens, program)
    try:
        app.run()
    finally:
        if app.session is not None:
            app.session.close()
    if app.failure is not None:
        raise app.failure
    return app.return_code or 0
