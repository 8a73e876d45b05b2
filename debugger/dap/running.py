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


def _motion(method: str, why: str = "step", title: str = "", unit: str = "",
            **more: object) -> Answer:
    """A request for one of the session's motions. `title`: of its progress, if it has an end.
    `unit` is the motion by lines, or whatever steps go by."""
    def run(adapter: Adapter, args: Arguments) -> Body:
        session = adapter.session
        by_unit = unit and args.text("granularity", "statement") != "instruction"
        move = getattr(session, unit if by_unit else method)
        session.select_frame(0)             # what was looked at doesn't matter
        adapter.then(lambda: adapter.travel(move, why, title))
        return more
    return run


def _goto_targets(adapter: Adapter, args: Arguments) -> Body:
    """A line's executions next to the cursor: going there is a jump in time."""
    asked = args.integer("line") - adapter.first_line
    source = args.inner("source")
    places = adapter.sources.places(source, asked)
    spot = adapter.sources.spot(places[0], adapter.sources.file(source) is None)
    job = adapter.current
    assert job is not None and spot is not None
    with adapter.reporting.shown(job, "Find executions of this line") as progress:
        found = [adapter.session.executed(f"*{offset:#x}", cancel=job.cancel, progress=progress)
                 for offset in places]
    before = max((step for step, _ in found if step is not None), default=None)
    after = min((step for _, step in found if step is not None), default=None)
    return {"targets": [
        {"id": step, "label": f"{when} execution: step {step:,}",
         "line": spot.line + adapter.first_line, "instructionPointerReference": f"{places[0]:#x}"}
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
    "next": Handler(_motion("over", unit="over_unit"), STOPPED, True),
    "stepIn": Handler(_motion("step", unit="step_unit"), STOPPED, True),
    "stepOut": Handler(_motion("out"), STOPPED, True),
    "stepBack": Handler(_motion("over_back", title="Step back", unit="over_back_unit"), STOPPED,
                        True),
    "gaba/stepBackIn": Handler(_motion("back", title="Step back", unit="back_unit"), STOPPED,
                               True),
    "gaba/stepBackOut": Handler(_motion("out_back", title="Back to the call"), STOPPED, True),
    "gotoTargets": Handler(_goto_targets),
    "goto": Handler(_goto, STOPPED, True),
}
