"""The line above the key hints: the last word of the debugger, or how far long work has come."""

from __future__ import annotations

from rich.segment import Segment
from textual.reactive import reactive
from textual.strip import Strip

from debugger.views import Progress
from debugger.widgets.painted import Painted
from debugger.widgets.text import duration, fit, short

_BAR = 24
_EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(fraction: float, width: int) -> str:
    """A bar in eighths of a cell."""
    eighths = max(0, min(width * 8, round(fraction * width * 8)))
    whole, rest = divmod(eighths, 8)
    text = "█" * whole + (_EIGHTHS[rest] if rest else "")
    return text.ljust(width)


class MessageBar(Painted):
    """Shows progress while there is some, else the count being typed, else the message."""

    message: reactive[str] = reactive("")
    fault: reactive[bool] = reactive(False)
    count: reactive[str] = reactive("")
    waiting: reactive[int] = reactive(0, repaint=False)
    progress: reactive[Progress | None] = reactive(None)

    def say(self, message: str, *, fault: bool = False) -> None:
        """A message; a fault is one in the colour of errors."""
        self.message = message
        self.fault = fault

    def watch_waiting(self) -> None:
        """Only told beside progress: painting early would delay what the key has done."""
        if self.progress is not None:
            self.refresh()

    def paint(self, y: int) -> Strip:
        """One line."""
        width = self.size.width
        if self.progress is not None:
            return self.strip(self._progress(self.progress), width)
        if self.count:
            words = f" {self.count} … then a key"
            return self.strip([Segment(words, self.ink("accent"))], width)
        first = self.message.partition("\n")[0]
        ink = "error" if self.fault else "text"
        sign = " ✖ " if self.fault else " "
        return self.strip([Segment(sign + fit(first, width - 3), self.ink(ink))], width)

    def _progress(self, progress: Progress) -> list[Segment]:
        done = short(progress.done)
        segments = [Segment(f" {progress.what} ", self.ink("text"))]
        if progress.total:
            part = progress.done / progress.total
            segments.append(Segment(bar(part, _BAR), self.ink("blue", "selected")))
            segments.append(Segment(f" {part:4.0%}", self.ink("strong")))
            done = f"{done} of {short(progress.total)}"
        if progress.done or progress.total:
            segments.append(Segment(f"  {done} steps", self.ink("muted")))
        if progress.eta is not None:
            segments.append(Segment(f"  {duration(progress.eta)} left", self.ink("muted")))
        segments.append(Segment("  Esc", self.ink("accent")))
        then = f", and forgets {self.waiting} waiting" if self.waiting else ""
        segments.append(Segment(f" stops{then}", self.ink("muted")))
        return segments
