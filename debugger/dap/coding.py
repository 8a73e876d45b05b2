"""Requests about code, which never changes, and breakpoints in it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from debugger.codemap import Instruction
from debugger.dap.arguments import Arguments
from debugger.dap.handler import PROGRAM, Body, Handler
from debugger.exchange import CommandError

if TYPE_CHECKING:
    from debugger.dap.adapter import Adapter

_MOST_LINES = 100_000       # of one disassemble


def _source_points(adapter: Adapter, args: Arguments) -> Body:
    source = args.inner("source")
    asked = args.objects("breakpoints")
    if "breakpoints" not in args:           # what old clients send
        asked = [Arguments({"line": line}, args.what) for line in args.items("lines")]
    first = adapter.first_line

    def place(point: Arguments) -> str:
        return adapter.sources.spec(source, point.integer("line") - first)
    key: int | str = source.integer("sourceReference", 0) or source.text("path", "")
    with suppress(CommandError):            # each breakpoint says so
        key = adapter.sources.file(source) or adapter.sources.function(source) + 1
    return {"breakpoints": adapter.points.replace("source", key, asked, place)}


def _function_points(adapter: Adapter, args: Arguments) -> Body:
    return {"breakpoints": adapter.points.replace(
        "function", "", args.objects("breakpoints"), lambda point: point.text("name"))}


def _instruction_points(adapter: Adapter, args: Arguments) -> Body:
    def place(point: Arguments) -> str:
        return f"*{_offset(point, 'instructionReference'):#x}"
    return {"breakpoints": adapter.points.replace(
        "instruction", "", args.objects("breakpoints"), place)}


def _offset(args: Arguments, key: str) -> int:
    """A byte offset in the module: that is what refers to code."""
    text = args.text(key)
    try:
        at = int(text, 0) + args.integer("offset", 0)
    except ValueError:
        raise CommandError(f"'{text[:40]}' is no offset in the module, such as 0x1f3a") from None
    if at < 0:
        raise CommandError(f"there is no code at {at}")
    return at


def _locations(adapter: Adapter, args: Arguments) -> Body:
    first = args.integer("line")
    base = adapter.first_line
    lines = adapter.sources.lines(args.inner("source"), first - base,
                                  args.integer("endLine", first) - base)
    return {"breakpoints": [{"line": line + base} for line in lines]}


def _disassemble(adapter: Adapter, args: Arguments) -> Body:
    count = args.integer("instructionCount")
    if not 0 <= count <= _MOST_LINES:
        raise CommandError(f"disassemble gives at most {_MOST_LINES:,} instructions at once")
    skip = max(-1 << 40, min(args.integer("instructionOffset", 0), 1 << 40))
    window = adapter.session.instructions.window(_offset(args, "memoryReference"), skip, count)
    return {"instructions": [_line(adapter, each, before) for each, before in
                             zip(window, [None, *window], strict=False)]}


def _line(adapter: Adapter, instruction: Instruction | None,
          before: Instruction | None) -> dict[str, object]:
    if instruction is None:
        end = before.offset + len(before.data) if before is not None else 0
        return {"address": f"{end:#x}", "instruction": "(no code here)",
                "presentationHint": "invalid"}
    told: dict[str, object] = {
        "address": f"{instruction.offset:#x}", "instructionBytes": instruction.data.hex(" "),
        "instruction": "  " * instruction.depth + instruction.text, "presentationHint": "normal"}
    if instruction.row == 0:
        told["symbol"] = instruction.function
    spot, last = (None if each is None else adapter.sources.spot(each.offset)
                  for each in (instruction, before))
    if spot is not None:
        if last is None or (last.source is not spot.source and last.source != spot.source):
            told["location"] = spot.source
        told["line"] = spot.line + adapter.first_line
    return told


def _source(adapter: Adapter, args: Arguments) -> Body:
    source = args.inner("source") if "source" in args else args
    if "sourceReference" in args and args.integer("sourceReference") > 0:
        source = args
    return {"content": adapter.sources.text(source)}


def _loaded_sources(adapter: Adapter, _args: Arguments) -> Body:
    return {"sources": adapter.sources.every()}


def _symbols(adapter: Adapter) -> str:
    session = adapter.session
    files = session.source_files()
    if not files:
        return "no debug info" + (f": {session.source_notice()}" if session.source_notice() else "")
    return f"source level, {len(files)} file{'s' * (len(files) != 1)}"


def _modules(adapter: Adapter, args: Arguments) -> Body:
    session = adapter.session
    facts = session.program_facts()
    module = {"id": 1, "name": session.program, "path": facts.get("program", session.program),
              "isUserCode": True, "symbolStatus": _symbols(adapter)}
    first = max(0, args.integer("startModule", 0))
    return {"modules": [module][first:], "totalModules": 1}


HANDLERS = {
    "setBreakpoints": Handler(_source_points, PROGRAM),
    "setFunctionBreakpoints": Handler(_function_points, PROGRAM),
    "setInstructionBreakpoints": Handler(_instruction_points, PROGRAM),
    "breakpointLocations": Handler(_locations, PROGRAM),
    "disassemble": Handler(_disassemble, PROGRAM),
    "source": Handler(_source, PROGRAM),
    "loadedSources": Handler(_loaded_sources, PROGRAM),
    "modules": Handler(_modules, PROGRAM),
}
