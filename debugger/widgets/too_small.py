"""What is shown instead of a mess when the terminal is too small."""

from __future__ import annotations

from textual.widget import Widget

MIN_WIDTH = 60
MIN_HEIGHT = 16


class TooSmall(Widget):
    """One clear line."""

    def render(self) -> str:
        """Says how large it must be."""
        return f"terminal too small ({MIN_WIDTH}x{MIN_HEIGHT} needed)"
