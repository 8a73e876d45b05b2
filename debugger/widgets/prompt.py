"""The line in which things are typed: commands, steps, addresses, and the letter of a mark.

The screen hands it every key while it is open, in the order in which they were typed. With the
focus on a Textual Input instead, keys typed ahead would reach whatever had the focus before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip

from debugger.widgets.line_editor import LineEditor
from debugger.widgets.painted import Painted
from debugger.widgets.text import fit, printable

Completer = Callable[[str], Sequence[str]]
_HISTORY = 500
END = "\x04"             # the answer to Ctrl-D where input for the program is asked for


def _beginning(words: Sequence[str]) -> str:
    """What all words begin with."""
    first, last = min(words), max(words)
    same = 0
    while same < len(first) and first[same] == last[same : same + 1]:
        same += 1
    return first[:same]


class Prompt(Painted):
    """Asks one question at a time; `kind` says which when the answer comes.

    Answers go to the callback given with the question, at once: the key after Enter already
    belongs to whatever the answer has led to.
    """

    @dataclass
    class Completions(Message):
        """What could come next in the line."""

        line: str
        words: tuple[str, ...]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.line = LineEditor()
        self._kind = ""
        self._label = ""
        self._hint = ""
        self._answer: Callable[[str | None], None] = lambda _text: None
        self._complete: Completer | None = None
        self._history: dict[str, list[str]] = {}
        self._at = 0

    def ask(
        self,
        kind: str,
        label: str,
        answer: Callable[[str | None], None],
        *,
        hint: str = "",
        complete: Completer | None = None,
    ) -> None:
        """Begins a question. `answer` gets the text, or None if the question was cancelled.

        With a `kind` of 'letter' the first key is the answer; one of 'input' may be blank, and
        Ctrl-D answers END. Each kind has its own history.
        """
        self._kind, self._label, self._hint = kind, label, hint
        self._answer, self._complete = answer, complete
        self._at = len(self._history.setdefault(kind, []))
        self.fill("")

    def fill(self, text: str) -> None:
        """Puts words into the line, to go on from there."""
        self.line.set(text)
        self._changed()

    # Keys

    def key(self, key: str, character: str | None) -> bool:
        """Takes a key; False if it means nothing here."""
        if key in ("escape", "ctrl+c") or (key == "backspace" and not self.line.text):
            self._answer(None)
        elif key == "ctrl+d" and self._kind == "input" and not self.line.text:
            self._answer(END)
        elif character is not None and character.isprintable():
            self.insert(character)
        elif key == "enter":
            self._enter()
        elif key == "tab":
            self._complete_word()
        elif key in ("up", "down"):
            self._recall(-1 if key == "up" else 1)
        elif self.line.press(key):
            self._changed()
        else:
            return False
        return True

    def insert(self, text: str) -> None:
        """Typed or pasted text."""
        if self._kind == "letter":
            self._answer(text[:1])
        else:
            self.line.insert(text)
            self._changed()

    def _changed(self) -> None:
        self.refresh()
        if self._complete is not None:
            words = tuple(self._complete(self.line.text))
            self.post_message(self.Completions(self.line.text, words))

    def _enter(self) -> None:
        if self._kind == "input":
            self._answer(self.line.text)
            return
        text = self.line.text.strip()
        history = self._history[self._kind]
        if text and (not history or history[-1] != text):
            history.append(text)
            del history[:-_HISTORY]
        self._answer(text or None)

    def _recall(self, by: int) -> None:
        history = self._history[self._kind]
        self._at = max(0, min(len(history), self._at + by))
        self.fill(history[self._at] if self._at < len(history) else "")

    def _complete_word(self) -> None:
        """Adds what all completions of the last word have in common."""
        words = self._complete(self.line.text) if self._complete is not None else ()
        if words:
            head, blank, _ = self.line.text.rpartition(" ")
            self.fill(head + blank + _beginning(words) + (" " if len(words) == 1 else ""))

    # Drawing

    def paint(self, y: int) -> Strip:
        """Label, text with a block for the cursor, and a hint while there is no text."""
        width = self.size.width
        label = Segment(f" {self._label}", self.ink("changed"))
        text, at = printable(self.line.text), self.line.at
        room = width - cell_len(label.text) - 2
        cut = max(0, at - room)  # a long line scrolls so that the cursor shows
        segments = [
            label,
            Segment(text[cut:at], self.ink("text")),
            Segment(text[at : at + 1] or " ", self.ink("inverse")),
            Segment(text[at + 1 :], self.ink("text")),
        ]
        if not text and self._hint:
            segments.append(Segment(" " + fit(self._hint, room), self.ink("faint")))
        return self.strip(segments, width)
