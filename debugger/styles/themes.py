"""The two themes. Blue and orange carry meaning; nothing is told by red against green.

Every colour also comes with a sign of its own (a marker, bold, inverse, an arrow), so that a
monochrome terminal loses nothing.
"""

from __future__ import annotations

from textual.theme import Theme

DARK = "gaba-dark"
LIGHT = "gaba-light"

_DARK_INKS = {
    "ink-muted": "#7d8b9d",
    "ink-faint": "#4a5768",
    "ink-accent": "#f0a13a",
    "ink-blue": "#6cb2f5",
    "ink-cyan": "#7fc8d8",
    "ink-number": "#e0c68c",
    "ink-control": "#b9a6f2",
    "ink-error": "#ff8a5c",
    "flame-text": "#e9eef4",
    "flame-1": "#7d4a14",
    "flame-2": "#69401c",
    "flame-3": "#8a5a1e",
    "flame-4": "#28527c",
    "paper-current": "#1c3550",
    "paper-selected": "#222b37",
    "paper-bar": "#1a212b",
    "line": "#33404f",
    "line-focus": "#6cb2f5",
}

_LIGHT_INKS = {
    "ink-muted": "#5f6b77",
    "ink-faint": "#a3adb7",
    "ink-accent": "#b05500",
    "ink-blue": "#0b5fa8",
    "ink-cyan": "#0a6c80",
    "ink-number": "#7a5800",
    "ink-control": "#6442b0",
    "ink-error": "#b83a08",
    "flame-text": "#222c36",
    "flame-1": "#f3c892",
    "flame-2": "#eeb877",
    "flame-3": "#f7d7ad",
    "flame-4": "#b7d4ee",
    "paper-current": "#cfe4f8",
    "paper-selected": "#e7ebee",
    "paper-bar": "#eceff1",
    "line": "#c3cbd3",
    "line-focus": "#1f74c0",
}

THEMES = (
    Theme(
        name=DARK,
        primary="#6cb2f5",
        secondary="#7fc8d8",
        accent="#f0a13a",
        warning="#f0a13a",
        error="#ff8a5c",
        success="#6cb2f5",
        foreground="#d3dbe5",
        background="#10151b",
        surface="#161c24",
        panel="#1a212b",
        dark=True,
        variables=_DARK_INKS,
    ),
    Theme(
        name=LIGHT,
        primary="#0b5fa8",
        secondary="#0a6c80",
        accent="#b05500",
        warning="#b05500",
        error="#b83a08",
        success="#0b5fa8",
        foreground="#222c36",
        background="#fbfbf9",
        surface="#f3f5f6",
        panel="#eceff1",
        dark=False,
        variables=_LIGHT_INKS,
    ),
)
