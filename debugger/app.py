"""The terminal app: `run_app(opens, program)`.

It imports little at first: a first picture is on the screen before the engine is loaded.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import App
from textual.filter import LineFilter, Monochrome, NoColor

from debugger.faults import CommandError
from debugger.screens.opening import Opening
from debugger.settings import Settings, remember_theme, remembered_theme
from debugger.styles.filters import Ascii, Colourless
from debugger.styles.themes import NAMES, THEMES, named

if TYPE_CHECKING:
    from textual.command import Provider

    from debugger.session import Session

_SETTLED = 0.5          # seconds until the first screen is built
_GREYS = (Monochrome, NoColor)


def _palette() -> type[Provider]:
    from debugger.screens.palette import Actions
    return Actions


class DebuggerApp(App[None]):
    """One session on one screen; before it, if need be, the question what to run."""

    CSS_PATH = "styles/app.tcss"
    TITLE = "gaba-debug"
    COMMANDS: ClassVar = {_palette}
    BINDINGS: ClassVar = []

    def __init__(self, session: Session | Callable[[], Session], program: str = "",
                 settings: Settings | None = None) -> None:
        """A session, or what opens one (in a thread, and may raise CommandError) of `program`."""
        super().__init__()
        self.session: Session | None = None if callable(session) else session
        self.failure: CommandError | None = None
        self._opens = session if callable(session) else None
        self._program = program
        self.settings = settings or Settings()
        self._plain = [Ascii()] if self.settings.ascii else []
        for theme in THEMES:
            self.register_theme(theme)
        wanted = named(self.settings.theme) or named(remembered_theme(self.settings.folder))
        self.show_theme(wanted or "dark")

    def _faults(self) -> tuple[str, ...]:
        """What is wrong with the user's settings, but for keys."""
        theme = self.settings.theme
        unknown = () if not theme or named(theme) else (
            f"there is no theme '{theme}', only {', '.join(NAMES)}",)
        return (*self.settings.faults, *unknown)

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
        from debugger.screens.face import all_actions
        from debugger.screens.keymap import make_keymap
        from debugger.screens.main import MainScreen

        keymap = make_keymap(all_actions(), self.settings.keys, self.settings.commands)
        for key in ("ctrl+p", *chain(*keymap.keys.values()), *keymap.commands):
            self._bindings.key_to_bindings.pop(key, None)   # Textual's own would come first
        self.push_screen(MainScreen(session, keymap, (*self._faults(), *keymap.faults)))
        if not self.is_headless:
            self.set_timer(_SETTLED, _freeze)


def _freeze() -> None:
    """Spare what stays for good from garbage collection, whose full runs cost a frame or three."""
    gc.collect()
    gc.freeze()


def run_app(opens: Callable[[], Session], program: str, settings: Settings) -> int:
    """Shows the session that `opens` opens until the user quits; returns the exit code.

    The caller has made sure that there is a terminal. What `opens` raises as a CommandError is
    raised again, once the terminal is as it was.
    """
    app = DebuggerApp(opens, program, settings)
    try:
        app.run()
    finally:
        if app.session is not None:
            app.session.close()
    if app.failure is not None:
        raise app.failure
    return app.return_code or 0
