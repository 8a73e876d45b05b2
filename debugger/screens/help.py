"""The help screen: every key and word, from the one list of actions."""

from __future__ import annotations

from collections.abc import Sequence
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

_KEYS = 14
_WORDS = 33

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
        self._rows: list[Row] = []
        group = ""
        for action in actions:
            if action.group != group:
                self._rows += [("", "", "")] * bool(group) + [("", "", action.group)]
                group = action.group
            words = " ".join([", ".join(action.words[:2]), action.usage]).strip()
            self._rows.append((" ".join(keymap.shown(action.id)), words, action.help))
        if keymap.commands:
            self._rows += [("", "", ""), ("", "", "Keys of your own")]
            self._rows += [(show_key(key), line, "") for key, line in keymap.commands.items()
                           if not hidden(key)]
        self._rows += _OTHERS

    def on_mount(self) -> None:
        """The lower border tells how to leave."""
        self.show_detail("", "↑ ↓ scroll · Esc closes")

    def row_count(self) -> int:
        """One row per action and heading."""
        return len(self._rows)

    def action_move(self, by: int) -> None:
        """There is nothing to select: scrolls."""
        self.top += by

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """`s F11   step, s [COUNT]   one instruction forward`."""
        keys, words, text = self._rows[index]
        if not keys and not words:
            return [Segment(f" {text}", self.ink("strong"))]
        words_width = _WORDS if width >= 90 else 0
        own = bool(keys) or words_width > 0
        if not own:  # without a column of words, a word stands in for the key
            keys = ":" + words.partition(",")[0].partition(" ")[0]
        body = fit(text, width - _KEYS - words_width - 3)
        return [
            Segment("  " + column(keys, _KEYS), self.ink("accent" if own else "blue")),
            Segment(column(words, words_width - 1) + " " if words_width else "", self.ink("blue")),
            Segment(body, self.ink("text")),
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
