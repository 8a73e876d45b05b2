"""Names of keys: Textual's, which bindings have, and those that people write and read."""

from __future__ import annotations

import unicodedata
from itertools import takewhile

from textual.keys import KEY_NAME_REPLACEMENTS, format_key

# Textual's name and ours, where they differ by more than capitals.
_SHOWN = {
    "escape": "Esc", "enter": "Enter", "tab": "Tab", "space": "Space", "backspace": "Backspace",
    "insert": "Insert", "delete": "Delete", "home": "Home", "end": "End", "pageup": "PgUp",
    "pagedown": "PgDn", "up": "Up", "down": "Down", "left": "Left", "right": "Right",
}  # fmt: skip
_NAMED = {shown.lower(): key for key, shown in _SHOWN.items()} | {key: key for key in _SHOWN}
_ALSO = {"return": "enter", "del": "delete", "ins": "insert", "bs": "backspace"}
_MODIFIERS = {"ctrl": "ctrl", "control": "ctrl", "c": "ctrl", "shift": "shift", "alt": "alt",
              "meta": "alt", "m": "alt", "super": "super", "cmd": "super"}  # fmt: skip
_FUNCTION_KEYS = 24
_SHIFTED = 12       # Shift+F1 arrives as F13 from many terminals


def show_key(key: str) -> str:
    """A key as people write it: `?`, `Ctrl+P`, `Shift+F11`, `Esc`."""
    *modifiers, name = key.split("+")
    if name in _SHOWN:
        shown = _SHOWN[name]
    else:
        shown = name.upper() if _function_key(name) else format_key(name)
    shown = shown.upper() if modifiers and len(shown) == 1 else shown
    return "+".join([*(modifier.capitalize() for modifier in modifiers), shown])


def hidden(key: str) -> bool:
    """F13 and up are what terminals send for Shift+F1 and up: said once is enough."""
    return _function_key(key) > _SHIFTED


def read_key(text: str) -> tuple[str, ...]:
    """The keys that a text means, as Textual names them; () if it is no key.

    Two for a shifted function key, which terminals send in two ways.
    """
    *before, name = _parts(text.strip())
    modifiers = [_MODIFIERS.get(each.lower(), "") for each in before]
    if not all(modifiers) or len(set(modifiers)) < len(modifiers):
        return ()
    key = _base(name, bool(modifiers))
    if not key:
        return ()
    if modifiers == ["shift"] and len(key) == 1 and key.isalpha():
        return (key.upper(),)
    whole = "+".join([*sorted(modifiers), key])     # as Textual sorts them
    number = _function_key(key)
    if modifiers == ["shift"] and 0 < number <= _SHIFTED:
        return whole, f"f{number + _SHIFTED}"
    return (whole,)


def _parts(text: str) -> list[str]:
    """`Ctrl+P` in two; the last part may itself be a plus."""
    if text in ("", "+"):
        return [text]
    if text.endswith("++"):
        return [*text[:-2].split("+"), "+"]
    return text.split("+")


def _base(name: str, modified: bool) -> str:
    """A key without modifiers."""
    if len(name) == 1:
        if modified and name.isalpha():
            return name.lower()
        return name if name.isalnum() else _named(name)
    word = name.lower().replace(" ", "_").replace("-", "_")
    word = _ALSO.get(word, word)
    if word in _NAMED:
        return _NAMED[word]
    if _function_key(word):
        return word
    return word if _character(word) else ""


def _named(character: str) -> str:
    if character == " ":
        return "space"
    name = unicodedata.name(character, "").lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


def _character(word: str) -> bool:
    """Whether it is Textual's name of a character, such as question_mark."""
    shown = format_key(word)
    return len(shown) == 1 and _named(shown) == word


def _function_key(key: str) -> int:
    """11 for f11; 0 if it is none."""
    digits = "".join(takewhile(str.isdecimal, key[1:]))
    if key[:1] != "f" or not digits or digits != key[1:] or not digits.isascii():
        return 0
    return int(digits) if 0 < int(digits) <= _FUNCTION_KEYS else 0
