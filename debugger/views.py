"""Frozen data for each panel: all that widgets and batch output ever see of a session.

A view is taken at one boundary (the cursor) and never changes, so a panel can't show stale data
as current: it shows the view of the cursor it was given, with that cursor's step in it.
"""

from __future__ import annotations

from dataclasses import dataclass

from debugger.answers import HeatView
from debugger.codeviews import CodeView, SourceView

Key = tuple[int | str, ...]     # where a value stands; what is in an object adds its index


@dataclass(frozen=True, slots=True)
class RefView:
    """What a reference refers to: `kind` is null, i31, struct, array, exn, func, host, or lost.

    `type` is its own type as in the text format, of an exception its tag. `offset` is where it
    lies in the heap, for as long as it lives; None if it lies elsewhere. `length` is the number of
    its fields, elements or values. `text` is an array of characters as a string, '' if it is none.
    """

    kind: str
    type: str
    offset: int | None = None
    length: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """A named value: a stack slot, local, global or result, a table, or part of an object.

    `text` is formatted by type. `before` is its text at the previous view of the same frame if it
    has changed, else None. `ref` is set for references. What can be looked into has a `key`: put
    into `Layout.opened`, it fills `items`. Many elements come in groups, whose type is ''. The
    bits of a table are its length.
    """

    name: str
    type: str
    text: str
    bits: int
    before: str | None = None
    mutable: bool = True
    ref: RefView | None = None
    key: Key = ()
    items: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class StateView:
    """Operand stack (top first), locals, globals and tables of the selected frame's instance; at
    the end of the program its results.

    `variables` are those of the source in sight, by name and type; their `bits` are the address,
    -1 for what is not in memory. `depth` is how many calls are on the stack.
    """

    step: int
    stack: tuple[Value, ...]
    locals: tuple[Value, ...]
    globals: tuple[Value, ...]
    tables: tuple[Value, ...] = ()
    results: tuple[Value, ...] = ()
    variables: tuple[Value, ...] = ()
    depth: int = 0


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
    """Frames innermost first; `total` is the depth, of which `frames` may be only a part: from
    level `first` on."""

    frames: tuple[FrameView, ...]
    total: int
    first: int = 0


@dataclass(frozen=True, slots=True)
class MemoryView:
    """Bytes data of memory `index` from `address`; `changed` holds addresses changed since the
    previously shown cursor; `size` is the memory's length in bytes, `pointer` an address's.
    `heat` is that of the whole memory over what the timeline shows; None where it isn't known yet
    or not wanted."""

    index: int
    address: int
    data: bytes
    size: int
    changed: frozenset[int]
    memories: int
    pointer: int = 4
    heat: HeatView | None = None


@dataclass(frozen=True, slots=True)
class BreakView:
    """One breakpoint. `where` is what the user sees, e.g. `func[42] parse+0x1c`.

    `kind` is 'breakpoint', 'watchpoint', 'catchpoint' or 'logpoint'. Without just one instruction
    (`places` tells how many) funcidx and offset are -1. `hits` are the stops it has made, `total`
    its hits over the recording, None where that isn't known yet. `ignore` hits are passed over.
    `changed`: only writes of another value; a watchpoint's `access` is 'write', 'read' or
    'access'. `message` is what a log-point prints; `marker` as in CodeLine. `commands` are run
    when it has stopped.
    """

    number: int
    where: str
    instance: int
    funcidx: int
    offset: int
    enabled: bool
    hits: int
    kind: str = "breakpoint"
    condition: str = ""
    ignore: int = 0
    temporary: bool = False
    changed: bool = False
    message: str = ""
    places: int = 1
    total: int | None = None
    marker: str = "on"
    line: str = ""
    access: str = "write"
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoteView:
    """A step that the user comes back to: by a mark's letter, or ('' then) with a note's text."""

    step: int
    letter: str
    text: str


@dataclass(frozen=True, slots=True)
class EventView:
    """Something that happened at a step: kind is 'output', 'trap', 'exit', 'throw' …"""

    step: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class OutputView:
    """What the program had printed at the cursor (stdout and stderr interleaved).

    `text` is a part of it, by default the last: the bytes from `start` to `end`. `total` is the
    number of bytes, `later` that of those that are printed after the cursor in the recording.
    """

    text: str
    total: int
    later: int
    events: tuple[EventView, ...]
    start: int = 0
    end: int = 0


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
class BranchView:
    """A branch: `edit` says what was changed at step `fork` of `parent` ('' for main).

    `total` steps are recorded. Of its host calls `replayed` were answered from the parent's
    recording; `live` is the step of the first that went to the host, None if there was none. With
    `own_files` it changes copies of the directories that the program was given, which began as
    they had been at that step, unless `exact_files` says no.
    """

    name: str
    current: bool
    parent: str
    fork: int
    edit: str
    total: int
    ended: bool
    replayed: int = 0
    live: int | None = None
    own_files: bool = False
    exact_files: bool = True


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
    branches: tuple[BranchView, ...] = ()
    source: SourceView | None = None
