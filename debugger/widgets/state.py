"""The state pane: operand stack (top first), locals and globals, with what has just changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive

from debugger.views import Key, StateView, Value
from debugger.widgets.lines import Lines
from debugger.widgets.state_rows import (
    INDENT,
    LANED,
    MARK,
    TYPE,
    Row,
    kind_text,
    lane_texts,
    name_text,
    section_rows,
    variable_width,
)
from debugger.widgets.text import fit


class State(Lines):
    """Shows a StateView as sections in aligned columns. Objects are opened and closed."""

    TITLE = "State"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "unfold", show=False, priority=True),
        Binding("left", "fold", show=False, priority=True),
    ]

    view: reactive[StateView | None] = reactive(None, repaint=False)

    @dataclass
    class Opened(Message):
        """The inside of the value of this key is to be shown, or no more."""

        key: Key
        opened: bool

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._rows: tuple[Row, ...] = ()
        self._place: tuple[str, ...] = ()       # of the selected row
        self._opening = False                   # its value, whose items are yet to come
        self._variable_width = 1

    def watch_view(self, _view: StateView | None) -> None:
        """Lays the columns out once per view, not once per line."""
        self._lay_out()
        places = [row.place for row in self._rows]
        if self._place in places and self._place:
            self.selected = places.index(self._place)
        self.settle()
        self._show_opened()
        self.repaint()

    def watch_selected(self) -> None:
        """The selection stays with its value when rows come and go above it."""
        row = self._row
        self._place = () if row is None else row.place
        opens = row is not None and row.value is not None and bool(row.value.key)
        self.show_detail("", "Enter opens and closes" if opens else "")

    def on_resize(self) -> None:
        """Vectors break at the pane's width."""
        self._lay_out()
        super().on_resize()

    def _lay_out(self) -> None:
        self._rows = ()
        if self.view is None:
            return
        self._variable_width = variable_width(self.view)
        for width in (self.size.width, self.size.width - 1):       # without a thumb, and with one
            self._rows = tuple(section_rows(self.view, width))
            if len(self._rows) <= self.size.height:
                break

    # Opening

    @property
    def _row(self) -> Row | None:
        return self._rows[self.selected] if 0 <= self.selected < len(self._rows) else None

    def _open(self, row: Row, opened: bool) -> None:
        if row.value is not None and row.value.key:
            self._opening = opened
            self.post_message(self.Opened(row.value.key, opened))

    def _show_opened(self) -> None:
        """What has just been opened is to be seen, as far as there is room."""
        row = self._row
        if self._opening and row is not None and row.value is not None and row.value.items:
            self._opening = False
            self.reveal(self.selected + min(len(row.value.items), self.size.height - 1))

    def action_choose(self) -> None:
        """Enter opens an object, or closes it."""
        if (row := self._row) is not None and row.value is not None:
            self._open(row, not row.value.items)

    def line_clicked(self, index: int, x: int) -> None:
        """So does a click."""
        self.action_choose()

    def action_unfold(self) -> None:
        """Right: opens; of what is open goes to the first part."""
        if (row := self._row) is None or row.value is None:
            return
        if row.value.items:
            self.action_move(1)
        else:
            self._open(row, True)

    def action_fold(self) -> None:
        """Left: closes; of what isn't open goes to what it is in."""
        if (row := self._row) is None or row.value is None:
            return
        if row.value.items:
            self._open(row, False)
            return
        above = (i for i in range(self.selected, -1, -1) if self._rows[i].depth < row.depth)
        self.action_move(next(above, self.selected) - self.selected)

    # Drawing

    @property
    def selected_place(self) -> tuple[str, int]:
        """The section and the number in it of the selected value; ('', -1) if there is none, or
        a part of an object is selected."""
        chosen = self._row
        if chosen is None or chosen.value is None or chosen.depth:
            return "", -1
        # by identity: equal values may stand beside each other
        values = dict.fromkeys(id(row.value) for row in self._rows if row.value is not None
                               and (row.section, row.depth) == (chosen.section, 0))
        return chosen.section, list(values).index(id(chosen.value))

    @property
    def selected_element(self) -> tuple[int, int] | None:
        """The table and the number of the selected element, if it is one of a table's own."""
        section, table, *groups, name = self._place if len(self._place) > 2 else ("", "", "")
        number = name[1:-1]
        if self.view is None or section != "tables" or not number.isdecimal() \
                or any("…" not in group for group in groups):
            return None
        return [each.name for each in self.view.tables].index(table), int(number)

    def row_count(self) -> int:
        """Headings and values."""
        return len(self._rows)

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """A heading, or name, type and value: `▸ $n  i32  5→6`."""
        row = self._rows[index]
        value = row.value
        if value is None:
            return [Segment(f" {row.section}", self.ink("muted", paper))]
        if row.lanes:
            return self._lanes(value, row.lanes, width, paper)
        if row.section == "variables":
            return self._variable(value, row, width, paper)
        mark = "▾ " if value.items else "▸ " if value.key else "  "
        name_ink = "muted" if row.section in ("stack", "results") or row.depth else "blue"
        segments = [
            Segment(" " * MARK * row.depth + mark, self.ink("muted", paper)),
            Segment(f"{name_text(value, row.width)} ", self.ink(name_ink, paper)),
        ]
        if kind := kind_text(value):
            segments.append(Segment(f"{kind:<{TYPE}} ", self.ink("faint", paper)))
        if value.type == LANED:
            return segments + self._vector(value, row, paper)
        return segments + self._scalar(value, width - sum(len(s.text) for s in segments), paper)

    def _variable(self, value: Value, row: Row, width: int, paper: str) -> list[Segment]:
        """Name, value, and the type where there is room for it."""
        mark = "▾ " if value.items else "▸ " if value.key else "  "
        names = row.width if row.depth else self._variable_width
        head = f"{' ' * MARK * row.depth}{mark}{name_text(value, names)} "
        shown = self._scalar(value, width - len(head), paper)
        room = width - len(head) - sum(len(segment.text) for segment in shown)
        kind = f"  {value.type}"
        if len(kind) <= room:
            shown.append(Segment(kind, self.ink("faint", paper)))
        return [Segment(head, self.ink("blue", paper)), *shown]

    def _scalar(self, value: Value, room: int, paper: str) -> list[Segment]:
        """What it was, if that fits, an arrow, and what it is. Of an object with changes that its
        text doesn't show the text stands out."""
        if value.before is None or value.before == value.text:
            ink = "text" if value.before is None else "changed"
            return [Segment(fit(value.text, room), self.ink(ink, paper))]
        before = f"{value.before}→"
        segments = []
        if len(before) + len(value.text) <= room:
            segments.append(Segment(before, self.ink("muted", paper)))
        else:
            room -= 1
            segments.append(Segment("→", self.ink("muted", paper)))
        segments.append(Segment(fit(value.text, room), self.ink("changed", paper)))
        return segments

    def _vector(self, value: Value, row: Row, paper: str) -> list[Segment]:
        """The shape, and behind it the lanes if they fit; those that have changed stand out."""
        shape, blank, _ = value.text.partition(" ")
        segments = [Segment(shape, self.ink("faint", paper))] if blank else []
        for i in range(len(lane_texts(value.text))) if row.lanes is None else ():
            segments += (Segment(blank, self.ink("text", paper)), self._lane(value, i, paper))
        return segments

    def _lanes(self, value: Value, lanes: range, width: int, paper: str) -> list[Segment]:
        """Some lanes, right-aligned in columns."""
        cells = [self._lane(value, i, paper) for i in lanes]
        widest = max(map(len, lane_texts(value.text)))
        indent = max(0, min(INDENT, width - widest - 1))
        segments = [Segment(" " * indent, self.ink("text", paper))]
        for cell in cells:
            blank = " " * (1 + widest - len(cell.text))
            segments += (Segment(blank, self.ink("text", paper)), cell)
        return segments

    def _lane(self, value: Value, index: int, paper: str) -> Segment:
        now = lane_texts(value.text)[index]
        same = value.before is None or lane_texts(value.before)[index] == now
        return Segment(now, self.ink("text" if same else "changed", paper))
