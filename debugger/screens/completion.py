"""What could come next on the command line, and what the command takes."""

from __future__ import annotations

from collections.abc import Sequence

from debugger.commands.registry import Action, find
from debugger.exchange import CommandError
from debugger.screens import face

_AT_MOST = 40
_PLACES = ("FUNCTION", "PLACE")


def completions(line: str, functions: Sequence[str]) -> list[str]:
    """Words that could stand where the line's last word does."""
    head, blank, last = line.rpartition(" ")
    if not blank:
        words = sorted({word for action in face.all_actions() for word in action.words})
        return [word for word in words if word.startswith(last)][:_AT_MOST]
    try:
        action = _find(head.split()[0]) if head.split() else None
    except CommandError:
        return []
    if action is None or not last or not any(place in action.usage for place in _PLACES):
        return []
    return [name for name in functions if name.startswith(last)][:_AT_MOST]


def usage(line: str) -> str:
    """One line about the command being typed, or ''."""
    words = line.split()
    if not words:
        return ""
    try:
        action = _find(words[0])
    except CommandError as error:
        return str(error)
    return f"{action.words[0]} {action.usage}".rstrip() + f"  {action.help}"


def _find(word: str) -> Action:
    return face.by_word(word) or find(word.partition("/")[0])
