"""The memory pane: bytes or numbers in rows, what has changed since the last cursor in inverse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from debugger.views import MemoryView
from debugger.widgets.numbers import BYTES, DIGITS, KINDS, SIZES, as_number, numbers_width
from debugger.widgets.panel import Panel
from debugger.widgets.text import fit, size

_HEX = tuple(f"{byte:02x}" for byte in range(256))
_ASCII = tuple(chr(byte) if 32 <= byte < 127 else "·" for byte in range(256))
_WHEEL = 3
_POINTER = 4


def address_width(memory_size: int) -> int:
    """Hex digits of the column of addresses: four at least."""
    return max(4, len(f"{max(0, memory_size - 1):x}"))


def bytes_per_row(width: int, memory_size: int) -> int:
    """16 where they fit with their characters, else 8 or 4."""
    return next((count for count in (16, 8) if row_width(memory_size, count) <= width), 4)


def row_width(memory_size: int, count: int = 16) -> int:
    """Cells of a row: address, digits, characters and the blanks between them."""
    return address_width(memory_size) + hex_width(count) + count + 3


def hex_width(count: int) -> int:
    """Cells of `count` bytes in hex, with a blank or bracket at both ends and one gap."""
    return count * 3 + (count > 8) + 1


class Memory(Panel):
    """Shows a MemoryView. It holds only the bytes in sight, so scrolling asks for others."""

    TITLE = "Memory"

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

    view: reactive[MemoryView | None] = reactive(None, repaint=False)
    selected: reactive[int] = reactive(0)
    kind: reactive[str] = reactive(BYTES)

    @dataclass
    class Wanted(Message):
        """Bytes from `address` on are to be shown."""

        address: int

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

    def watch_selected(self) -> None:
        """The subtitle tells where the selected byte is and what it is as an i32."""
        view = self.view
        if view is None or not view.memories:
            return
        at = self.selected - view.address
        kind = "i32" if self.kind == BYTES else self.kind
        word = view.data[at : at + SIZES[kind]] if at >= 0 else b""
        value = f" = {kind} {as_number(kind, word)}" if len(word) == SIZES[kind] else ""
        here = f"0x{self.selected:x}{value} · " if word else ""
        shown = [f"{view.index}"] * (view.memories > 1) + [self.kind] * (self.kind != BYTES)
        title = " ".join(shown)
        self.show_detail(title, f"{here}{size(view.size)}")

    @property
    def row_bytes(self) -> int:
        """Bytes per row at this width."""
        size = 0 if self.view is None else self.view.size
        if self.kind == BYTES:
            return bytes_per_row(self.size.width, size)
        rest = self.size.width - address_width(size) - 3
        return next((count for count in (16, 8)
                     if numbers_width(self.kind, count) + count <= rest), 4 if
                    SIZES[self.kind] <= 4 else 8)

    # Drawing

    def paint(self, y: int) -> Strip:
        """`1f40  00 2a …  .*..`."""
        width = self.size.width
        view = self.view
        if view is None or not view.memories:
            note = " this module has no memory" if y == 0 and view is not None else ""
            return self.strip([Segment(note, self.ink("muted"))], width)
        count = self.row_bytes
        start = view.address + y * count
        data = view.data[y * count : (y + 1) * count]
        if not data:
            return self.strip([], width)
        digits = address_width(view.size)
        segments = [Segment(f" {start:0{digits}x} ", self.ink("blue"))]
        segments += (self._hex(start, data, count) if self.kind == BYTES else
                     self._numbers(start, data, numbers_width(self.kind, count)))
        segments.append(Segment(" ", self.ink("text")))
        segments += self._characters(start, data)
        return self.strip(segments, width)

    def _look(self, address: int, byte: int) -> str:
        assert self.view is not None
        if address in self.view.changed:
            return "inverse"
        return "text" if byte else "faint"

    def _hex(self, start: int, data: bytes, count: int) -> list[Segment]:
        """Two digits per byte; the selected one in brackets, a gap after every eighth."""
        segments: list[Segment] = []
        plain = self.ink("text")
        chosen = self.selected - start
        for i, byte in enumerate(data):
            before = "[" if i == chosen else "]" if i == chosen + 1 else " "
            gap = " " if i == 8 and before != "]" else "] " if i == 8 else ""
            if gap:
                before = gap if before == "]" else gap + before
            segments.append(Segment(before, plain))
            segments.append(Segment(_HEX[byte], self.ink(self._look(start + i, byte))))
        missing = count - len(data)
        tail = "]" if chosen == len(data) - 1 else " "
        segments.append(Segment(tail + "   " * missing + " " * (missing > 7), plain))
        return segments

    def _numbers(self, start: int, data: bytes, room: int) -> list[Segment]:
        """Numbers of the kind that is shown, in columns; of one cut off by the end, nothing.

        The one that the selected byte belongs to is in brackets.
        """
        assert self.view is not None
        size, width = SIZES[self.kind], DIGITS[self.kind]
        segments: list[Segment] = []
        chosen = (self.selected - start) // size
        plain = self.ink("text")
        for i in range(-(-len(data) // size)):
            part = data[i * size : (i + 1) * size]
            text = fit(as_number(self.kind, part), width) if len(part) == size else ""
            at = start + i * size
            changed = not self.view.changed.isdisjoint(range(at, at + len(part)))
            look = "inverse" if changed else "text" if any(part) else "faint"
            gap = " " * (width - len(text))
            before = "]" if i == chosen + 1 else " "
            segments.append(Segment(f"{before}{gap}[" if i == chosen and gap else
                                    "[" if i == chosen else before + gap, plain))
            if i == chosen and gap:     # the bracket stands right before the number
                segments[-1] = Segment(before + gap[1:] + "[", plain)
            segments.append(Segment(text, self.ink(look)))
        count = -(-len(data) // size)
        tail = "]" if chosen == count - 1 else " "
        used = (width + 1) * count + 1
        segments.append(Segment(tail + " " * max(0, room - used), plain))
        return segments

    def _characters(self, start: int, data: bytes) -> list[Segment]:
        segments: list[Segment] = []
        for i, byte in enumerate(data):
            look = self._look(start + i, byte)
            printable = 32 <= byte < 127
            ink = look if look == "inverse" else "text" if printable else "faint"
            segments.append(Segment(_ASCII[byte], self.ink(ink)))
        return segments

    # Moving

    def action_move(self, columns: int, rows: int) -> None:
        """Moves the selected byte, and what is shown with it."""
        self._select(self.selected + columns + rows * self.row_bytes)

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
        self.want(self.selected - 2 * self.row_bytes)

    def watch_kind(self) -> None:
        """The subtitle tells the value as the kind that is shown; rows may have fewer bytes."""
        self.watch_selected()
        self.repaint()

    def next_kind(self, by: int = 1) -> None:
        """Shows numbers of the next kind, after the last one bytes again."""
        self.kind = KINDS[(KINDS.index(self.kind) + by) % len(KINDS)]

    def action_chase(self) -> None:
        """Goes where the pointer at the selected byte leads."""
        view = self.view
        at = -1 if view is None else self.selected - view.address
        if view is None or at < 0 or len(view.data) < at + _POINTER:
            return
        target = int.from_bytes(view.data[at : at + _POINTER], "little")
        if target < view.size:
            self._came.append(self.selected)
            self.show_address(target)
        else:
            self.post_message(self.Astray(self.selected, target))

    def action_chase_back(self) -> None:
        """Back to the pointer that was followed last."""
        if self._came:
            self.show_address(self._came.pop())

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
        x = offset.x - address_width(self.view.size) - 2
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
