"""The header line: which program, which step of how many, where, and why it stopped."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from textual.reactive import reactive
from textual.strip import Strip

from debugger.views import HeaderView
from debugger.widgets.painted import Painted
from debugger.widgets.text import elide, fit, printable, short

Part = tuple[str, str]  # ink, text

# Cells for a name, from the richest variant to the poorest; and from which on the total is short
# and a function's number left out, the main branch, and the percentage.
_ROOM = (99, 99, 40, 40, 28, 20, 14, 14)
_LEVELS = len(_ROOM)
_SHORT, _NO_BRANCH, _NO_PERCENT = 1, 2, 3


def percent(step: int, total: int) -> str:
    """Where the step lies in the recording."""
    return f"{100 * step / total:.1f}%" if total else "0%"


class HeaderBar(Painted):
    """Shows a HeaderView in one line, dropping what matters least first."""

    view: reactive[HeaderView | None] = reactive(None)
    busy: reactive[str] = reactive("")  # what is going on, while what is shown is from before

    def paint(self, y: int) -> Strip:
        """The richest variant that fits."""
        width = self.size.width
        if self.view is None:
            return self.strip([], width)
        parts: list[Part] = []
        for level in range(_LEVELS):
            parts = self._parts(self.view, level)
            if self.busy:
                parts[1:] = self._meanwhile(parts[1:], level)
            if sum(cell_len(text) + 3 for _, text in parts) <= width + 1:
                break
        segments = []
        for i, (ink, text) in enumerate(parts):
            segments.append(Segment(" │ " if i else " ", self.ink("faint")))
            segments.append(Segment(printable(text), self.ink(ink)))
        return self.strip(segments, width)

    def _meanwhile(self, parts: list[Part], level: int) -> list[Part]:
        """What goes on, and then pale what was so before."""
        pale = [("stale", text) for _, text in parts]
        return [("inverse", f" {fit(self.busy, _ROOM[level])} "), *pale]

    @staticmethod
    def _parts(view: HeaderView, level: int) -> list[Part]:
        """Variant 0 says everything, the last one only what can't be done without."""
        more = "" if view.ended else "+"
        total = f"{view.total:,}" if level < _SHORT else short(view.total)
        step = f"step {view.step:,} of {total}{more}"
        if view.ended and level < _NO_PERCENT:  # a part of what isn't known yet means nothing
            step += f" {percent(view.step, view.total)}"
        stop_ink = "error" if view.stop.startswith(("trap", "uncaught")) else "accent"
        room = _ROOM[level]
        parts = [("blue", elide(view.program, room)), ("strong", step)]
        if view.where and level < _LEVELS - 1:
            name = view.where.partition(" ")[2] if level >= _SHORT else ""
            parts.append(("text", elide(name or view.where, room)))
        if view.unit and level < _NO_PERCENT:
            parts.append(("accent" if view.unit == "line" else "muted", f"by {view.unit}"))
        if view.stop:
            parts.append((stop_ink, fit(f"■ {view.stop}", room)))
        if level < _NO_BRANCH or view.branch != "main":
            parts.append(("muted", fit(f"branch {view.branch}", room)))
        return parts
