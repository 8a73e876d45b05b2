"""A session without an engine: plausible views of a made-up program, as fast as views can be.

For tests of the screen alone: what a slow motion looks like, how fast a pane paints, and what a
huge recording does to the columns. Everything else is tested with real programs.
"""

from __future__ import annotations

import math
import time
from threading import Event

from debugger.codeviews import CodeLine, CodeView
from debugger.exchange import Arrival, CommandError, Layout, OnProgress
from debugger.steps import parse_step
from debugger.views import (
    BreakView,
    CallsView,
    EventView,
    FrameView,
    HeaderView,
    Lane,
    MemoryView,
    NoteView,
    OutputView,
    Progress,
    Screen,
    StateView,
    TimelineView,
    Value,
)

_BODY = (
    (0, "block", ""), (1, "loop", ""), (2, "local.get", "$n"), (2, "i32.eqz", ""),
    (2, "br_if", "1"), (2, "local.get", "$sum"), (2, "local.get", "$n"), (2, "i32.add", ""),
    (2, "local.set", "$sum"), (2, "i32.const", "1024"), (2, "local.get", "$sum"),
    (2, "i32.store", "offset=16"), (2, "local.get", "$n"), (2, "i32.const", "-1"),
    (2, "i32.add", ""), (2, "local.set", "$n"), (2, "local.get", "$n"),
    (2, "call", "$a_function_with_quite_a_long_name_from_a_template<int, char const*>"),
    (2, "f64.const", "3.141592653589793"), (2, "drop", ""), (2, "br", "0"), (1, "end", ""),
    (0, "end", ""), (0, "local.get", "$sum"),
)  # fmt: skip
_FIRST = 0x1F40
STRUCTURE = ("block", "loop", "end")
_STEPS = tuple(i for i, (_, mnemonic, _) in enumerate(_BODY) if mnemonic not in STRUCTURE)


class FakeSession:
    """Stands where it is told. `delay` makes every motion take that long, in 100 parts."""

    program = "prog.wasm"
    started = True

    def __init__(self, total: int = 3_100_000_000, cursor: int = 1_204_331_882) -> None:
        self.total = total
        self.cursor = cursor
        self.ended = True
        self.frame = 0
        self.delay = 0.0
        self.memory_size = 1 << 20
        self.goes: list[int] = []
        self._before = cursor
        self._points: dict[int, BreakView] = {}
        self._marks: dict[str, int] = {"b": total // 3, "a": total // 2}
        self._paused = Event()

    # Motions

    def goto(self, step: int, *, cancel: Event | None = None,
             progress: OnProgress | None = None) -> Arrival:  # fmt: skip
        self._paused.clear()
        for done in range(100 if self.delay else 0):
            if (cancel is not None and cancel.is_set()) or self._paused.is_set():
                return Arrival(self.cursor, "cancelled", "stopped")
            time.sleep(self.delay / 100)
            if progress is not None:
                progress(Progress("replay", done, 100, self.delay * (100 - done) / 100))
        self._before, self.cursor = self.cursor, max(0, min(self.total, step))
        self.goes.append(self.cursor)
        self.frame = 0
        return Arrival(self.cursor, "step", "")

    def step(self, n: int = 1, **how: object) -> Arrival:
        return self.goto(self.cursor + n, **how)  # type: ignore[arg-type]

    def back(self, n: int = 1, **how: object) -> Arrival:
        return self.goto(self.cursor - n, **how)  # type: ignore[arg-type]

    def start(self, n: int = 1, **how: object) -> Arrival:
        return self.goto(0, **how)  # type: ignore[arg-type]

    def end(self, n: int = 1, **how: object) -> Arrival:
        return self.goto(self.total, **how)  # type: ignore[arg-type]

    def goto_mark(self, letter: str, **how: object) -> Arrival:
        if letter not in self._marks:
            raise CommandError(f"no mark '{letter}'")
        return self.goto(self._marks[letter], **how)  # type: ignore[arg-type]

    has_source = False
    step_unit, back_unit, over_unit, over_back_unit = step, back, step, back

    def line_text(self) -> str:
        return ""

    over, over_back, out, out_back, cont, cont_back = step, back, step, back, end, start
    undo, redo, run_to_end = start, end, end

    def pause(self) -> None:
        self._paused.set()

    faults: tuple[str, ...] = ()

    def printed(self) -> tuple[str, ...]:
        return ()

    # Breakpoints and marks

    def toggle_break(self, instance: int, funcidx: int, offset: int) -> BreakView | None:
        if self._points.pop(offset, None) is not None:
            return None
        number = len(self._points) + 1
        where = f"func[{funcidx}] parse+{offset - _FIRST:#x}"
        self._points[offset] = BreakView(number, where, instance, funcidx, offset, True, 3)
        return self._points[offset]

    def enable_break(self, number: int | None, enabled: bool) -> None:
        for offset, point in self._points.items():
            if number in (None, point.number):
                self._points[offset] = BreakView(
                    point.number, point.where, 0, 42, offset, enabled, 3
                )

    def breakpoints(self) -> tuple[BreakView, ...]:
        return tuple(self._points.values())

    def set_mark(self, letter: str, step: int | None = None) -> None:
        self._marks[letter] = self.cursor if step is None else step

    def noted(self) -> tuple[NoteView, ...]:
        return tuple(NoteView(step, letter, "") for letter, step in self.marks())

    def marks(self) -> tuple[tuple[str, int], ...]:
        return tuple(sorted(self._marks.items()))

    def parse_step(self, text: str) -> int:
        return parse_step(text, self.cursor, self.total, self._marks)

    def select_frame(self, level: int) -> None:
        self.frame = level

    def read_names(self, _cancel: Event) -> bool:
        return True

    def functions(self) -> tuple[tuple[int, int, str, str], ...]:
        return ((0, 41, "main", "() → i32"), (0, 42, "parse", "(i32 i32) → i32"))

    def memory_sizes(self) -> tuple[int, ...]:
        return (self.memory_size,)

    def read_memory(self, index: int, address: int, size: int) -> bytes:
        return b"1" * size

    def line_here(self) -> str:
        return ""

    def refine(self, layout: Layout, *, cancel: Event | None = None) -> bool:
        return False

    def close(self) -> None:
        pass

    # Views

    def screen(self, layout: Layout) -> Screen:
        step = self.cursor
        return Screen(
            header=HeaderView("prog.wasm", step, self.total, self.ended,
                              "func[42] parse+0x1c", "watchpoint"),
            code=self._code(step),
            state=self._state(step),
            calls=CallsView(
                tuple(FrameView(i, 0, 42 - i, name, _FIRST, "n=5, sum=12", i == self.frame)
                      for i, name in enumerate(("parse", "expression", "main", "_start"))),
                4,
            ),
            memory=self._memory(step, layout),
            output=self._output(step),
            timeline=self._timeline(step, layout),
            breaks=self.breakpoints(),
            cursor=step,
        )  # fmt: skip

    def _code(self, step: int) -> CodeView:
        at = _STEPS[step % len(_STEPS)]
        lines = []
        for i, (depth, mnemonic, operands) in enumerate(_BODY):
            offset, steppable = _FIRST + 3 * i, mnemonic not in STRUCTURE
            point = self._points.get(offset)
            lines.append(CodeLine(
                offset, depth, mnemonic, operands, steppable, i == at,
                "" if point is None else "on" if point.enabled else "off",
                step // len(_STEPS) if steppable else None,
            ))  # fmt: skip
        return CodeView(0, 42, "parse", "(i32 i32) → i32", tuple(lines), at)

    def _state(self, step: int) -> StateView:
        stack = tuple(
            Value(str(i), "i32", str(step // 7 + i), step, None) for i in range(step % 5)
        )
        n, before = str(step % 1000), str(self._before % 1000)
        values = (
            Value("$n", "i32", n, step, before if before != n else None),
            Value("$sum", "i64", f"{step * 17} {step * 17:#x}", step),
            Value("$ratio", "f64", f"{math.sin(step):.15g}", step),
            Value("$a_very_long_local_name", "funcref", "func[7] callback", 7),
        )
        return StateView(step, stack, values, (Value("$__stack_pointer", "i32", "66560", 66560),))

    def _memory(self, step: int, layout: Layout) -> MemoryView:
        start, length = layout.memory_address, layout.memory_rows * 16
        data = bytes((start + i) * 7 & 0xFF if (start + i) % 3 else 0 for i in range(length))
        changed = frozenset({start + 33 + step % 5, start + 34 + step % 5})
        return MemoryView(0, start, data, self.memory_size, changed, 1)

    def _output(self, step: int) -> OutputView:
        text = "".join(f"line {i}: Grüße, 世界\n" for i in range(min(40, step % 50)))
        events = tuple(
            EventView(self.total * i // 20, "output", f'fd_write "line {i}"') for i in range(20)
        )
        return OutputView(text, len(text), 1200, (*events, self._trap()), 0, len(text))

    def _trap(self) -> EventView:
        return EventView(self.total, "trap", "out of bounds memory access")

    def _timeline(self, step: int, layout: Layout) -> TimelineView:
        first, last = layout.view or (0, self.total + 1)
        cells = range(layout.cells)
        depth = tuple(0.5 + 0.5 * math.sin(i / 6 + math.sin(i / 17)) for i in cells)
        writes = tuple(max(0.0, math.sin(i / 3) * math.cos(i / 11)) for i in cells)
        span = last - first
        events = tuple(
            EventView(first + span * i // 20, "output", "fd_write") for i in range(1, 20)
        )
        trap = (self._trap(),) if last > self.total else ()
        retained = tuple(self.total - self.total // 2**i for i in range(30))
        return TimelineView(
            self.total, step, first, last,
            tuple(0.4 + 0.4 * math.sin(i / 9) for i in cells),
            (Lane("depth", depth), Lane("writes", writes)),
            (*events, *trap, EventView(first + span // 7, "grow", "memory.grow")),
            tuple((letter, at) for letter, at in self.marks() if first <= at < last),
            tuple(at for at in retained if first <= at < last),
            (first + span // 4,),
        )  # fmt: skip
