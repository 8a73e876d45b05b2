"""Data breakpoints: a location is named when the user asks, and watched when the list comes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from debugger.breakpoints import ACCESS, READ, WRITE
from debugger.commands.objects import compute
from debugger.dap.arguments import Arguments
from debugger.dap.handler import PROGRAM, STOPPED, Body, Handler
from debugger.dap.inspecting import select
from debugger.exchange import CommandError

if TYPE_CHECKING:
    from debugger.dap.adapter import Adapter

# A local is one activation's: its id says at which step and in which frame it was named.
# What clients call accesses.
_ACCESSES = {"read": READ, "write": WRITE, "readWrite": ACCESS}
_LOCAL = re.compile(r"local (?P<level>\d+) (?P<step>\d+) (?P<name>.+)")


def _info(adapter: Adapter, args: Arguments) -> Body:
    name, reference = args.text("name"), args.integer("variablesReference", 0)
    size = args.integer("bytes", 0)
    if reference:
        if size:
            return _nothing("a range of bytes is watched in memory")
        return _of_variable(adapter, reference, name)
    level = None
    if "frameId" in args:
        level = adapter.handles.frame(args.integer("frameId")).level
        adapter.session.select_frame(level)
    if size or args.flag("asAddress"):
        return _named(adapter, f"{name}, {size or 1}")
    if level is not None and (_is_local(adapter, level, name) or _is_variable(adapter, name)):
        return _local(adapter, level, name)
    return _named(adapter, name)


def _of_variable(adapter: Adapter, reference: int, name: str) -> Body:
    """What the client shows: a local as long as its frame is there, else the memory it is in."""
    inside = adapter.handles.inside(reference)
    select(adapter, inside)
    found = inside.find(name)
    if found is None:
        return _nothing(f"there is no {name}")
    if inside.name in ("Locals", "Wasm locals"):
        return _local(adapter, inside.level, name)
    if found.place >= 0 and found.size:
        return _something(f"{found.place:#x}, {found.size}", f"{found.expression or name}, "
                          f"{found.size} bytes at {found.place:#x}", True)
    if inside.name != "Globals":
        return _nothing(f"{name} is no local or global: only these and memory are watched")
    return _named(adapter, name)


def _local(adapter: Adapter, level: int, name: str) -> Body:
    step = adapter.session.cursor
    return _something(f"local {level} {step} {name}", f"{name} of {_function(adapter, level)}",
                      False)


def _named(adapter: Adapter, name: str) -> Body:
    try:
        compute(adapter.session, name.rpartition(",")[0] or name)
    except CommandError as error:
        return _nothing(str(error))
    return _something(name, name, True)


def _is_variable(adapter: Adapter, name: str) -> bool:
    return any(value.name == name for value in adapter.session.source_values())


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
