"""The output pane: what the program has printed at the cursor, and how much is still to come."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.message import Message
from textual.reactive import reactive

from debugger.views import OutputView
from debugger.widgets.lines import Lines
from debugger.widgets.text import printable, size

# Escape sequences would move our own cursor; a time-travelling output has no use for them.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)")

_FARTHEST = 1_000_000_000  # rows that Ctrl+Home and Ctrl+End move by


def _folded(line: str, width: int) -> list[str]:
    """One line of output, folded at the pane's width."""
    if line.isascii():
        return [line[i : i + width] for i in range(0, len(line), width)] or [""]
    rows = []
    while cell_len(line) > width:
        # A padding blank stands in for half of a wide character that doesn't fit.
        part = set_cell_size(line, width)
        taken = len(part) if line.startswith(part) else len(part) - 1
        rows.append(line[:taken])
        line = line[taken:]
    return [*rows, line]


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A byte of the output, and the row of the pane in which its line is to be."""

    byte: int
    row: int


def _clean(line: str) -> str:
    return printable(_ESCAPES.sub("", line).removesuffix("\r").expandtabs())


class Output(Lines):
    """Shows an OutputView and stays at its end, where the cursor's output is.

    A view has a part of much output: scrolling past its beginning or end asks for what is there.
    """

    TITLE = "Output"

    view: reactive[OutputView | None] = reactive(None)

    @dataclass
    class Wanted(Message):
        """The part that ends at byte `end` is to be shown, None: that of the cursor."""

        end: int | None

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._rows: list[str] = []
        self._starts: list[int] = []        # the byte at which each row's line begins
        self._anchor: _Anchor | None = None     # what is to be where, once it's there
        self._awaiting = False

    def watch_view(self, old: OutputView | None, new: OutputView | None) -> None:
        """Folds anew only when the text is another."""
        if new is None:
            return
        self._awaiting = False
        later = f"{size(new.later)} still to come" if new.later else ""
        self.show_detail("", f"{size(new.total)}{' · ' if later else ''}{later}")
        if old is None or (old.text, old.start) != (new.text, new.start):
            self._fold()

    def on_resize(self) -> None:
        """Another width folds differently."""
        super().on_resize()
        self._fold()

    def _fold(self) -> None:
        width = self.size.width - 2  # a blank at the left, the thumb at the right
        view = self.view
        if view is None or width < 1:
            return
        self._rows, self._starts = [], []
        if view.start:
            self._add(f"… {size(view.start)} before", view.start)
        at = view.start
        lines = view.text.split("\n")
        for line in lines if lines[-1] else lines[:-1]:
            for row in _folded(_clean(line), width):
                self._add(row, at)
            at += len(line.encode("utf-8", "replace")) + 1
        if view.end < view.total:
            self._add(f"… {size(view.total - view.end)} more", view.end)
        self._place()

    def _add(self, row: str, start: int) -> None:
        self._rows.append(row)
        self._starts.append(start)

    def _place(self) -> None:
        """The end, or where it was scrolled to in the part before this one."""
        anchor, self._anchor = self._anchor, None
        self._awaiting = True       # it isn't the user who scrolls now
        if anchor is None:
            self.top = len(self._rows)
        else:
            self.top = bisect_left(self._starts, anchor.byte) - anchor.row
        self.selected = -1
        self._awaiting = False
        self.refresh()

    def watch_top(self) -> None:
        """At the beginning or the end of the part in view, others are asked for."""
        view = self.view
        if view is None or self._awaiting:
            return
        half = (view.end - view.start) // 2
        if self.top == 0 and view.start:
            self._ask(_Anchor(view.start, 1), view.end - half)
        elif self.top + self.size.height >= len(self._rows) and view.end < view.total:
            self._ask(_Anchor(view.end, self.size.height - 2), view.end + half)

    def _ask(self, anchor: _Anchor | None, end: int | None) -> None:
        self._awaiting, self._anchor = True, anchor
        self.post_message(self.Wanted(end))

    def action_move(self, by: int) -> None:
        """The pane has no selection: it scrolls. To its very ends without passing what is
        between."""
        view = self.view
        if view is not None and abs(by) >= _FARTHEST:
            if by < 0 and view.start:
                self._ask(_Anchor(0, 0), view.end - view.start)
            elif by > 0 and view.end < view.total:
                self._ask(None, None)
        before = self.top
        self.top += max(-len(self._rows), min(by, len(self._rows)))
        if self.top == before:
            self.watch_top()

    def row_count(self) -> int:
        """Folded rows, or one that says there are none."""
        return len(self._rows) or len(self.empty_rows())

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """One row of the program's text."""
        if not self._rows:
            return self.draw_empty(index, paper)
        view = self.view
        assert view is not None
        told = (index == 0 and view.start) or (index == len(self._rows) - 1
                                               and view.end < view.total)
        return [Segment(" " + self._rows[index], self.ink("muted" if told else "text", paper))]
