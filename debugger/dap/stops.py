"""Why the program stands still, in the protocol's words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from debugger.exchange import Arrival

if TYPE_CHECKING:
    from debugger.dap.adapter import Adapter

_NUMBER = re.compile(r"\w+point (\d+)")     # how the message of a hit begins
_HITS = {"breakpoint": "breakpoint", "watchpoint": "data breakpoint",
         "catchpoint": "exception", "gone": "data breakpoint"}
_ENDS = ("finished", "exit", "trap", "exception")
_FAULTS = ("trap", "exception")


def stopped(adapter: Adapter, arrival: Arrival, why: str) -> dict[str, object] | None:
    """The body of a `stopped` event but for the thread; None if the session is over.

    `why` is the reason if the motion did what it was asked.
    """
    body: dict[str, object] = {"reason": why, "description": _sentence(arrival.message)}
    if arrival.reason in _HITS:
        number = _NUMBER.match(arrival.message)
        body["reason"] = _HITS[arrival.reason]
        if number is not None:
            body["hitBreakpointIds"] = [adapter.points.id_of(int(number[1]))]
            body["reason"] = adapter.points.reason(int(number[1]), _HITS[arrival.reason])
    elif arrival.reason == "cancelled":
        body["reason"] = "pause"
    elif arrival.reason == "start" and why != "goto":
        body["reason"] = "entry"
    elif arrival.reason in _ENDS:
        return _at_end(adapter, arrival, body)
    return body


def _at_end(adapter: Adapter, arrival: Arrival,
            body: dict[str, object]) -> dict[str, object] | None:
    """The recording ends here. Its past is worth a look, so the session stays unless told not to:
    by `stopAtEnd`, or for a fault by the exception filters."""
    launch = adapter.launch
    fault = arrival.reason in _FAULTS
    if launch is not None and (not launch.debug or not (
            arrival.reason in adapter.filters if fault else launch.stop_at_end)):
        return None
    body["reason"] = "exception" if fault else "exited"
    if fault:
        body["text"] = arrival.message.partition(": ")[2] or arrival.message
    return body


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
