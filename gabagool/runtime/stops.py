"""Why and where a machine stopped, as frozen data (DESIGN 2: position, stop, boundary)."""

from __future__ import annotations

from enum import StrEnum

from gabagool.errors import Thrown, Trap
from gabagool.records import dataclass


class StopReason(StrEnum):
    """FUEL: the step asked for is reached. DEPTH: a return, or an exception that was caught, led
    to the depth asked for. EXCEPTION: one that nothing caught ended the run. BREAKPOINT stops
    before an instruction, WATCHPOINT after one that has written. UNRECORDED: the program went
    on, but a recording ends here."""

    FUEL = "fuel"
    BREAKPOINT = "breakpoint"
    WATCHPOINT = "watchpoint"
    DEPTH = "depth"
    TRAP = "trap"
    EXCEPTION = "exception"
    EXIT = "exit"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    UNRECORDED = "unrecorded"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """An instruction: instance index, function index, byte offset in the module's binary."""

    instance: int
    funcidx: int
    offset: int


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop before `step` executed. `results` are the bits a finished run returned."""

    reason: StopReason
    step: int
    trap: Trap | None = None
    exit_code: int | None = None
    results: tuple[int, ...] | None = None
    exception: Thrown | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: its instruction (calling, if not innermost), stack offset and operand count.

    `fp` is the byte offset of the frame in the stack region; `funcaddr` the store address.
    """

    instance: int
    funcidx: int
    offset: int
    fp: int
    height: int
    funcaddr: int
