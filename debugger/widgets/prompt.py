"""The line in which things are typed: commands, steps, addresses, and the letter of a mark."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

Completer = Callable[[str], Sequence[str]]
_HISTORY = 500


def _beginning(words: Sequence[str]) -> str:
    """What all words begin with."""
    first, last = min(words), max(words)
    same = 0
    while same < len(first) and first[same] == last[same : same + 1]:
        same += 1
    return first[:same]


class _Line(Input):
    """The input itself; keys that concern the prompt go to the prompt."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "prompt('older')", show=False),
        Binding("down", "prompt('newer')", show=False),
        Binding("tab", "prompt('complete')", show=False),
        Binding("escape,ctrl+c", "prompt('cancel')", show=False),
    ]

    def action_prompt(self, what: str) -> None:
        """Hands over to the prompt."""
        if isinstance(self.parent, Prompt):
            self.parent.serve(what)


class Prompt(Widget):
    """Asks one question at a time; `kind` says which when the answer comes."""

    @dataclass
    class Answered(Message):
        """The line was entered."""

        kind: str
        text: str

    @dataclass
    class Cancelled(Message):
        """Escape, or Backspace on an empty line."""

    @dataclass
    class Completions(Message):
        """What could come next in the line."""

        line: str
        words: tuple[str, ...]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.kind = ""
        self._complete: Completer | None = None
        self._history: dict[str, list[str]] = {}
        self._at = 0

    def compose(self) -> ComposeResult:
        """A label and the line."""
        yield Static(id="prompt-label")
        yield _Line(id="prompt-line", select_on_focus=False)

    @property
    def _line(self) -> _Line:
        return self.query_one(_Line)

    def ask(
        self, kind: str, label: str, *, hint: str = "", complete: Completer | None = None
    ) -> None:
        """Shows the prompt. With `kind` 'letter…' the first key is the answer."""
        self.kind = kind
        self._complete = complete
        self._at = len(self._history.setdefault(kind, []))
        self.query_one("#prompt-label", Static).update(f" {label}")
        line = self._line
        line.placeholder = hint
        line.value = ""
        line.focus()

    def fill(self, text: str) -> None:
        """Puts words into the line, to go on from there."""
        self._line.value = text
        self._line.cursor_position = len(text)

    def on_input_changed(self, event: Input.Changed) -> None:
        """A one-letter answer is complete at once; for others offers completions."""
        event.stop()
        if self.kind.startswith("letter") and event.value:
            self.post_message(self.Answered(self.kind, event.value[-1]))
        elif self._complete is not None:
            words = tuple(self._complete(event.value))
            self.post_message(self.Completions(event.value, words))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        text = event.value.strip()
        if not text:
            self.post_message(self.Cancelled())
            return
        history = self._history.setdefault(self.kind, [])
        if not history or history[-1] != text:
            history.append(text)
            del history[:-_HISTORY]
        self.post_message(self.Answered(self.kind, text))

    def on_key(self, event: events.Key) -> None:
        """Backspace on an empty line leaves, as in vi."""
        if event.key == "backspace" and not self._line.value:
            event.stop()
            self.post_message(self.Cancelled())

    def serve(self, what: str) -> None:
        """The keys of `_Line`."""
        if what == "cancel":
            self.post_message(self.Cancelled())
        elif what == "complete":
            self._complete_word()
        else:
            self._recall(-1 if what == "older" else 1)

    def _recall(self, by: int) -> None:
        history = self._history.get(self.kind, [])
        self._at = max(0, min(len(history), self._at + by))
        self.fill(history[self._at] if self._at < len(history) else "")

    def _complete_word(self) -> None:
        """Adds what all completions of the last word have in common."""
        if self._complete is None:
            return
        value = self._line.value
        words = self._complete(value)
        if not words:
            return
        head, blank, _ = value.rpartition(" ")
        common = _beginning(words) + (" " if len(words) == 1 else "")
        self.fill(head + blank + common)
