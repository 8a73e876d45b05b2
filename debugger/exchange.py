"""What passes between a session and whoever drives it, besides the views of `views.py`.

A leaf module: the UI, the commands and the session's parts all import it, and it imports none
of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from debugger.faults import CommandError as CommandError
from debugger.views import Key, Progress

OnProgress = Callable[[Progress], None]


def file_fault(error: Exception) -> str:
    """What is wrong with a file, or with its name, without the name itself."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


@dataclass(frozen=True, slots=True)
class Layout:
    """How much of what a screen shows.

    `code_func` is (instance, funcidx), None follows the selected frame. `frame` is the level of
    the call stack that is shown, 0 the innermost, None the session's selected one; frames are
    listed from level `frames_first` on, None around that one. `memory` is the memory's index;
    a row has 16 bytes. `view` is the timeline's viewport [first, last), None for all of the
    history; `cells` is the timeline's width. `output_bytes` of what was printed are
    shown, up to byte `output_end`, None for the last. `event_kinds` are those of
    `eventlist.KINDS` that are listed, none of them for all. `opened` are the keys of the values
    whose insides are shown. `heat` tells whether that of the memory is wanted.
    """

    code_func: tuple[int, int] | None = None
    frame: int | None = None
    frames_first: int | None = None
    memory: int = 0
    memory_address: int = 0
    memory_rows: int = 16
    cells: int = 80
    view: tuple[int, int] | None = None
    output_bytes: int = 16384
    output_end: int | None = None
    event_kinds: tuple[str, ...] = ()
    opened: frozenset[Key] = frozenset()
    source_file: str = ""
    heat: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a motion has led: the cursor, why it stopped there, and a line for the user.

    `reason` is one of: 'step' (the motion did all it was asked), 'breakpoint', 'watchpoint',
    'catchpoint', 'gone' (a watched local's function has returned), 'start' (step 0
    is as far back as it goes), 'unwritten' and 'unread' (nothing wrote or read the location
    asked about),
    'none' (no such event), 'absent' (what was searched is never in memory), 'edit' (a branch has
    begun), 'trap', 'exception' (that nothing caught), 'exit', 'finished' (the end of the program),
    'unrecorded' (the end of a recording, not of its program), 'input' (the program waits for
    what is to be typed), 'cancelled' (paused by the user). `point` is the number of the breakpoint
    that has stopped it, 0 if none has.
    """

    step: int
    reason: str
    message: str
    point: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """Facts about the recording: `end` says how the program ended, '' if it hasn't yet.

    `interval` is the distance in steps of the newest snapshots; `retained` counts all of them.
    """

    total: int
    cursor: int
    end: str
    retained: int
    interval: int
    bytes: int
    marks: tuple[tuple[str, int], ...]
