"""The themes. Blue and orange carry meaning; nothing is told by red against green.

Every colour also comes with a sign of its own (a marker, bold, inverse, an arrow), so that a
monochrome terminal loses nothing. In the colour-blind themes all colours that mean something are
far apart for eyes without red or without green receptors, too (tests/debugger/app/sight.py).
"""

from __future__ import annotations

from textual.theme import Theme

DARK = "gaba-dark"
LIGHT = "gaba-light"
SAFE = "gaba-colourblind"
SAFE_LIGHT = "gaba-colourblind-light"
MONO = "gaba-mono"

# What people call them, in the order in which one key goes through them; mono only by its name.
NAMES = {"dark": DARK, "light": LIGHT, "colourblind": SAFE, "colourblind-light": SAFE_LIGHT,
         "mono": MONO}
TITLES = {"dark": "dark", "light": "light", "colourblind": "safe for colour-blind eyes, dark",
          "colourblind-light": "safe for colour-blind eyes, light", "mono": "without colours"}

_DARK_INKS = {
    "ink-muted": "#7d8b9d",
    "ink-faint": "#4a5768",
    "ink-stale": "#66748a",
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
    "ink-stale": "#8b96a1",
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

_SAFE_INKS = {
    "ink-muted": "#8a8f98",
    "ink-faint": "#565c66",
    "ink-stale": "#6f7680",
    "ink-accent": "#f2d301",
    "ink-blue": "#46acff",
    "ink-cyan": "#9bd0f1",
    "ink-number": "#e7ac97",
    "ink-control": "#6474ff",
    "ink-error": "#ec7147",
    "flame-text": "#f2f4f7",
    "flame-1": "#5a4f00",
    "flame-2": "#40401c",
    "flame-3": "#6b5d08",
    "flame-4": "#0f4a86",
    "paper-current": "#123a63",
    "paper-selected": "#262c35",
    "paper-bar": "#191e26",
    "line": "#3a424d",
    "line-focus": "#46acff",
}

_SAFE_LIGHT_INKS = {
    "ink-muted": "#6a6f76",
    "ink-faint": "#9aa0a8",
    "ink-stale": "#868c94",
    "ink-accent": "#b65d04",
    "ink-blue": "#0b6ad7",
    "ink-cyan": "#155381",
    "ink-number": "#6e4332",
    "ink-control": "#4b14f9",
    "ink-error": "#712800",
    "flame-text": "#101418",
    "flame-1": "#f0d9a0",
    "flame-2": "#e8cc80",
    "flame-3": "#f7e6c0",
    "flame-4": "#b5d3f7",
    "paper-current": "#c9e1fb",
    "paper-selected": "#e6e9ed",
    "paper-bar": "#eceff2",
    "line": "#bcc3cb",
    "line-focus": "#0b6ad7",
}


def _theme(name: str, inks: dict[str, str], foreground: str, background: str, *, surface: str,
           dark: bool) -> Theme:  # fmt: skip
    """Textual's own colours, for its widgets, are ours."""
    return Theme(
        name=name, primary=inks["ink-blue"], secondary=inks["ink-cyan"],
        accent=inks["ink-accent"], warning=inks["ink-accent"], error=inks["ink-error"],
        success=inks["ink-blue"], foreground=foreground, background=background, surface=surface,
        panel=inks["paper-bar"], dark=dark, variables=inks)  # fmt: skip


THEMES = (
    _theme(DARK, _DARK_INKS, "#d3dbe5", "#10151b", surface="#161c24", dark=True),
    _theme(LIGHT, _LIGHT_INKS, "#222c36", "#fbfbf9", surface="#f3f5f6", dark=False),
    _theme(SAFE, _SAFE_INKS, "#f2f4f7", "#0b0e12", surface="#12161c", dark=True),
    _theme(SAFE_LIGHT, _SAFE_LIGHT_INKS, "#101418", "#ffffff", surface="#f4f6f8", dark=False),
    _theme(MONO, _SAFE_INKS, "#f2f4f7", "#0b0e12", surface="#12161c", dark=True),
)


def named(name: str) -> str | None:
    """The theme that a name means, as people call it; None if there is none."""
    word = name.strip().lower().replace("_", "-").replace("color", "colour")
    word = word.replace("colour-blind", "colourblind")
    return word if word in NAMES else None
