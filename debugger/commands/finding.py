"""Searching memory, now and over the recording, and what has changed between two steps."""

from __future__ import annotations

import re
from functools import partial

from debugger.commands.action import Action, Context, Result
from debugger.commands.branching import difference_data, difference_lines
from debugger.commands.motion import arrived
from debugger.exchange import CommandError
from debugger.steps import counted, grouped

_GROUP = "Searching memory"
_LINES = 20
_MEMORY = re.compile(r"memory\s+(\d+)\s*:\s*(.*)", re.S)
_PATTERN = '"TEXT"|i32 N|{int}N|BYTES'


def _memory(text: str) -> tuple[int, str]:
    """`memory 1: PATTERN`."""
    match = _MEMORY.fullmatch(text.strip())
    return (int(match[1]), match[2]) if match else (0, text)


def _find(context: Context, text: str) -> Result:
    memory, pattern = _memory(text)
    found = context.session.find(pattern, memory)
    if not found.addresses:
        return Result("not in memory now; find-first looks over the whole recording",
                      {"memory": memory, "addresses": [], "total": 0,
                       "pattern": found.pattern.hex()})
    lines = [f"{counted(len(found.addresses), 'place')} in memory"]
    for address in found.addresses[:_LINES]:
        data = context.session.read_memory(memory, address, len(found.pattern))
        shown = data.decode("ascii") if data.isascii() and data.decode().isprintable() \
            else data[:16].hex(" ")
        lines.append(f"0x{address:08x}  {shown}")
    if len(found.addresses) > _LINES:
        lines.append(f"… and {len(found.addresses) - _LINES:,} more")
    return Result("\n".join(lines), {
        "memory": memory, "addresses": list(found.addresses[:1000]),
        "total": len(found.addresses), "pattern": found.pattern.hex()})


def _appear(context: Context, text: str, after: bool) -> Result:
    memory, pattern = _memory(text)
    arrival, address = context.session.find_first(
        pattern, memory, after=after, cancel=context.cancel, progress=context.progress)
    result = arrived(context, arrival)
    return Result(result.text, {**result.data, "memory": memory, "address": address}, arrival)


def _diff(context: Context, text: str) -> Result:
    session, words = context.session, text.split()
    if not 1 <= len(words) <= 2:
        raise CommandError("diff needs a step or mark, and another one unless it is the cursor's: "
                           "diff 'a, diff 1000 'b")
    steps = [session.parse_step(word) for word in words]
    found = session.diff(steps[0], steps[1] if len(steps) > 1 else None, cancel=context.cancel,
                         progress=context.progress)
    until = steps[1] if len(steps) > 1 else session.cursor
    size = sum(max(len(each.old), len(each.new)) for each in found)
    head = f"step {grouped(steps[0])} → {grouped(until)}: " + (
        f"{counted(size, 'byte')} in {counted(len(found), 'range')}" if found else
        "memory is the same")
    return Result("\n".join([head, *difference_lines(tuple(found), len(found))]), {
        "from": steps[0], "to": until, "bytes": size, "ranges": len(found),
        "memory": [difference_data(each) for each in found[:1000]]})


ACTIONS = (
    Action("find", ("find", "search"), ("slash",),
           "find text, values or bytes in memory now: find \"abc\", find i32 5, find de ad", _GROUP,
           _find, _PATTERN),
    Action("find_first", ("find-first",), (),
           "to the first step at which something is in memory, over the whole recording", _GROUP,
           partial(_appear, after=False), _PATTERN),
    Action("find_next", ("find-next",), (),
           "on to where it is next written to memory", _GROUP, partial(_appear, after=True),
           _PATTERN),
    Action("diff", ("diff",), (), "what has changed in memory between two steps or marks", _GROUP,
           _diff, "STEP [STEP]"),
)
