"""Data breakpoints: a location is named when the user asks, and watched when the list comes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from debugger.breakpoints import ACCESS, READ, WRITE
from debugger.commands.objects import compute
from debugger.dap.arguments import Arguments
from debugger.dap.handler import PROGRAM, STOPPED, Body, Handler
from debugger.exchange import CommandError

if TYPE_CHECKING:
    from debugger.dap.adapter import Adapter

# A local is one activation's: its id says at which step and in which frame it was named.
# What clients call accesses.
_ACCESSES = {"read": READ, "write": WRITE, "readWrite": ACCESS}
_LOCAL = re.compile(r"local (?P<level>\d+) (?P<step>\d+) (?P<name>.+)")


def _info(adapter: Adapter, args: Arguments) -> Body:
    name, reference = args.text("name"), args.integer("variablesReference", 0)
    level = None
    if reference:
        scope = adapter.handles.scope(reference)
        if scope is None or scope.name not in ("Locals", "Globals"):
            return _nothing(f"{name} is no local or global: only these and memory are watched")
        level = scope.level if scope.name == "Locals" else None
    elif "frameId" in args:
        level = adapter.handles.frame(args.integer("frameId")).level
    size = args.integer("bytes", 0)
    if size and reference:
        return _nothing("a range of bytes is watched in memory")
    if size or args.flag("asAddress"):
        name = f"{name}, {size or 1}"
    elif level is not None and _is_local(adapter, level, name):
        step = adapter.session.cursor
        return _something(f"local {level} {step} {name}", f"{name} of {_function(adapter, level)}",
                          False)
    try:
        compute(adapter.session, name.partition(",")[0])
    except CommandError as error:
        return _nothing(str(error))
    return _something(name, name, True)


def _is_local(adapter: Adapter, level: int, name: str) -> bool:
    return any(value.name == name for value in adapter.session.state(level).locals)


def _function(adapter: Adapter, level: int) -> str:
    return adapter.session.calls(level + 1).frames[level].name


def _something(id_: str, description: str, lasts: bool) -> Body:
    return {"dataId": id_, "description": description, "accessTypes": list(_ACCESSES),
            "canPersist": lasts}


def _nothing(why: str) -> Body:
    return {"dataId": None, "description": why}


def _set(adapter: Adapter, args: Arguments) -> Body:
    def place(point: Arguments) -> str:
        if point.text("accessType", "write") not in _ACCESSES:
            raise CommandError(f"an access is one of {', '.join(_ACCESSES)}")
        return point.text("dataId")
    frame = adapter.session.frame
    try:
        return {"breakpoints": adapter.points.replace("data", "", args.objects("breakpoints"),
                                                      place)}
    finally:
        adapter.session.select_frame(frame)


def location(adapter: Adapter, place: str) -> str:
    """What the session is to watch; a local's frame is selected for it."""
    match = _LOCAL.fullmatch(place)
    if match is None:
        return place
    session = adapter.session
    if session.cursor != int(match["step"]):
        raise CommandError(f"{match['name']} was another one: the program has moved since")
    session.select_frame(int(match["level"]))
    return match["name"]


def access(name: str) -> str:
    """Which accesses a client's `accessType` means."""
    return _ACCESSES.get(name, WRITE)


HANDLERS = {
    "dataBreakpointInfo": Handler(_info, STOPPED),
    "setDataBreakpoints": Handler(_set, PROGRAM),
}
