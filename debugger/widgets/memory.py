"""The memory pane: where it stands, what is selected, and the pointers that were followed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from debugger.views import MemoryView
from debugger.widgets.memory_rows import BESIDE, HEATS, MAP, MemoryRows, address_width, hex_width
from debugger.widgets.numbers import BYTES, DIGITS, KINDS, SIZES, TEXTS, numbers_width

_WHEEL = 3


class Memory(MemoryRows):
    """Shows a MemoryView. It holds only the bytes in sight, so scrolling asks for others."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(0, -1)", show=False, priority=True),
        Binding("down", "move(0, 1)", show=False, priority=True),
        Binding("left", "move(-1, 0)", show=False, priority=True),
        Binding("right", "move(1, 0)", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
        Binding("ctrl+home", "go(0)", show=False, priority=True),
        Binding("ctrl+end", "go(-1)", show=False, priority=True),
        Binding("enter", "chase", show=False, priority=True),
        Binding("backspace", "chase_back", show=False, priority=True),
    ]

    @dataclass
    class Wanted(Message):
        """Bytes from `address` on are to be shown."""

        address: int

    @dataclass
    class Rearranged(Message):
        """Rows have other bytes, or heat beside them: other data is wanted."""

    @dataclass
    class Astray(Message):
        """The word at `address` is no pointer: it leads out of the memory."""

        address: int
        target: int

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._asked: int | None = None
        self._came: list[int] = []          # where the pointers stand that were followed

    def watch_view(self, view: MemoryView | None) -> None:
        """A view that has been asked for is no longer waited for."""
        if view is not None and view.address == self._asked:
            self._asked = None
        self.watch_selected()
        self.repaint()

    @property
    def top(self) -> int:
        """The first address shown, or on its way."""
        if self._asked is not None:
            return self._asked
        return 0 if self.view is None else self.view.address

    # Moving

    def action_move(self, columns: int, rows: int) -> None:
        """Moves the selected byte, and what is shown with it; on the map the selected cell."""
        if self.heat == MAP:
            by = (columns + rows * self.map.columns) * self.map.cell
            if self.selected + by >= 0:
                self.selected = self._clamp(self.selected + by)
        elif self.kind == TEXTS and rows:
            self._select_text(rows)
        else:
            self._select(self.selected + columns + rows * self.row_bytes)

    def _select_text(self, by: int) -> None:
        """The next text, or the one before."""
        found = self.texts
        at = next((i for i, row in enumerate(found)
                   if row.address <= self.selected < row.address + row.length), None)
        if at is None or not 0 <= at + by < min(len(found), self.size.height):
            self.action_page(by)
        else:
            self.selected = found[at + by].address

    def action_page(self, pages: int) -> None:
        """Shows the next or previous page."""
        if self.view is not None:
            by = pages * max(1, self.size.height - 1) * self.row_bytes
            self.selected = self._clamp(self.selected + by)
            self.want(self.top + by)

    def action_go(self, address: int) -> None:
        """The first byte, or with -1 the last."""
        if self.view is not None:
            self._select(self.view.size - 1 if address < 0 else address)

    def show_address(self, address: int) -> None:
        """Selects a byte and shows it near the top."""
        self.selected = self._clamp(address)
        self.want(self.selected - 2 * self.row_bytes * (self.kind != TEXTS))

    def next_heat(self) -> None:
        """Heat beside the addresses, then a map of the whole memory, then none."""
        self._show_heat(HEATS[(HEATS.index(self.heat) + 1) % len(HEATS)])

    def _show_heat(self, where: str) -> None:
        self.heat = where
        self.post_message(self.Rearranged())

    def watch_heat(self) -> None:
        """Rows may have fewer bytes beside it."""
        self.watch_selected()
        self.repaint()

    def watch_kind(self) -> None:
        """The subtitle tells the value as the kind that is shown; rows may have fewer bytes."""
        self.watch_selected()
        self.repaint()

    def next_kind(self, by: int = 1) -> None:
        """Shows numbers of the next kind, after the last one bytes again."""
        self.kind = KINDS[(KINDS.index(self.kind) + by) % len(KINDS)]
        if self.kind == TEXTS:
            self.want(self.selected)
        self.post_message(self.Rearranged())

    def action_chase(self) -> None:
        """Goes where the pointer at the selected byte leads; on the map, to the selected cell."""
        view = self.view
        if self.heat == MAP:
            self._show_heat(BESIDE)
            self.show_address(self.selected // self.map.cell * self.map.cell)
            return
        at = -1 if view is None else self.selected - view.address
        if view is None or at < 0 or len(view.data) < at + view.pointer:
            return
        target = int.from_bytes(view.data[at : at + view.pointer], "little")
        if target < view.size:
            self._came.append(self.selected)
            self.show_address(target)
        else:
            self.post_message(self.Astray(self.selected, target))

    def action_chase_back(self) -> None:
        """Back to the pointer that was followed last."""
        self.back()

    def back(self) -> bool:
        """Back to the pointer that was followed last, if one was."""
        if self._came:
            self.show_address(self._came.pop())
            return True
        return False

    def _clamp(self, address: int) -> int:
        return max(0, address if self.view is None else min(address, self.view.size - 1))

    def _select(self, address: int) -> None:
        if self.view is None or not self.view.memories:
            return
        self.selected = address = self._clamp(address)
        row, page = self.row_bytes, self.row_bytes * self.size.height
        if address < self.top:
            self.want(address)
        elif address >= self.top + page:
            self.want(address - page + row)

    def want(self, address: int) -> None:
        """Asks for the rows from `address` on, within the memory."""
        row = self.row_bytes
        address = address // row * row
        if self.view is not None:
            last = (self.view.size - 1) // row * row - (self.size.height - 1) * row
            address = min(address, last)
        if (address := max(0, address)) != self.top:
            self._asked = address
            self.post_message(self.Wanted(address))

    # Mouse

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Wheel down."""
        self.want(self.top + _WHEEL * self.row_bytes)
        event.stop()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Wheel up."""
        self.want(self.top - _WHEEL * self.row_bytes)
        event.stop()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Selects a byte, by its digits or by its character."""
        offset = event.get_content_offset(self)
        if offset is None or self.view is None:
            return
        row = self.row_bytes
        x = offset.x - address_width(self.view.size) - 2 - self._heat_width
        if self._clicked_elsewhere(offset.x, offset.y):
            return
        numbers = self.kind != BYTES
        middle = numbers_width(self.kind, row) if numbers else hex_width(row)
        if x > middle:
            column = x - middle - 1
        elif numbers:
            column = max(0, x - 1) // (DIGITS[self.kind] + 1) * SIZES[self.kind]
        else:
            column = max(0, x - 1 - (x > 24 and row > 8)) // 3
        if column < row:
            self.selected = self._clamp(self.view.address + offset.y * row + column)

    def _clicked_elsewhere(self, x: int, y: int) -> bool:
        """A click on the map or on a text."""
        view = self.view
        assert view is not None
        if self.heat == MAP:
            column = x - address_width(view.size) - 3
            if 0 <= column < self.map.columns and y < self.map.rows:
                self.selected = self._clamp((y * self.map.columns + column) * self.map.cell)
        elif self.kind == TEXTS:
            if y < len(self.texts):
                self.selected = self.texts[y].address
        else:
            return False
        return True
