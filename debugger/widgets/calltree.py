"""The call tree pane: calls over time, opened call by call, a page of each at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive

from debugger.answers import CallsPage, CallView
from debugger.widgets.lines import Lines
from debugger.widgets.text import elide, fit, printable, short

Key = tuple[int, int]       # first step and depth of a call: there is only one such
_NO_STEPS = "      "
LEFT = {"return": "→", "tail": "↷", "throw": "↯", "": "…"}


@dataclass(frozen=True, slots=True)
class Row:
    """A call; or what comes before or behind a page of calls, of which number `first` is next."""

    level: int
    call: CallView | None
    page: CallsPage | None = None
    first: int = 0
    text: str = ""


class CallTree(Lines):
    """Shows CallsPages as a tree; what isn't there yet is asked for. Enter goes to a call's entry,
    `r` to where it has returned."""

    TITLE = "Call tree"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "open(True)", show=False, priority=True),
        Binding("left", "open(False)", show=False, priority=True),
        Binding("r", "leave", show=False, priority=True),
    ]

    cursor: reactive[int] = reactive(0)
    total: reactive[int] = reactive(0, repaint=False)

    @dataclass
    class Wanted(Message):
        """Calls that `parent` (None: as listed last) has made, from number `first` on, or around
        the cursor."""

        parent: CallView | None
        first: int | None

    @dataclass
    class Left(Message):
        """Someone wants to go to where a call has ended."""

        call: CallView

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._pages: dict[Key, CallsPage] = {}
        self._open: set[Key] = set()
        self._top: CallsPage | None = None
        self._rows: list[Row] = []

    def watch_total(self) -> None:
        """More has been recorded: what is shown may not be all."""
        self._say()

    def show(self, pages: tuple[CallsPage, ...]) -> None:
        """Another tree (or list of calls), opened along these pages."""
        self._pages.clear()
        self._open.clear()
        self._top = pages[0]
        for page in pages:
            self._take(page)
        self._arrange()
        here = [i for i, row in enumerate(self._rows)
                if row.call is not None and row.call.holds(self.cursor)]
        self.selected = here[-1] if here else 0
        self.reveal(self.selected, 3)

    def add(self, page: CallsPage) -> None:
        """A page that was asked for."""
        if page.parent is None:
            self._top = page
        self._take(page)
        self._arrange()

    def _take(self, page: CallsPage) -> None:
        if page.parent is not None:
            key = _key(page.parent)
            self._pages[key] = page
            self._open.add(key)

    def _arrange(self) -> None:
        """The rows, as what is open says."""
        self._rows = []
        if self._top is None:
            return
        flat, top = self._top.parent is None, set(self._top.rows)
        base = 0 if self._top.parent is None else self._top.parent.depth
        pending: list[Row | CallView] = [] if self._top.parent is None else [self._top.parent]
        if flat:
            pending = [*_edge(self._top, True, 0), *reversed(self._top.rows),
                       *_edge(self._top, False, 0)]
        while pending:
            each = pending.pop()
            if isinstance(each, Row):
                self._rows.append(each)
                continue
            base = each.depth if flat and each in top else base
            level = max(0, each.depth - base)
            self._rows.append(Row(level, each))
            page = self._pages.get(_key(each))
            if page is not None and _key(each) in self._open:
                pending += [*_edge(page, True, level + 1), *reversed(page.rows),
                            *_edge(page, False, level + 1)]
        self._say()
        self.settle()
        self.refresh()

    def _say(self) -> None:
        if self._top is None:
            return
        old = f" up to step {self._top.upto:,}: t renews it" if self._top.upto < self.total else ""
        what = "" if self._top.parent is not None else f"{self._top.total:,} {self._top.what}"
        self.show_detail(printable(what), printable(old.strip()))

    @property
    def call(self) -> CallView | None:
        """The selected one."""
        return self.call_at(self.selected)

    def call_at(self, index: int) -> CallView | None:
        """The call in a row."""
        return self._rows[index].call if 0 <= index < len(self._rows) else None

    def row_count(self) -> int:
        """One row per call that shows, or one that says how to get some."""
        return len(self._rows) or len(self.empty_rows())

    def action_open(self, opened: bool) -> None:
        """Right opens a call; left closes it, or goes to the one that made it."""
        call = self.call
        if call is None:
            return
        key = _key(call)
        if opened:
            self._show_calls(call)
        elif key in self._open:
            self._open.discard(key)
            self._arrange()
        else:
            level = self._rows[self.selected].level
            above = [i for i in range(self.selected) if self._rows[i].level < level]
            self.selected = above[-1] if above else self.selected
            self.reveal(self.selected)

    def _show_calls(self, call: CallView) -> None:
        if call.instance < 0:
            return
        if _key(call) in self._pages:
            self._open.add(_key(call))
            self._arrange()
        else:
            self.post_message(self.Wanted(call, None))

    def action_choose(self) -> None:
        """Enter: to the call's entry, or what comes before or behind a page."""
        if 0 <= self.selected < len(self._rows):
            row = self._rows[self.selected]
            if row.call is None and row.page is not None:
                self.post_message(self.Wanted(row.page.parent, row.first))
            else:
                super().action_choose()

    def action_leave(self) -> None:
        """To where the call has ended."""
        if self.call is not None:
            self.post_message(self.Left(self.call))

    def line_clicked(self, index: int, x: int) -> None:
        """A click on the sign opens or closes, one on the rest goes there."""
        row = self._rows[index] if index < len(self._rows) else None
        if row is None:
            return
        if row.call is not None and x <= 2 * row.level + 2:
            self.action_open(_key(row.call) not in self._open)
        else:
            self.action_choose()

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """`▾ trade(26) → 3        1,191,924   47k`."""
        if not self._rows:
            return self.draw_empty(index, paper)
        row = self._rows[index]
        indent = " " * min(2 * row.level, width // 3)
        if row.call is None:
            return [Segment(f" {indent}{row.text}", self.ink("accent", paper))]
        call, inside = row.call, row.call.holds(self.cursor)
        spent = _NO_STEPS if call.last is None else f"{short(call.last - call.first):>6}"
        steps = f" {call.first:>{len(f'{self.total:,}')},}{spent}"
        sign = "·" if call.instance < 0 else "▾" if _key(call) in self._open else "▸"
        room = width - len(indent) - len(steps) - 4
        name = elide(call.name, max(1, room))
        args = fit(f"({call.args})", max(0, room - len(name)))
        result = f" {LEFT[call.left]} {call.results}" if call.results or call.left != "return" \
            else ""
        result = fit(result, max(0, room - len(name) - len(args)))
        used = len(name) + len(args) + len(result)
        ahead = call.first > self.cursor
        return [
            Segment("►" if inside else " ", self.ink("changed", paper)),
            Segment(f"{indent}{sign} ", self.ink("muted", paper)),
            Segment(name, self.ink("strong" if inside else "text", paper)),
            Segment(args, self.ink("blue", paper)),
            Segment(result, self.ink("error" if call.left == "throw" else "changed", paper)),
            Segment(" " * max(0, room - used), self.ink("text", paper)),
            Segment(steps, self.ink("faint" if ahead else "muted", paper)),
        ]


def _key(call: CallView) -> Key:
    return call.first, call.depth


def _edge(page: CallsPage, behind: bool, level: int) -> list[Row]:
    """The row that tells of calls before or behind a page, if there are some."""
    size = max(1, len(page.rows))
    if behind:
        first = page.first + len(page.rows)
        count = page.total - first
        return [Row(level, None, page, first, f"… {count:,} later")] if count else []
    first = max(0, page.first - size)
    return [Row(level, None, page, first, f"… {page.first:,} earlier")] if page.first else []
