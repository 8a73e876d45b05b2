"""Actions that look at frames, values, code, output and the session itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict

from debugger.commands import events
from debugger.commands.action import Action, Context, Result, no_arguments, repeat_count
from debugger.commands.branching import branches_result
from debugger.commands.objects import info_heap, info_tables, info_types
from debugger.commands.places import break_line
from debugger.commands.source import info_line, info_source, info_sources
from debugger.commands.text import code_lines, frame_line, value_data, value_lines
from debugger.exchange import CommandError
from debugger.steps import counted, grouped
from debugger.views import Value

_GROUP = "Looking around"
_FUNCTIONS = 200        # `info functions` lists this many before it asks for a narrower pattern


def _values(heading: str, values: Sequence[Value]) -> Result:
    return Result("\n".join(value_lines(values)) or f"no {heading}",
                  {heading: [value_data(value) for value in values]})


def _info_locals(context: Context, text: str) -> Result:
    """The source's variables, where debug info tells of them."""
    found = context.session.variables()
    if found is None:
        return _info_wasm_locals(context, text)
    width = max((len(value.name) for value in found), default=0)
    lines = [f"{value.name:<{width}} = {value.text}  ({value.type})" for value in found]
    return Result("\n".join(lines) or "no variables here", {"locals": [
        {"name": value.name, "type": value.type, "value": value.text,
         "address": value.bits if value.bits >= 0 else None} for value in found]})


def _info_wasm_locals(context: Context, _text: str) -> Result:
    return _values("locals", context.session.state().locals)


def _info_stack(context: Context, _text: str) -> Result:
    return _values("stack", context.session.state().stack)


def _info_globals(context: Context, _text: str) -> Result:
    return _values("globals", context.session.state().globals)


def _info_breakpoints(context: Context, _text: str) -> Result:
    points = context.session.breakpoints()
    return Result("\n".join(map(break_line, points)) or "no breakpoints",
                  {"breakpoints": [asdict(point) for point in points]})


def _info_watchpoints(context: Context, _text: str) -> Result:
    points = [each for each in context.session.breakpoints() if each.kind == "watchpoint"]
    return Result("\n".join(map(break_line, points)) or "no watchpoints",
                  {"breakpoints": [asdict(point) for point in points]})


def _info_branches(context: Context, _text: str) -> Result:
    return branches_result(context)


def _info_functions(context: Context, text: str) -> Result:
    found = [(funcidx, name, signature)
             for _, funcidx, name, signature in context.session.functions()
             if text.lower() in f"{name} {funcidx}".lower()]
    lines = [f"func[{funcidx}] {name}  {signature}" for funcidx, name, signature in found]
    if len(lines) > _FUNCTIONS:
        more = len(lines) - _FUNCTIONS
        lines[_FUNCTIONS:] = [f"… and {more:,} more: info functions PART_OF_A_NAME"]
    return Result("\n".join(lines) or f"no function matches '{text}'", {"functions": [
        {"funcidx": funcidx, "name": name, "signature": signature}
        for funcidx, name, signature in found]})


def _info_history(context: Context, _text: str) -> Result:
    history = context.session.history()
    end = history.end or "still running"
    lines = [f"recorded  {counted(history.total, 'step')}, {end}",
             f"retained  {counted(history.retained, 'snapshot')}, {history.bytes / 2**20:.1f} MiB",
             f"cursor    step {grouped(history.cursor)}",
             f"marks     {' '.join(letter for letter, _ in history.marks) or 'none'}"]
    return Result("\n".join(lines), asdict(history))


def _info_memory(context: Context, _text: str) -> Result:
    sizes = context.session.memory_sizes()
    lines = [f"memory {i}  {size:,} bytes ({size >> 16:,} pages)" for i, size in enumerate(sizes)]
    return Result("\n".join(lines) or "no memory", {"memories": list(sizes)})


def _info_program(context: Context, _text: str) -> Result:
    facts = context.session.program_facts()
    width = max(map(len, facts))
    return Result("\n".join(f"{key:<{width}}  {value}" for key, value in facts.items()),
                  {"program": dict(facts)})


_TOPICS: dict[str, Callable[[Context, str], Result]] = {
    "breakpoints": _info_breakpoints, "locals": _info_locals, "stack": _info_stack,
    "branches": _info_branches, "globals": _info_globals, "history": _info_history,
    "events": events.listed, "functions": _info_functions, "memory": _info_memory,
    "program": _info_program, "heap": info_heap, "tables": info_tables, "types": info_types,
    "wasm-locals": _info_wasm_locals, "line": info_line, "source": info_source,
    "sources": info_sources, "watchpoints": _info_watchpoints,
}


_TAKES_WORDS = ("functions", "events", "types", "line", "sources")
_SHORT = {"b": "breakpoints", "br": "breakpoints"}       # what gdb's users type


def _info(context: Context, text: str) -> Result:
    word, _, rest = text.partition(" ")
    word = _SHORT.get(word, word)
    topics = [word] if word in _TOPICS else [
        topic for topic in _TOPICS if word and topic.startswith(word)]
    if len(topics) != 1:
        raise CommandError(f"info needs one of: {', '.join(_TOPICS)}")
    if rest and topics[0] not in _TAKES_WORDS:
        no_arguments(f"info {topics[0]}", rest)
    return _TOPICS[topics[0]](context, rest.strip())


def _backtrace(context: Context, text: str) -> Result:
    limit = repeat_count(text) if text else None
    calls = context.session.calls(limit)
    lines = [frame_line(frame) for frame in calls.frames]
    if calls.total > len(calls.frames):
        lines.append(f"… {calls.total - len(calls.frames):,} more frames")
    return Result("\n".join(lines) or "no frames: the program has ended",
                  {"frames": [asdict(frame) for frame in calls.frames], "depth": calls.total})


def _select(context: Context, level: int) -> Result:
    session = context.session
    session.select_frame(min(level, sys.maxsize - 1))
    frame, line = session.frame_here(), session.line_here()
    return Result(f"{frame_line(frame)}\n{line}", {"frame": asdict(frame), "line": line})


def _frame(context: Context, text: str) -> Result:
    if text and not text.isdecimal():
        raise CommandError(f"frame takes a level such as 0 or 2, not '{text}'")
    return _select(context, int(text) if text else context.session.frame)


def _up(context: Context, text: str) -> Result:
    return _select(context, context.session.frame + repeat_count(text))


def _down(context: Context, text: str) -> Result:
    level = context.session.frame - repeat_count(text)
    if level < 0:
        raise CommandError("this is the innermost frame")
    return _select(context, level)


def _when(context: Context, text: str) -> Result:
    no_arguments("when", text)
    session = context.session
    return Result(f"step {grouped(session.cursor)} of {grouped(session.total)}",
                  {"total": session.total, "ended": session.ended})


def _last(context: Context, text: str) -> Result:
    no_arguments("last", text)
    arrival = context.session.last
    if arrival is None:
        return Result("the cursor has not moved yet")
    return Result(arrival.message, {"message": arrival.message}, arrival)


def _output(context: Context, text: str) -> Result:
    no_arguments("output", text)
    view = context.session.output()
    return Result(view.text.removesuffix("\n"),
                  {"output": view.text, "bytes": view.total, "later": view.later})


def _disassemble(context: Context, text: str) -> Result:
    view = context.session.code(text or None)
    return Result("\n".join([f"func[{view.funcidx}] {view.name} {view.signature}",
                             *code_lines(view.lines)]),
                  {"function": view.name, "funcidx": view.funcidx,
                   "lines": [asdict(line) for line in view.lines]})


ACTIONS = (
    Action("backtrace", ("backtrace", "bt", "where"), (), "the call stack, innermost first",
           _GROUP, _backtrace, "[COUNT]"),
    Action("frame", ("frame",), (), "select a frame of the call stack", _GROUP, _frame,
           "[LEVEL]"),
    Action("up", ("up",), (), "select the caller's frame", _GROUP, _up, "[COUNT]"),
    Action("down", ("down",), (), "select the callee's frame", _GROUP, _down, "[COUNT]"),
    Action("info", ("info", "i"), (), f"about {', '.join(_TOPICS)}", _GROUP, _info, "TOPIC"),
    Action("disassemble", ("disassemble", "disas"), (), "a whole function", _GROUP,
           _disassemble, "[FUNCTION]"),
    Action("when", ("when",), (), "the step that the cursor stands at", _GROUP, _when),
    Action("last", ("last",), (), "why the cursor stopped where it is", _GROUP, _last),
    Action("output", ("output",), (), "what the program has printed so far", _GROUP, _output),
)
