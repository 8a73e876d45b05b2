"""Requests about a stopped program: frames, scopes, variables, memory, why it has stopped."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from debugger.dap.arguments import Arguments
from debugger.dap.handler import Body, Handler
from debugger.dap.variables import MOST, Frame, Inside, Shown, parse_reference, scopes
from debugger.exchange import CommandError
from debugger.views import FrameView

if TYPE_CHECKING:
    from debugger.dap.adapter import Adapter

_FAULTS = ("trap", "exception", "catchpoint")
_MOST_BYTES = 1 << 24       # of one readMemory


def _stack_trace(adapter: Adapter, args: Arguments) -> Body:
    session = adapter.session
    first, levels = max(0, args.integer("startFrame", 0)), args.integer("levels", 0)
    calls = session.calls(first + levels if levels > 0 else None)
    if not calls.total:
        return {"stackFrames": [_after_the_end(adapter)][first:], "totalFrames": 1}
    parameters = args.inner("format").flag("parameters")
    return {"stackFrames": [_frame(adapter, frame, parameters) for frame in calls.frames[first:]],
            "totalFrames": calls.total}


def _frame(adapter: Adapter, frame: FrameView, parameters: bool) -> dict[str, object]:
    spot = adapter.sources.of_line(frame.file, frame.line) or adapter.sources.spot(
        frame.offset, code=True)
    told: dict[str, object] = {
        "id": adapter.handles.put(Frame(frame.level)), "moduleId": 1,
        "name": f"{frame.name}({frame.args})" if parameters else frame.name,
        "instructionPointerReference": f"{frame.offset:#x}", "line": 0, "column": 0}
    if spot is not None:
        told |= {"source": spot.source, "line": spot.line + adapter.first_line,
                 "column": adapter.first_column}
    if adapter.session.has_source and not frame.line:
        told["presentationHint"] = "subtle"
    return told


def _after_the_end(adapter: Adapter) -> dict[str, object]:
    """The program has returned, so there are no frames; its globals are there all the same."""
    return {"id": adapter.handles.put(Frame(0)), "name": adapter.session.history().end,
            "line": 0, "column": 0, "presentationHint": "subtle"}


def _scopes(adapter: Adapter, args: Arguments) -> Body:
    session = adapter.session
    level = adapter.handles.frame(args.integer("frameId")).level
    session.select_frame(level)
    return {"scopes": [
        {"name": each.name, "presentationHint": each.hint, "expensive": False,
         "variablesReference": adapter.handles.put(each)} for each in scopes(session, level)]}


def _variables(adapter: Adapter, args: Arguments) -> Body:
    inside = adapter.handles.inside(args.integer("variablesReference"))
    wanted = args.text("filter", "")
    if wanted and (wanted == "indexed") != bool(inside.indexed):
        return {"variables": []}
    select(adapter, inside)
    first, count = max(0, args.integer("start", 0)), args.integer("count", 0)
    found = inside.get(args.inner("format").flag("hex"), first,
                       min(count, MOST) if count > 0 else MOST)
    return {"variables": [described(adapter, each) for each in found]}


def select(adapter: Adapter, inside: Inside) -> None:
    """The frame that values belong to."""
    if inside.level >= 0:
        adapter.session.select_frame(inside.level)


def described(adapter: Adapter, shown: Shown) -> dict[str, object]:
    """A variable as the protocol has it."""
    told: dict[str, object] = {"name": shown.name, "value": shown.value, **opened(adapter, shown)}
    if shown.type:
        told["type"] = shown.type
    if shown.expression:
        told["evaluateName"] = shown.expression
    return told


def opened(adapter: Adapter, shown: Shown) -> dict[str, object]:
    """How to look into a value, or at the memory it is in or points to."""
    inside = shown.inside
    told: dict[str, object] = {
        "variablesReference": 0 if inside is None else adapter.handles.put(inside)}
    if inside is not None and inside.indexed:
        told["indexedVariables"] = inside.indexed
    elif inside is not None and inside.named:
        told["namedVariables"] = inside.named
    if shown.memory:
        told["memoryReference"] = shown.memory
    return told


def _read_memory(adapter: Adapter, args: Arguments) -> Body:
    memory, base = parse_reference(args.text("memoryReference"))
    sizes = adapter.session.memory_sizes()
    if not 0 <= memory < len(sizes):
        raise CommandError(f"there is no memory {memory}: the program has {len(sizes)}")
    start, count = base + args.integer("offset", 0), args.integer("count")
    if not 0 <= count <= _MOST_BYTES:
        raise CommandError(f"readMemory gives at most {_MOST_BYTES:,} bytes at once")
    if not 0 <= start < sizes[memory]:
        return {"address": f"{max(0, start):#x}", "unreadableBytes": count, "data": ""}
    data = adapter.session.read_memory(memory, start, min(count, sizes[memory] - start))
    return {"address": f"{start:#x}", "unreadableBytes": count - len(data),
            "data": base64.b64encode(data).decode()}


def _exception_info(adapter: Adapter, _args: Arguments) -> Body:
    session = adapter.session
    arrival = session.last
    if arrival is None or arrival.step != session.cursor or arrival.reason not in _FAULTS:
        raise CommandError("the program has not stopped at a trap or an exception")
    frames = session.calls(100).frames
    trace = "\n".join(f"  at {frame.name}({frame.args})" + (
        f" in {frame.file}:{frame.line}" if frame.line else "") for frame in frames)
    caught = arrival.reason == "catchpoint"
    text = arrival.message if caught else session.history().end
    kind = "throw" if caught else arrival.reason
    return {"exceptionId": kind, "description": text,
            "breakMode": "always" if caught else "unhandled",
            "details": {"message": text, "typeName": kind, "stackTrace": trace}}


HANDLERS = {
    "stackTrace": Handler(_stack_trace),
    "scopes": Handler(_scopes),
    "variables": Handler(_variables),
    "readMemory": Handler(_read_memory),
    "exceptionInfo": Handler(_exception_info),
}
