"""Frozen data for each panel: all that widgets and batch output ever see of a session.

A view is taken at one boundary (the cursor) and never changes, so a panel can't show stale data
as current: it shows the view of the cursor it was given, with that cursor's step in it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One line of disassembly. `offset` is the byte offset in the module, -1 for none.

    `steppable` is False for structure (block, loop, else, end), which no step stands for.
    `breakpoint` is '' (none), 'on' or 'off'; `count` is executions so far, None if not known.
    """

    offset: int
    depth: int
    mnemonic: str
    operands: str
    steppable: bool = True
    current: bool = False
    breakpoint: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True)
class CodeView:
    """Disassembly of one function; `current` is the index in `lines` of the cursor, or -1."""

    instance: int
    funcidx: int
    name: str
    signature: str
    lines: tuple[CodeLine, ...]
    current: int


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source file. `file` is its path as compilers recorded it, `path` where it was found ('' if
    it wasn't; then `missing` says what to do).

    Lines count from 1: `current` is the selected frame's (0: it is elsewhere), `top` the one to
    show, `breaks` pairs of a line and 'on' or 'off'. `notice` tells of damaged debug info.
    """

    file: str
    path: str
    lines: tuple[str, ...]
    current: int
    breaks: tuple[tuple[int, str], ...]
    top: int
    missing: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """A named value: a stack slot, local or global. `text` is formatted by type.

    `before` is its text at the previous view of the same frame if it has changed, else None.
    """

    name: str
    type: str
    text: str
    bits: int
    before: str | None = None
    mutable: bool = True


@dataclass(frozen=True, slots=True)
class StateView:
    """Operand stack (top first), locals, and globals of the selected frame's instance.

    `variables` are those of the source in sight, by name and type; their `bits` are the address,
    -1 for what is not in memory.
    """

    step: int
    stack: tuple[Value, ...]
    locals: tuple[Value, ...]
    globals: tuple[Value, ...]
    variables: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class FrameView:
    """One call frame; `level` 0 is the innermost. `offset` is its current or calling instruction.

    With debug info `file` and `line` say where that is in the source, and calls that were inlined
    (`inlined`) have frames of their own.
    """

    level: int
    instance: int
    funcidx: int
    name: str
    offset: int
    args: str
    selected: bool = False
    file: str = ""
    line: int = 0
    inlined: bool = False


@dataclass(frozen=True, slots=True)
class CallsView:
    """Frames innermost first; `total` is the depth, of which `frames` may be only a part."""

    frames: tuple[FrameView, ...]
    total: int


@dataclass(frozen=True, slots=True)
class MemoryView:
    """Bytes data of memory `index` from `address`; `changed` holds addresses changed since the
    previously shown cursor; `size` is the memory's length in bytes."""

    index: int
    address: int
    data: bytes
    size: int
    changed: frozenset[int]
    memories: int


@dataclass(frozen=True, slots=True)
class BreakView:
    """One breakpoint. `where` is what the user sees, e.g. `func[42] parse+0x1c`."""

    number: int
    where: str
    instance: int
    funcidx: int
    offset: int
    enabled: bool
    hits: int
    line: str = ""


@dataclass(frozen=True, slots=True)
class EventView:
    """Something that happened at a step: kind is 'output', 'trap', 'exit', 'throw' …"""

    step: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class OutputView:
    """What the program had printed at the cursor (stdout and stderr interleaved).

    `text` is at most the last part of it; `total` the number of bytes; `later` the number of
    bytes that are printed after the cursor in the recording.
    """

    text: str
    total: int
    later: int
    events: tuple[EventView, ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """One number per cell of the timeline's viewport, scaled 0..1; None where not yet known."""

    name: str
    cells: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class TimelineView:
    """The scrubber. Steps: history is [0, total]; the viewport shows [first, last).

    `overview` covers all history in as many cells as asked for; `lanes` (depth, writes) cover the
    viewport. `events`, `marks`, `retained` are steps inside the viewport (marks with letters).
    """

    total: int
    cursor: int
    first: int
    last: int
    overview: tuple[float, ...]
    lanes: tuple[Lane, ...]
    events: tuple[EventView, ...]
    marks: tuple[tuple[str, int], ...]
    retained: tuple[int, ...]
    breaks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class HeaderView:
    """The header line. `ended` tells whether `total` is the end of the program or only so far."""

    program: str
    step: int
    total: int
    ended: bool
    where: str
    stop: str
    branch: str = "main"
    unit: str = ""          # by what steps go: 'line', or '' where there are only instructions


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long operation is: `done` of `total` steps, with an estimate in seconds."""

    what: str
    done: int
    total: int
    eta: float | None


@dataclass(frozen=True, slots=True)
class Screen:
    """Every panel at one cursor."""

    header: HeaderView
    code: CodeView
    state: StateView
    calls: CallsView
    memory: MemoryView
    output: OutputView
    timeline: TimelineView
    breaks: tuple[BreakView, ...]
    cursor: int
    message: str = ""
    source: SourceView | None = None
