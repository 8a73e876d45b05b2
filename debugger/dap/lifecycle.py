"""Requests that begin and end things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debugger.dap.arguments import Arguments
from debugger.dap.capabilities import CAPABILITIES, FILTERS
from debugger.dap.handler import NOTHING, PROGRAM, Body, Handler
from debugger.dap.launching import parse_launch
from debugger.exchange import Arrival, CommandError

if TYPE_CHECKING:
    from debugger.dap.adapter import Adapter


def _initialize(adapter: Adapter, args: Arguments) -> Body:
    adapter.client = args
    return CAPABILITIES


def _launch(adapter: Adapter, args: Arguments) -> Body:
    if adapter.has_program:
        raise CommandError("a program has been launched already: use restart")
    adapter.open(parse_launch(args))
    adapter.then(lambda: _launched(adapter))
    return None


def _launched(adapter: Adapter) -> None:
    """Breakpoints can be set only now: they are checked against the program."""
    adapter.writer.event("process", {
        "name": adapter.launch.program if adapter.launch else "", "startMethod": "launch",
        "isLocalProcess": True})
    adapter.writer.event("initialized", {})


def _attach(_adapter: Adapter, _args: Arguments) -> Body:
    raise CommandError("there is nothing to attach to: gaba-debug records a program from its "
                       "start, so use a launch request")


def _configured(adapter: Adapter, _args: Arguments) -> Body:
    adapter.then(lambda: _begin(adapter))
    return None


def _begin(adapter: Adapter) -> None:
    session, launch = adapter.session, adapter.launch
    number = adapter.points.at_cursor()
    if launch is not None and not launch.debug:
        adapter.travel(session.run_to_end)
    elif launch is not None and launch.stop_on_entry:
        _stand(adapter, "step", "start of recording")
    elif number is not None:            # to go on would be to go past it
        _stand(adapter, "breakpoint", f"breakpoint {number} at step {session.cursor:,}")
    else:
        adapter.travel(session.cont)


def _stand(adapter: Adapter, reason: str, message: str) -> None:
    """The program stops before its first step."""
    adapter.arrived()
    adapter.tell(Arrival(adapter.session.cursor, reason, message), "entry")


def _restart(adapter: Adapter, args: Arguments) -> Body:
    """The program is loaded again: it may have been built anew."""
    launch = adapter.launch
    if "arguments" in args:
        launch = parse_launch(Arguments(args.values["arguments"], "restart"))
    if launch is None:
        raise CommandError("no program has been launched")
    adapter.open(launch)
    adapter.then(lambda: _begin(adapter))
    return None


def _exceptions(adapter: Adapter, args: Arguments) -> Body:
    known = {each["filter"] for each in FILTERS}
    wanted = [*args.texts("filters"),
              *(each.text("filterId") for each in args.objects("filterOptions"))]
    adapter.filters = frozenset(wanted) & known
    throws = [Arguments({}, args.what)] if "throw" in wanted else []
    adapter.points.replace("exception", "", throws, lambda _: "throw")
    return {"breakpoints": [
        {"verified": True} if each in known else
        {"verified": False, "message": f"there is no filter '{each}'"} for each in wanted]}


def _pause(adapter: Adapter, _args: Arguments) -> Body:
    adapter.pause()
    return None


def _cancel(adapter: Adapter, args: Arguments) -> Body:
    adapter.cancel(args.integer("requestId") if "requestId" in args else None,
                   args.text("progressId", ""))
    return None


def _threads(_adapter: Adapter, _args: Arguments) -> Body:
    return {"threads": [{"id": 1, "name": "main"}]}


def _terminate(adapter: Adapter, _args: Arguments) -> Body:
    adapter.close()
    adapter.writer.event("terminated", {})
    return None


def _disconnect(adapter: Adapter, _args: Arguments) -> Body:
    adapter.quit()
    return None


URGENT = {
    "pause": Handler(_pause, PROGRAM),
    "cancel": Handler(_cancel, NOTHING),
    "threads": Handler(_threads, NOTHING),
    "terminate": Handler(_terminate, NOTHING),
    "disconnect": Handler(_disconnect, NOTHING),
}
HANDLERS = {
    "initialize": Handler(_initialize, NOTHING),
    "launch": Handler(_launch, NOTHING),
    "attach": Handler(_attach, NOTHING),
    "setExceptionBreakpoints": Handler(_exceptions, PROGRAM),
    "configurationDone": Handler(_configured, PROGRAM, moves=True, resumes=True),
    "restart": Handler(_restart, PROGRAM, moves=True, resumes=True),
}
