"""What a request is: a leaf that the modules of handlers share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING

from debugger.dap.arguments import Arguments

if TYPE_CHECKING:
    from debugger.dap.adapter import Adapter

Body = Mapping[str, object] | None
Run = Callable[["Adapter", Arguments], Body]

NOTHING, PROGRAM, STOPPED = "nothing", "program", "stopped"


@dataclass(frozen=True, slots=True)
class Handler:
    """How a request is answered. `needs` is what there must be: NOTHING, a PROGRAM, or one that
    is STOPPED. `moves`: it sets the program going, and a `stopped` event follows. Requests that
    come meanwhile wait, or if `resumes`, the motion is interrupted for them and goes on after.
    """

    run: Run
    needs: str = STOPPED
    moves: bool = False
    resumes: bool = False


@dataclass(slots=True)
class Job:
    """A request under way, or waiting. `then` is what follows its response."""

    seq: int
    command: str
    arguments: object
    handler: Handler
    cancel: Event = field(default_factory=Event)
    paused: bool = False            # by the user: a motion stops for good
    dropped: bool = False           # by a cancel request
    progress: str = ""              # the id under which progress is shown
    then: Callable[[], None] | None = None
