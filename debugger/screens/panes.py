"""Opening, focusing and maximising panes, and what else concerns only the screen itself."""

from __future__ import annotations

from textual import on

from debugger.screens import face
from debugger.screens.acting import Acting
from debugger.screens.help import HelpScreen
from debugger.screens.tiling import Tiling
from debugger.styles.themes import DARK, LIGHT
from debugger.widgets.panel import Panel


class Panes(Acting):
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

    def do_theme(self, _count: str) -> None:
        """`T`"""
        self.app.theme = LIGHT if self.app.theme == DARK else DARK

    def do_help(self, _count: str) -> None:
        """`?`"""
        self.app.push_screen(HelpScreen(face.all_actions()))

    def do_palette(self, _count: str) -> None:
        """Ctrl+P"""
        self.app.action_command_palette()
