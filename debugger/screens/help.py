"""The help screen: every key and word, from the one list of actions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import ClassVar

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from debugger.commands.registry import Action
from debugger.screens.keymap import Keymap
from debugger.screens.keynames import hidden, show_key
from debugger.widgets.lines import Lines
from debugger.widgets.text import column, fit

_KEYS = 16
_WORDS = 33
_WORDS_FROM = 90    # cells
_GOES_ON = "\0"     # in place of words: the line before goes on

Row = tuple[str, str, str]  # keys, words, help; a heading has only the last

_OTHERS: tuple[Row, ...] = (
    ("", "", ""),
    ("", "", "In a pane"),
    ("↑ ↓ PgUp PgDn", "", "select, scroll; Ctrl+Home and Ctrl+End for the ends"),
    ("Enter", "", "go there: a frame, a breakpoint, a mark, an event"),
    ("← →", "", "timeline: move by cells (Shift: by eight); memory: move by bytes"),
    ("50s", "", "a number before a key repeats it, here 50 steps"),
    ("", "", ""),
    ("", "", "With the mouse"),
    ("gutter", "", "click sets or deletes a breakpoint"),
    ("timeline", "", "click or drag goes there; wheel steps; Ctrl+wheel zooms"),
    ("titles", "", "click a tab to open it"),
)


class HelpLines(Lines):
    """The text of the help, in columns."""

    TITLE = "Help"

    def __init__(self, actions: Sequence[Action], keymap: Keymap) -> None:
        super().__init__(id="help")
        self._all: list[Row] = []
        self._rows: list[Row] = []
        group = ""
        for action in actions:
            if action.group != group:
                self._all += [("", "", "")] * bool(group) + [("", "", action.group)]
                group = action.group
            words = " ".join([", ".join(action.words[:2]), action.usage]).strip()
            self._all.append((" ".join(keymap.shown(action.id)), words, action.help))
        if keymap.commands:
            self._all += [("", "", ""), ("", "", "Keys of your own")]
            self._all += [(show_key(key), line, line) for key, line in keymap.commands.items()
                          if not hidden(key)]
        self._all += _OTHERS

    def on_mount(self) -> None:
        """The lower border tells how to leave."""
        self.show_detail("", "↑ ↓ scroll · Esc closes")

    def on_resize(self) -> None:
        """What is too long for its line goes on in the next."""
        self._rows = [row for each in self._all for row in self._folded(each)]
        super().on_resize()

    def _folded(self, row: Row) -> Iterator[Row]:
        keys, words, text = row
        first, *more = wrap(text, self._room) or [""]
        yield keys, words, first
        yield from (("", _GOES_ON, part) for part in more)

    @property
    def _room(self) -> int:
        return max(10, self.size.width - 1 - _KEYS - self._words_width - 3)

    @property
    def _words_width(self) -> int:
        return _WORDS if self.size.width >= _WORDS_FROM else 0

    def row_count(self) -> int:
        """One row per action and heading, or more."""
        return len(self._rows)

    def action_move(self, by: int) -> None:
        """There is nothing to select: scrolls."""
        self.top += by

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """`s F11   step, s [COUNT]   one instruction forward`."""
        keys, words, text = self._rows[index]
        if not keys and not words:
            return [Segment(f" {text}", self.ink("strong"))]
        goes_on = words == _GOES_ON
        room = self._words_width
        own = bool(keys) or room > 0
        if not own and not goes_on:  # without a column of words, a word stands in for the key
            keys = ":" + words.partition(",")[0].partition(" ")[0]
        return [
            Segment("  " + column(keys, _KEYS - 1) + " ", self.ink("accent" if own else "blue")),
            Segment(column("" if goes_on else words, room - 1) + " " if room else "",
                    self.ink("blue")),
            Segment(fit(text, width - _KEYS - room - 2), self.ink("text")),
        ]


class HelpScreen(ModalScreen[None]):
    """Over the debugger's screen until it is closed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", show=False)]

    def __init__(self, actions: Sequence[Action], keymap: Keymap) -> None:
        super().__init__()
        self._lines = HelpLines(actions, keymap)
        for key in keymap.keys["help"]:
            self._bindings.bind(key, "dismiss", show=False)

    def compose(self) -> ComposeResult:
        """One pane."""
        yield self._lines
