"""A bordered pane. Its title shows the tabs of the group it stands in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from rich.segment import Segment
from textual import events
from textual.content import Content
from textual.message import Message

from debugger.widgets.painted import Painted
from debugger.widgets.text import elide, fit

STALE = "◌"  # before the title of a pane that shows what isn't so now
_TITLE_X = 3  # the title's first cell, counted from the corner
_BETWEEN = (" │ ", "│")  # with room to spare, and without
_SHORT = 3  # letters of another pane's title when even that is too wide


class Panel(Painted, can_focus=True):
    """A pane with a thin border. `TITLE` names it in its own title and in its neighbours' tabs."""

    TITLE = ""

    @dataclass
    class TabClicked(Message):
        """Someone wants to see the pane of this id."""

        panel: str

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._tabs: tuple[tuple[str, str], ...] = ((id, self.TITLE),)
        self._detail = ""
        self._subtitle = ""
        self._shown: tuple[object, ...] | None = None
        self._why = ""
        self.empty: tuple[str, ...] = ()    # what to say while there is nothing to show

    def on_resize(self) -> None:
        """The titles are fitted to the width."""
        self._draw_titles()

    def show_tabs(self, tabs: Sequence[tuple[str, str]]) -> None:
        """The (id, title) of every pane of this group, of which this one is in front."""
        self._tabs = tuple(tabs)
        self._draw_titles()

    def show_detail(self, detail: str, subtitle: str | None = None) -> None:
        """A few words after the title, such as the function's name, and in the lower border."""
        self._detail = detail
        if subtitle is not None:
            self._subtitle = subtitle
        self._draw_titles()

    def mark(self, stale: bool, why: str = "") -> None:
        """What it shows isn't what is so now; `why` is for the title. Or it is again."""
        if (stale, why) != (self.stale, self._why):
            self.stale, self._why = stale, why
            self._draw_titles()

    # While there is nothing to show

    def empty_rows(self) -> list[str]:
        """What to say then, folded to the width."""
        width = max(8, self.size.width - 2)
        return [row for line in self.empty for row in wrap(line, width)] or [""]

    def draw_empty(self, index: int, paper: str = "") -> list[Segment]:
        """One line of it."""
        rows = self.empty_rows()
        return [Segment(f" {rows[index]}" if index < len(rows) else "", self.ink("muted", paper))]

    def _fitted_tabs(self) -> tuple[str, list[tuple[str, str]]]:
        """What stands between tabs, and the tabs as (id, title), shortened to fit."""
        room = self.size.width - 3 - 2 * self.stale
        titles = [title for _, title in self._tabs]
        for between in _BETWEEN:
            if sum(map(len, titles)) + len(between) * (len(titles) - 1) <= room:
                return between, list(self._tabs)
        short = [(name, t if name == self.id else t[:_SHORT]) for name, t in self._tabs]
        return _BETWEEN[-1], short

    def _draw_titles(self) -> None:
        state = (self._tabs, self._detail, self._subtitle, self.stale, self._why, self.size.width)
        if state == self._shown:
            return
        self._shown = state
        parts: list[tuple[str, str]] = []
        between, tabs = self._fitted_tabs()
        for name, title in tabs:
            if parts:
                parts.append((between, "$line"))
            if name == self.id and self.stale:
                parts.append((f"{STALE} {title}", "$ink-stale"))
            else:
                parts.append((title, "bold $foreground" if name == self.id else "$ink-muted"))
        if self._why:
            parts.append((f"  {self._why}", "$ink-accent"))
        room = self.size.width - sum(len(text) for text, _ in parts) - 5
        if self._detail and room > 4:
            parts.append(("  " + elide(self._detail, room), "$ink-muted"))
        self.border_title = Content.assemble(*parts)
        subtitle = fit(self._subtitle, max(0, self.size.width - 4))
        self.border_subtitle = Content(subtitle) if subtitle else None

    def on_click(self, event: events.Click) -> None:
        """A click on the title's row chooses a tab."""
        if event.y != 0:
            return
        left = _TITLE_X
        between, tabs = self._fitted_tabs()
        for name, title in tabs:
            right = left + len(title) + 2 * (self.stale and name == self.id)
            if left <= event.x <= right:
                self.post_message(self.TabClicked(name))
                return
            left = right + len(between)
