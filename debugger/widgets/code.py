"""The code pane: disassembly with breakpoints, the cursor and how often each line has run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from rich.segment import Segment
from textual.message import Message
from textual.reactive import reactive

from debugger.codeviews import CodeLine, CodeView
from debugger.widgets.lines import Lines
from debugger.widgets.text import column, fit, printable, short

DOTS = {"": " ", "on": "●", "off": "○", "if": "◆", "log": "◇"}
_GUTTER = 2  # the breakpoint's dot and the cursor's marker
_MARGIN = 3  # lines kept in sight above and below the cursor
_OFFSET_FROM = 52  # the offset column is drawn from this width on
_INDENT_AT_MOST = 16

_CONTROL = ("br", "call", "return", "if", "unreachable", "throw", "try", "catch",
            "rethrow", "delegate")


@lru_cache(maxsize=2048)
def ink_of(mnemonic: str) -> str:
    """The syntax colour of an instruction: by what it touches."""
    if mnemonic.startswith(_CONTROL):
        return "control"
    if mnemonic.startswith(("local.", "global.")):
        return "blue"
    if mnemonic.endswith(".const") or mnemonic.startswith("ref."):
        return "number"
    if ".load" in mnemonic or ".store" in mnemonic or mnemonic.startswith(("memory", "table")):
        return "cyan"
    return "text"


class Code(Lines):
    """Shows a CodeView. The selection follows the cursor until it is moved away."""

    TITLE = "Code"

    view: reactive[CodeView | None] = reactive(None, repaint=False)

    @dataclass
    class BreakToggled(Message):
        """A click in the gutter of this line."""

        line: CodeLine

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._wanted: int | None = None

    def select_later(self, offset: int | None) -> None:
        """The next view is asked for because of this instruction (None: of the cursor)."""
        self._wanted = offset

    def watch_view(self, old: CodeView | None, new: CodeView | None) -> None:
        """Follows the cursor; a new function starts from its own scroll position."""
        if new is None:
            return
        same = old is not None and (old.instance, old.funcidx) == (new.instance, new.funcidx)
        if not same:
            self.top = 0
            self.show_detail(
                printable(f"func[{new.funcidx}] {new.name}".rstrip()), printable(new.signature)
            )
        chosen = self._line_to_select(new, moved=old is None or old.current != new.current)
        if chosen >= 0:
            self.set_reactive(Code.selected, chosen)
            if not same:
                self.top = chosen - self.size.height // 3
            self.reveal(chosen, _MARGIN)
        self.settle()
        self.repaint()

    def _line_to_select(self, view: CodeView, moved: bool) -> int:
        """What was asked for, else the cursor if it has moved, else the selection stays (-1)."""
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            found = (i for i, line in enumerate(view.lines) if line.offset == wanted)
            return next(found, view.current)
        return view.current if moved else -1

    def on_resize(self) -> None:
        """Keeps the cursor in sight."""
        super().on_resize()
        if self.view is not None and self.view.current >= 0:
            self.reveal(self.view.current, _MARGIN)

    @property
    def selected_line(self) -> CodeLine | None:
        """The line at which `break` acts."""
        if self.view is None or not 0 <= self.selected < len(self.view.lines):
            return None
        return self.view.lines[self.selected]

    def row_count(self) -> int:
        """One row per line of disassembly, or one that says why there is none."""
        return 0 if self.view is None else max(1, len(self.view.lines))

    def paper(self, index: int) -> str:
        """The current line stands out even without focus."""
        assert self.view is not None
        if index == self.view.current:
            return "current"
        return "selected" if index == self.selected else ""

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """Gutter, count, offset, then the instruction at its nesting depth."""
        assert self.view is not None
        if not self.view.lines:
            return [Segment(" imported: the host's code, not the program's", self.ink("muted"))]
        line = self.view.lines[index]
        here = index == self.view.current
        count = "" if line.count is None else short(line.count)
        indent = "  " * min(line.depth, _INDENT_AT_MOST)
        segments = [
            Segment(DOTS[line.breakpoint], self.ink("error", paper)),
            Segment("►" if here else " ", self.ink("changed", paper)),
            Segment(f"{count:>4}  ", self.ink("faint" if count == "0" else "muted", paper)),
        ]
        if width >= _OFFSET_FROM:
            where = "" if line.offset < 0 else f"+{line.offset - self._base():x}"
            segments.append(Segment(column(where, 7), self.ink("faint", paper)))
        if not line.steppable:
            words = f"{indent}{line.mnemonic} {line.operands}"
            return [*segments, Segment(printable(words), self.ink("faint", paper))]
        ink = ink_of(line.mnemonic)
        room = width - sum(len(segment.text) for segment in segments)
        words = indent + line.mnemonic + " "
        operands = fit(line.operands, room - len(words))
        return [
            *segments,
            Segment(words, self.ink(ink, paper)),
            Segment(operands, self.ink("number" if ink == "number" else "text", paper)),
        ]

    def _base(self) -> int:
        """The offset of the function's first instruction, from which `+1c` counts."""
        assert self.view is not None
        return next((line.offset for line in self.view.lines if line.offset >= 0), 0)

    def line_clicked(self, index: int, x: int) -> None:
        """The gutter toggles a breakpoint; elsewhere a click selects."""
        if x < _GUTTER and self.selected_line is not None:
            self.post_message(self.BreakToggled(self.selected_line))
