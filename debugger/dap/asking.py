"""Requests in words: expressions, the debugger's own commands, and questions about time."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING

from debugger.commands.objects import compute, paths
from debugger.commands.registry import Result, actions, execute
from debugger.dap.arguments import Arguments
from debugger.dap.handler import Body, Handler
from debugger.dap.inspecting import opened
from debugger.dap.variables import Shown, from_source, shown
from debugger.exchange import CommandError, Layout
from debugger.session import Session
from debugger.values import format_value
from debugger.views import Value
from gabagool.types import I64, valtype_name

if TYPE_CHECKING:
    from debugger.dap.adapter import Adapter

_MOST_CELLS = 10_000
_MOST_MEMBERS = 1000
_MEMBER = re.compile(r"(?P<of>[A-Za-z_][\w:]*(?:(?:->|\.)\w+|\[[^\[\]]*\])*)"
                     r"(?:->|\.)(?P<begun>\w*)$")
_BEGUN = re.compile(r"[\w$.:]*$")
_PREFIX = ":"               # what makes a line a command, as in the terminal


def _evaluate(adapter: Adapter, args: Arguments) -> Body:
    session, text = adapter.session, args.text("expression").strip()
    if "frameId" in args:
        session.select_frame(adapter.handles.frame(args.integer("frameId")).level)
    repl = args.text("context", "repl") == "repl"
    if repl and text.startswith(_PREFIX):
        return _said(run_words(adapter, text[1:]))
    try:
        return computed(adapter, text, args.inner("format").flag("hex"))
    except CommandError:
        if not repl or not _is_command(text):
            raise
    return _said(run_words(adapter, text))


def _is_command(text: str) -> bool:
    """Whether it begins with a command's whole word; abbreviations need the colon."""
    word = text.partition(" ")[0].partition("/")[0]
    return any(word in action.words for action in actions())


def computed(adapter: Adapter, text: str, hex_: bool) -> dict[str, object]:
    """Of the source's variables, or else of wasm's; what is neither is told as the first."""
    session, fault = adapter.session, None
    if session.in_source(text):
        try:
            found = from_source(session, session.looked_at(text, hex_))
            return {"result": found.value, "type": found.type, **opened(adapter, found)}
        except CommandError as error:
            fault = error
    try:
        found = _of_wasm(session, text, hex_)
    except CommandError as error:
        raise fault or error from None
    return {"result": found.value, "type": found.type, **opened(adapter, found)}


def _of_wasm(session: Session, text: str, hex_: bool) -> Shown:
    value = paths(session).value(text)
    if value is None:
        typed = compute(session, text)
        type_ = I64 if typed.type is None else typed.type
        name = valtype_name(type_) if type_ else "ref"
        value = Value(text, name, typed.text or format_value(type_, typed.bits), typed.bits)
    return shown(session, value, hex_)


def _said(result: Result) -> dict[str, object]:
    return {"result": result.text, "variablesReference": 0}


def run_words(adapter: Adapter, line: str) -> Result:
    """Runs a command line. What it changes beside its answer is told by events, after it."""
    session, context, job = adapter.session, adapter.context, adapter.current
    assert context is not None and job is not None
    points, view = session.breakpoints(), session.vectors
    with adapter.reporting.shown(job, line.strip()) as progress:
        context.cancel, context.progress = job.cancel, progress
        result = execute(context, line)

    def tell() -> None:
        adapter.points.tell_changed(points)
        if result.arrival is not None:
            adapter.tell(result.arrival, "goto")
        elif session.vectors != view:
            adapter.writer.event("invalidated", {"areas": ["variables"]})
        if result.quit:
            adapter.writer.event("terminated", {})
    adapter.then(tell)
    return result


def _command(adapter: Adapter, args: Arguments) -> Body:
    """As one line of `--batch --json`, without what the line itself says."""
    result = run_words(adapter, args.text("line"))
    session = adapter.session
    return {"step": session.cursor, "where": session.where_here(), "text": result.text,
            "reason": result.arrival.reason if result.arrival else None,
            "result": dict(result.data)}


def _arrived(adapter: Adapter, line: str) -> Body:
    """Runs a motion's words; where it has led."""
    arrival = run_words(adapter, line).arrival
    return None if arrival is None else {"step": arrival.step, "reason": arrival.reason,
                                         "message": arrival.message}


def _seek(adapter: Adapter, args: Arguments) -> Body:
    step = args.values.get("step")
    if isinstance(step, bool) or not isinstance(step, int | str):
        raise CommandError("gaba/seek needs 'step': a number, or a text such as '50%' or '+1k'")
    return _arrived(adapter, f"goto {step}")


def _last_write(adapter: Adapter, args: Arguments) -> Body:
    address = args.values.get("address")
    if isinstance(address, bool) or not isinstance(address, int | str):
        raise CommandError("gaba/lastWrite needs 'address': a number, or a location such as $n")
    size = f", {args.integer('size')}" if "size" in args else ""
    return _arrived(adapter, f"last-write {address}{size}")


def _timeline(adapter: Adapter, args: Arguments) -> Body:
    """What the terminal's timeline shows."""
    cells = args.integer("cells", 80)
    if not 1 <= cells <= _MOST_CELLS:
        raise CommandError(f"gaba/timeline: 'cells' must be 1 to {_MOST_CELLS}")
    session = adapter.session
    view = None
    if "first" in args or "last" in args:
        view = args.integer("first", 0), args.integer("last", session.total + 1)
        if not 0 <= view[0] < view[1] <= session.total + 1:
            raise CommandError(f"gaba/timeline: steps [first, last) must lie in 0 to "
                               f"{session.total + 1}")
    layout = Layout(cells=cells, view=view, memory_rows=0)
    if args.flag("refine"):
        job = adapter.current
        session.refine(layout, cancel=job.cancel if job else None)
    return asdict(session.screen(layout).timeline)


def _completions(adapter: Adapter, args: Arguments) -> Body:
    column = args.integer("column") - adapter.first_column
    text = args.text("text")[:max(0, column)]
    if "frameId" in args:
        adapter.session.select_frame(adapter.handles.frame(args.integer("frameId")).level)
    if text.startswith(_PREFIX):
        start, words = 1, [word for action in actions() for word in action.words]
        kind = "keyword"
    elif match := _MEMBER.search(text):
        start, words, kind = match.start("begun"), _members(adapter, match["of"]), "field"
    else:
        start, kind = _BEGUN.search(text).start(), "variable"  # type: ignore[union-attr]
        state = adapter.session.state()
        words = [each.name for each in adapter.session.source_values()]
        words += [value.name for value in (*state.locals, *state.globals)]
    begun = text[start:]
    return {"targets": [{"label": word, "type": kind, "start": start, "length": len(begun)}
                        for word in dict.fromkeys(words)
                        if (begun or kind == "field") and word.startswith(begun)]}


def _members(adapter: Adapter, expression: str) -> list[str]:
    """Names of what is in a value; none where that makes no sense."""
    try:
        value = adapter.session.looked_at(expression)
        found = adapter.session.inside(value, 0, _MOST_MEMBERS)
    except CommandError:
        return []
    return [each.name for each in found if each.name.isidentifier()]


HANDLERS = {
    "evaluate": Handler(_evaluate),
    "completions": Handler(_completions),
    "gaba/command": Handler(_command),
    "gaba/seek": Handler(_seek),
    "gaba/lastWrite": Handler(_last_write),
    "gaba/timeline": Handler(_timeline),
}
