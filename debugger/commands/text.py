"""Views as lines of text, for the command line and batch mode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from debugger.codeviews import CodeLine
from debugger.source.files import base
from debugger.views import FrameView, Value

POINTS = {"": " ", "on": "●", "off": "○", "if": "◆", "log": "◇"}     # see CodeLine.breakpoint


def value_lines(values: Sequence[Value]) -> Iterator[str]:
    """One line a value: name, type, text, and what it was if it has changed."""
    width = max((len(value.name) for value in values), default=0)
    kind = max((4, *(len(value.type) for value in values)))
    for value in values:
        was = f"  (was {value.before})" if value.before is not None else ""
        yield f"{value.name:<{width}}  {value.type:<{kind}} {value.text}{was}"


def value_data(value: Value) -> dict[str, object]:
    """A value as JSON has it: without what only the screen needs."""
    data = {"name": value.name, "type": value.type, "text": value.text, "bits": value.bits,
            "before": value.before, "mutable": value.mutable}
    return data if value.ref is None else data | {"ref": asdict(value.ref)}


def frame_line(frame: FrameView) -> str:
    """One line of a backtrace."""
    selected = "*" if frame.selected else " "
    at = f"{base(frame.file)}:{frame.line}" if frame.file else f"{frame.offset:#x}"
    inlined = " (inlined)" if frame.inlined else ""
    return f"{selected}#{frame.level}  {frame.name}({frame.args}) at {at}{inlined}"


def code_lines(lines: Sequence[CodeLine]) -> Iterator[str]:
    """Disassembly: cursor, breakpoint, offset, instruction."""
    for line in lines:
        pointer = "►" if line.current else " "
        point = POINTS[line.breakpoint]
        count = "" if line.count is None else f"{line.count:,}"
        place = f"{line.offset:#8x}" if line.offset >= 0 else " " * 8
        text = f"{'  ' * line.depth}{line.mnemonic} {line.operands}".rstrip()
        yield f"{pointer}{point}{place}  {text}{f'  ; {count} times' if count else ''}"
