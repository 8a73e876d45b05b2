"""Searching memory, now and over the recording, and what has changed between two steps."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from debugger.addressing import split_memory
from debugger.commands.action import Action, Context, Result, no_arguments
from debugger.commands.branching import difference_data, difference_lines
from debugger.commands.motion import arrived
from debugger.exchange import CommandError
from debugger.shades import shade
from debugger.steps import counted, grouped

_GROUP = "Searching memory"
_LINES = 20
_HOT = 5                # the lines written most often that are named
_CELLS = 32             # of a row of the heat map
_ROWS = 16              # of it, about
_GAP = "  …"
_PATTERN = '"TEXT"|i32 N|{int}N|BYTES'


def _find(context: Context, text: str) -> Result:
    memory, pattern = split_memory(text)
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
    memory, pattern = split_memory(text)
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


def _heat(context: Context, text: str) -> Result:
    session = context.session
    memory, rest = split_memory(text)
    steps = [session.parse_step(word) for word in rest.split()]
    if len(steps) not in (0, 2):
        raise CommandError("heat needs two steps or marks, or none for the whole recording")
    first, last = steps or (0, max(1, session.total))
    found = session.heat(first, last, memory, cancel=context.cancel, progress=context.progress)
    both = [a + b for a, b in zip(found.writes, found.reads, strict=True)]
    cell, rows = _map(both, found.line)
    head = (f"{counted(sum(found.writes), 'write')} and {counted(sum(found.reads), 'read')} in "
            f"steps {grouped(first)} to {grouped(found.last)}, a cell is {cell:,} bytes, darker "
            "for more of both")
    hot = sorted((n, i) for i, n in enumerate(both) if n)[::-1]
    lines = [f"  0x{i * found.line:08x}  {counted(found.writes[i], 'write')}, "
             f"{counted(found.reads[i], 'read')}" for _, i in hot[:_HOT]]
    return Result("\n".join([head, *rows, *lines]), {
        "memory": memory, "from": first, "to": found.last, "line": found.line,
        "writes": sum(found.writes), "reads": sum(found.reads),
        "lines": [{"address": i * found.line, "writes": found.writes[i], "reads": found.reads[i]}
                  for i, n in enumerate(both) if n]})


def _map(counts: Sequence[int], line: int) -> tuple[int, list[str]]:
    """Bytes of a cell, and rows of cells: darker for more accesses (by powers of two).

    Stretches without any are left out; lines are put together so that there are few rows.
    """
    hot = [i for i, n in enumerate(counts) if n]
    used = hot[-1] - hot[0] + 1 if hot else 0
    group = 1 << max(0, -(-used // (_CELLS * _ROWS)) - 1).bit_length()
    cells = [sum(counts[i:i + group]) for i in range(0, len(counts), group)]
    most = max(cells, default=0)
    rows: list[str] = []
    for start in range(0, len(cells), _CELLS):
        part = cells[start:start + _CELLS]
        if any(part):
            drawn = "".join(shade(n, most) for n in part)
            rows.append(f"0x{start * group * line:08x} │{drawn:<{_CELLS}}│")
        elif rows and rows[-1] != _GAP:
            rows.append(_GAP)
    return group * line, rows[:-1] if rows and rows[-1] == _GAP else rows


def _regions(context: Context, text: str) -> Result:
    no_arguments("regions", text)
    found = context.session.regions()
    lines = [f"0x{start:08x} to 0x{end:08x}  {name}" for name, start, end in found]
    return Result("\n".join(lines) or "no exported global tells where stack and heap are",
                  {"regions": [{"name": n, "start": s, "end": e} for n, s, e in found]})


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
    Action("heat", ("heat",), (),
           "how often memory was written and read, over a stretch or all that is recorded", _GROUP,
           _heat, "[STEP STEP]"),
    Action("regions", ("regions",), (), "where data, stack and heap are, if exports tell", _GROUP,
           _regions),
)
