"""Opening, focusing and maximising panes, and what else concerns only the screen itself."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, runtime_checkable

from textual import on
from textual.command import CommandPalette

from debugger.screens import face
from debugger.screens.help import HelpScreen
from debugger.screens.keymap import as_file
from debugger.screens.prompting import Prompting
from debugger.screens.tiling import Tiling
from debugger.settings import Settings, default_path
from debugger.styles.themes import NAMES, TITLES, named
from debugger.widgets.panel import Panel

_CYCLE = tuple(name for name in NAMES if name != "mono")


@runtime_checkable
class Themed(Protocol):
    """What the screen knows of the app."""

    settings: Settings

    @property
    def theme_name(self) -> str: ...

    def choose_theme(self, name: str) -> None: ...


class Panes(Prompting):
    """The middle of the debugger's screen: between how it acts and what it shows."""

    @property
    def pane(self) -> str:
        """The focused pane's id, or the code pane's."""
        focused = self.focused
        return focused.id or "code" if isinstance(focused, Panel) else "code"

    def open_pane(self, pane: str) -> None:
        """Brings a pane into view and focuses it."""
        self.tiling.open(pane)
        self.set_focus(self.query_one(f"#{pane}"))

    def pane_titles(self) -> list[tuple[str, str]]:
        """(id, title) of every pane."""
        return [(panel.id or "", panel.TITLE) for panel in self.query(Panel)]

    @on(Panel.TabClicked)
    def _tab_clicked(self, message: Panel.TabClicked) -> None:
        self.open_pane(message.panel)

    @on(Tiling.Arranged)
    def _arranged(self) -> None:
        """Other sizes need other data; a pane that has gone can't keep the focus."""
        focused = self.focused
        if isinstance(focused, Panel) and not focused.display:
            self.set_focus(None)
        if self.tiling.is_open("header"):
            self.call_after_refresh(self.look if self.looked else self.first_look)

    def do_next_pane(self, _count: str) -> None:
        """Tab"""
        self.focus_next(Panel)

    def do_previous_pane(self, _count: str) -> None:
        """Shift+Tab"""
        self.focus_previous(Panel)

    def do_next_tab(self, _count: str) -> None:
        """`>`"""
        self._turn_tab(1)

    def do_previous_tab(self, _count: str) -> None:
        """`<`"""
        self._turn_tab(-1)

    def _turn_tab(self, by: int) -> None:
        group = self.tiling.group_of(self.pane)
        self.open_pane(group[(group.index(self.pane) + by) % len(group)])

    def do_maximise(self, _count: str) -> None:
        """`z`"""
        self.tiling.maximise("" if self.tiling.maximised else self.pane)

    @property
    def looks(self) -> Themed:
        """The app, as what has a theme."""
        assert isinstance(self.app, Themed)
        return self.app

    def do_theme(self, name: str) -> None:
        """`T`: the next theme, or `:theme NAME`."""
        if name and not name.isdecimal():
            chosen = named(name)
        else:
            at = _CYCLE.index(self.looks.theme_name) if self.looks.theme_name in _CYCLE else -1
            chosen = _CYCLE[(at + 1) % len(_CYCLE)]
        if chosen is None:
            self.message_bar.say(f"there is no theme '{name}', only {', '.join(NAMES)}", fault=True)
            return
        self.looks.choose_theme(chosen)
        if self.looks.theme_name != chosen:
            self.message_bar.say("NO_COLOR is set, so there are no colours to choose")
        else:
            self.message_bar.say(f"theme {chosen}: {TITLES[chosen]}")

    def do_keys(self, name: str) -> None:
        """`:keys`, or `:keys FILE`: the map as it is now, into a file that isn't there yet."""
        path = Path(name).expanduser() if name else self.looks.settings.path or default_path()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(as_file(face.all_actions(), self.keymap))
        except FileExistsError:
            self.message_bar.say(f"{path} is there already: edit it, or :keys FILE", fault=True)
        except OSError as error:
            self.message_bar.say(f"{path}: {error.strerror or error}", fault=True)
        else:
            used = "; --keys FILE uses it" if name else ": edit it, it is read at every start"
            self.message_bar.say(f"all keys are in {path}{used}")

    def do_help(self, _count: str) -> None:
        """`?`"""
        self.app.push_screen(HelpScreen(face.all_actions(), self.keymap))

    def do_palette(self, _count: str) -> None:
        """Ctrl+P"""
        if not CommandPalette.is_open(self.app):
            self.app.push_screen(CommandPalette(
                placeholder="an action, a command, a pane, a theme, a function …"))
