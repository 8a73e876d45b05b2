"""The terminal app: `run_app(session)`."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from itertools import chain
from typing import ClassVar

from textual import events
from textual.app import App
from textual.command import Provider
from textual.filter import LineFilter, Monochrome, NoColor

from debugger.screens.exports import ExportPicker
from debugger.screens.face import all_actions
from debugger.screens.keymap import make_keymap
from debugger.screens.main import MainScreen
from debugger.screens.palette import Actions
from debugger.session import Session
from debugger.settings import Settings, remember_theme, remembered_theme
from debugger.styles.filters import Ascii, Colourless
from debugger.styles.themes import NAMES, THEMES, named

_SETTLED = 0.5          # seconds until the first screen is built
_GREYS = (Monochrome, NoColor)


class DebuggerApp(App[None]):
    """One session on one screen; before it, if need be, the question what to run."""

    CSS_PATH = "styles/app.tcss"
    TITLE = "gaba-debug"
    COMMANDS: ClassVar[set[type[Provider]]] = {Actions}  # type: ignore[assignment]
    BINDINGS: ClassVar = []

    def __init__(self, session: Session, settings: Settings | None = None) -> None:
        super().__init__()
        self.session = session
        self.settings = settings or Settings()
        self.keymap = make_keymap(all_actions(), self.settings.keys, self.settings.commands)
        for key in ("ctrl+p", *chain(*self.keymap.keys.values()), *self.keymap.commands):
            self._bindings.key_to_bindings.pop(key, None)   # Textual's own would come first
        self._plain = [Ascii()] if self.settings.ascii else []
        for theme in THEMES:
            self.register_theme(theme)
        wanted = named(self.settings.theme) or named(remembered_theme(self.settings.folder))
        self.show_theme(wanted or "dark")

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with the user's settings."""
        theme = self.settings.theme
        unknown = () if not theme or named(theme) else (
            f"there is no theme '{theme}', only "
            f"{', '.join(NAMES)}",)
        return (*self.settings.faults, *unknown, *self.keymap.faults)

    # Looks

    @property
    def theme_name(self) -> str:
        """The theme as people call it."""
        return next(name for name, theme in NAMES.items() if theme == self.theme)

    def show_theme(self, name: str) -> None:
        """Another theme, for now."""
        name = "mono" if self.settings.no_color else name
        self.no_color = name == "mono"
        self.theme = NAMES[name]

    def choose_theme(self, name: str) -> None:
        """Another theme, also for the next time."""
        self.show_theme(name)
        remember_theme(self.settings.folder, name)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own idea of no colours is shades of grey."""
        others = [each for each in super().get_line_filters()
                  if not isinstance(each, _GREYS)]
        return [*others, *([Colourless()] if self.no_color else ()), *self._plain]

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our inks exist under any theme, so that the style sheet always parses."""
        return dict(THEMES[0].variables)

    # What happens

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
        self.push_screen(MainScreen(self.session, self.keymap, self.faults))
        if not self.is_headless:
            self.set_timer(_SETTLED, _freeze)


def _freeze() -> None:
    """Spare what stays for good from garbage collection, whose full runs cost a frame or three."""
    gc.collect()
    gc.freeze()


def run_app(session: Session, settings: Settings) -> int:
    """Shows a session until the user quits; returns the exit code.

    The caller has made sure that there is a terminal, and closes the session.
    """
    app = DebuggerApp(session, settings)
    app.run()
    return app.return_code or 0
