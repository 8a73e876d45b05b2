"""Requests that move in time: each is answered at once, and a `stopped` event follows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from debugger.dap.arguments import Arguments
from debugger.dap.handler import STOPPED, Body, Handler
from debugger.dap.handler import Run as Answer
from debugger.exchange import CommandError

if TYPE_CHECKING:
    from debugger.dap.adapter import Adapter


def _motion(method: str, why: str = "step", title: str = "", **more: object) -> Answer:
    """A request for one of the session's motions. `title`: of its progress, if it has an end."""
    def run(adapter: Adapter, _args: Arguments) -> Body:
        move = getattr(adapter.session, method)
        adapter.then(lambda: adapter.travel(move, why, title))
        return more
    return run


def _goto_targets(adapter: Adapter, args: Arguments) -> Body:
    """A line's executions next to the cursor: going there is a jump in time."""
    line = args.integer("line") - adapter.first_line
    place = adapter.sources.instruction(args.inner("source"), line)
    job = adapter.current
    assert job is not None
    with adapter.reporting.shown(job, f"Find executions of {place.text}") as progress:
        before, after = adapter.session.executed(f"*{place.offset:#x}", cancel=job.cancel,
                                                 progress=progress)
    line = adapter.sources.of_instruction(place).line + adapter.first_line
    return {"targets": [
        {"id": step, "label": f"{when} execution: step {step:,}", "line": line,
         "instructionPointerReference": f"{place.offset:#x}"}
        for when, step in (("previous", before), ("next", after)) if step is not None]}


def _goto(adapter: Adapter, args: Arguments) -> Body:
    """A target is a step of the recording."""
    step = args.integer("targetId")
    session = adapter.session
    if not 0 <= step <= session.total:
        raise CommandError(f"step {step:,} is outside of the recording, 0 to {session.total:,}")
    adapter.then(lambda: adapter.travel(partial(session.goto, step), "goto",
                                        f"Go to step {step:,}"))
    return None


HANDLERS = {
    "continue": Handler(_motion("cont", allThreadsContinued=True), STOPPED, True, resumes=True),
    "reverseContinue": Handler(_motion("cont_back", title="Continue back"), STOPPED, True,
                               resumes=True),
    "next": Handler(_motion("over"), STOPPED, True),
    "stepIn": Handler(_motion("step"), STOPPED, True),
    "stepOut": Handler(_motion("out"), STOPPED, True),
    "stepBack": Handler(_motion("over_back", title="Step back"), STOPPED, True),
    "gaba/stepBackIn": Handler(_motion("back", title="Step back"), STOPPED, True),
    "gaba/stepBackOut": Handler(_motion("out_back", title="Back to the call"), STOPPED, True),
    "gotoTargets": Handler(_goto_targets),
    "goto": Handler(_goto, STOPPED, True),
}
