"""What the terminal can show, as far as its environment tells."""

from __future__ import annotations

from collections.abc import Mapping

# Their fonts have no blocks, and some have no lines.
_PLAIN = ("linux", "dumb", "vt100", "vt102", "vt220", "ansi", "cons25", "sun", "xterm-mono")


def wants_ascii(environ: Mapping[str, str], encoding: str) -> bool:
    """Whether to keep to ASCII: `encoding` is that of the standard output."""
    locale = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    if locale in ("C", "POSIX") or environ.get("TERM", "") in _PLAIN:
        return True
    return encoding.lower().replace("-", "").replace("_", "") not in ("utf8", "utf16", "utf32")


def wants_no_color(environ: Mapping[str, str]) -> bool:
    """no-color.org: set, and not to nothing."""
    return bool(environ.get("NO_COLOR"))
