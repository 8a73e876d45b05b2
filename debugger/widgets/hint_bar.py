"""The last line: the keys worth knowing, clickable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from debugger.widgets.painted import Painted
from debugger.widgets.text import fit


@dataclass(frozen=True, slots=True)
class Hint:
    """`keys` as shown, `word` for what they do, and the action that a click runs, or ''."""

    keys: str
    word: str
    action: str


class HintBar(Painted):
    """Shows as many hints as fit, the last one always; or completions while a line is typed."""

    hints: reactive[tuple[Hint, ...]] = reactive(())
    completions: reactive[tuple[str, ...]] = reactive(())

    @dataclass
    class Clicked(Message):
        """A hint was clicked."""

        action: str

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._spans: list[tuple[int, int, str]] = []

    def paint(self, y: int) -> Strip:
        """One line."""
        width = self.size.width
        if self.completions:
            words = fit("  ".join(self.completions), width - 2)
            return self.strip([Segment(f" {words}", self.ink("muted"))], width)
        segments: list[Segment] = []
        self._spans = []
        x = 0
        for hint in self._fitting(width):
            length = self._width(hint)
            segments.append(Segment(f" {hint.keys}", self.ink("accent")))
            segments.append(Segment(f" {hint.word} ", self.ink("muted")))
            self._spans.append((x, x + length, hint.action))
            x += length
        return self.strip(segments, width)

    @staticmethod
    def _width(hint: Hint) -> int:
        return cell_len(hint.keys) + cell_len(hint.word) + 3

    def _fitting(self, width: int) -> Sequence[Hint]:
        """The first hints that fit beside the last one, which tells how to find the others."""
        if not self.hints:
            return ()
        *others, last = self.hints
        room = width - self._width(last)
        shown = []
        for hint in others:
            room -= self._width(hint)
            if room < 0:
                break
            shown.append(hint)
        return [*shown, last]

    def on_click(self, event: events.Click) -> None:
        """Runs the hint under the mouse."""
        for left, right, action in self._spans:
            if action and left <= event.x < right:
                self.post_message(self.Clicked(action))
