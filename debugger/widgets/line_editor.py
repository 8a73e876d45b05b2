"""A line of text being typed: what readline's keys do to it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD_BEFORE = re.compile(r"\S*\s*\Z")
_WORD_AFTER = re.compile(r"\s*\S*")


@dataclass
class LineEditor:
    """The text and the place in it where the next character goes."""

    text: str = ""
    at: int = 0

    def set(self, text: str) -> None:
        """Another text, with the cursor at its end."""
        self.text, self.at = text, len(text)

    def insert(self, text: str) -> None:
        """Types."""
        self.text = self.text[: self.at] + text + self.text[self.at :]
        self.at += len(text)

    def press(self, key: str) -> bool:
        """Does what an editing key does; False if it is none."""
        if key in ("left", "right", "home", "end", "ctrl+a", "ctrl+e", "ctrl+left", "ctrl+right"):
            self.at = self._target(key)
        elif key in ("backspace", "ctrl+h"):
            self._delete(max(0, self.at - 1), self.at)
        elif key in ("delete", "ctrl+d"):
            self._delete(self.at, self.at + 1)
        elif key in ("ctrl+w", "ctrl+backspace"):
            self._delete(self._target("ctrl+left"), self.at)
        elif key == "ctrl+u":
            self._delete(0, self.at)
        elif key == "ctrl+k":
            self._delete(self.at, len(self.text))
        else:
            return False
        return True

    def _target(self, key: str) -> int:
        """Where a moving key leads."""
        if key in ("home", "ctrl+a"):
            return 0
        if key in ("end", "ctrl+e"):
            return len(self.text)
        if key == "left":
            return max(0, self.at - 1)
        if key == "right":
            return min(len(self.text), self.at + 1)
        if key == "ctrl+left":
            before = _WORD_BEFORE.search(self.text[: self.at])
            return before.start() if before else 0
        after = _WORD_AFTER.match(self.text, self.at)
        return after.end() if after else self.at

    def _delete(self, first: int, last: int) -> None:
        self.text = self.text[:first] + self.text[last:]
        self.at = first
