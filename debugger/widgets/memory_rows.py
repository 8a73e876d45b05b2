"""How the memory pane draws its rows: bytes, numbers, texts, how hot they are, or a map of that."""

from __future__ import annotations

from rich.segment import Segment
from textual.reactive import reactive
from textual.strip import Strip

from debugger.answers import HeatView
from debugger.shades import SHADES, shade
from debugger.views import MemoryView
from debugger.widgets.heat_map import HeatMap
from debugger.widgets.numbers import BYTES, DIGITS, SIZES, TEXTS, as_number, numbers_width
from debugger.widgets.panel import Panel
from debugger.widgets.string_rows import StringRow, string_rows
from debugger.widgets.text import fit, short, size

OFF, BESIDE, MAP = HEATS = ("", "beside", "map")     # where heat is shown
HEAT_WIDTH = 3                                       # of the column beside the addresses
_TEXT_BYTES = 64                                     # of memory for a row of texts, about
_HEX = tuple(f"{byte:02x}" for byte in range(256))
_ASCII = tuple(chr(byte) if 32 <= byte < 127 else "·" for byte in range(256))


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


class MemoryRows(Panel):
    """Shows a MemoryView. It holds only the bytes in sight."""

    TITLE = "Memory"

    view: reactive[MemoryView | None] = reactive(None, repaint=False)
    selected: reactive[int] = reactive(0)
    kind: reactive[str] = reactive(BYTES)
    heat: reactive[str] = reactive(OFF)

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._texts: tuple[object, list[StringRow]] = (None, [])

    def watch_selected(self) -> None:
        """The subtitle tells where the selected byte is and what it is as an i32."""
        view = self.view
        if view is None or not view.memories:
            return
        at = self.selected - view.address
        kind = self.kind if self.kind in SIZES else "i32"
        word = view.data[at : at + SIZES[kind]] if at >= 0 else b""
        value = f" = {kind} {as_number(kind, word)}" if len(word) == SIZES[kind] else ""
        here = f"0x{self.selected:x}{value} · " if word else ""
        shown = [f"{view.index}"] * (view.memories > 1) + [self.kind] * (self.kind != BYTES)
        shown += [self._legend(view.heat)] * bool(self.heat)
        spot = self._spot(view.heat) if self.heat else ""
        self.show_detail(" ".join(shown), f"{spot}{here}{size(view.size)}")

    def _legend(self, heat: HeatView | None) -> str:
        """What is drawn of heat."""
        if heat is None:
            return "heat …"
        return f"heat of {size(self.map.cell)} each" if self.heat == MAP else "heat written read"

    def _spot(self, heat: HeatView | None) -> str:
        """What the signs of heat mean, and the numbers of the selected line or cell."""
        if heat is None or not 0 <= self.selected // heat.line < len(heat.writes):
            return ""
        shown = self.map if self.heat == MAP else None
        first, last = ((self.selected // heat.line, self.selected // heat.line + 1)
                       if shown is None else shown.lines(self.selected))
        written, read = sum(heat.writes[first:last]), sum(heat.reads[first:last])
        most = heat.most if shown is None else shown.most
        return f"{SHADES} to {short(most)}, here {short(written)} written {short(read)} read · "

    @property
    def map(self) -> HeatMap:
        """The map of the whole memory, in the size of the pane."""
        view = self.view
        memory = 0 if view is None else view.size
        room = self.size.width - address_width(memory) - 5
        return HeatMap(None if view is None else view.heat, memory, room, self.size.height)

    @property
    def texts(self) -> list[StringRow]:
        """The texts of the bytes in sight."""
        view = self.view
        if view is None:
            return []
        key = (view.address, view.data, self.size.width, self.size.height)
        if self._texts[0] != key:
            room = self.size.width - address_width(view.size) - 3 - self._heat_width
            self._texts = key, string_rows(view.address, view.data, max(8, room))
        return self._texts[1]

    @property
    def wanted_width(self) -> int:
        """Cells of a row with 16 bytes."""
        return row_width(0 if self.view is None else self.view.size) + self._heat_width

    @property
    def _heat_width(self) -> int:
        return HEAT_WIDTH * (self.heat == BESIDE)

    @property
    def row_bytes(self) -> int:
        """Bytes per row at this width."""
        size = 0 if self.view is None else self.view.size
        if self.kind == TEXTS:
            return _TEXT_BYTES
        if self.kind == BYTES:
            return bytes_per_row(self.size.width - self._heat_width, size)
        rest = self.size.width - address_width(size) - 3 - self._heat_width
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
        if self.heat == MAP:
            return self._map_row(y)
        if self.kind == TEXTS:
            return self._text_row(y)
        count = self.row_bytes
        start = view.address + y * count
        data = view.data[y * count : (y + 1) * count]
        if not data:
            return self.strip([], width)
        digits = address_width(view.size)
        segments = [Segment(f" {start:0{digits}x} ", self.ink("blue")),
                    *self._heat_cells(start, len(data))]
        segments += (self._hex(start, data, count) if self.kind == BYTES else
                     self._numbers(start, data, numbers_width(self.kind, count)))
        segments.append(Segment(" ", self.ink("text")))
        segments += self._characters(start, data)
        return self.strip(segments, width)

    def _heat_cells(self, start: int, count: int) -> list[Segment]:
        """How often some bytes were written and read."""
        if self.heat != BESIDE or self.view is None:
            return []
        heat = self.view.heat
        if heat is None:
            return [Segment("░░ ", self.ink("faint"))]
        lines = slice(start // heat.line, -(-(start + count) // heat.line))
        return [Segment(shade(max(heat.writes[lines], default=0), heat.most), self.ink("accent")),
                Segment(shade(max(heat.reads[lines], default=0), heat.most), self.ink("blue")),
                Segment(" ", self.ink("text"))]

    def _map_row(self, y: int) -> Strip:
        """`10000 │▒▓█··│`."""
        width, found = self.size.width, self.map
        assert self.view is not None
        if self.view.heat is None:
            return self.strip([Segment(" counting …" if y == 0 else "", self.ink("muted"))], width)
        if y >= found.rows:
            return self.strip([], width)
        start = y * found.columns * found.cell
        segments = [Segment(f" {start:0{address_width(self.view.size)}x} │", self.ink("blue"))]
        chosen = self.selected // found.cell - y * found.columns
        for i, (sign, hotter) in enumerate(found.row(y)):
            here = i == chosen
            segments.append(Segment("+" if here else sign, self.ink("inverse" if here else hotter)))
        return self.strip([*segments, Segment("│", self.ink("blue"))], width)

    def _text_row(self, y: int) -> Strip:
        """`1f40 "overdrawn"`, or what is no text."""
        width, found = self.size.width, self.texts
        assert self.view is not None
        if y >= len(found):
            return self.strip([], width)
        row = found[y]
        here = row.address <= self.selected < row.address + row.length
        changed = not self.view.changed.isdisjoint(range(row.address, row.address + row.length))
        look = "inverse" if changed else "text" if row.is_text else "faint"
        return self.strip([
            Segment(f" {row.address:0{address_width(self.view.size)}x} ", self.ink("blue")),
            *self._heat_cells(row.address, row.length),
            Segment(">" if here else " ", self.ink("accent")),
            Segment(row.text, self.ink(look))], width)

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
