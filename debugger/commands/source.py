"""Actions on source code: gdb's list, info line, info source, directory; what steps go by."""

from __future__ import annotations

from dataclasses import asdict

from debugger.codeviews import SourceView
from debugger.commands.action import Action, Context, Result
from debugger.commands.text import POINTS, code_lines
from debugger.exchange import CommandError
from debugger.session import Session
from debugger.sourcing import UNITS

_GROUP = "Source code"
_LIST = 10              # lines that `list` shows
_INSTRUCTIONS = 11      # instructions where there is no source, the current one in the middle


def _list(context: Context, text: str) -> Result:
    """Source lines around the cursor, a function or a line; instructions where there are none."""
    session = context.session
    if not session.has_source:
        return _instructions(session, text)
    file, line = _place(session, text)
    if not line:
        return _instructions(session, text)
    view = session.source_view(file, line)
    if not view.lines:
        note = "\n".join(part for part in (view.missing, view.notice) if part)
        shown = _instructions(session, "" if ":" in text else text)
        return Result(f"{note}\n{shown.text}", {"missing": view.missing, **shown.data})
    first = max(1, min(line - _LIST // 2, len(view.lines) - _LIST + 1))
    return _lines(view, first)


def _lines(view: SourceView, first: int) -> Result:
    last = min(len(view.lines), first + _LIST - 1)
    points = dict(view.breaks)
    rows = []
    for number in range(first, last + 1):
        pointer = "►" if number == view.current else " "
        point = POINTS[points.get(number, "")]
        rows.append(f"{pointer}{point}{number:5}  {view.lines[number - 1]}".rstrip())
    return Result("\n".join([view.file, *rows]),
                  {"file": view.file, "path": view.path, "first": first, "current": view.current,
                   "lines": list(view.lines[first - 1:last])})


def _place(session: Session, text: str) -> tuple[str, int]:
    """(file, line) meant by '', a line of the current file, FILE:LINE or a function."""
    here = session.line_at() if session.started else None
    if not text:
        return ("", 0) if here is None else (here.file, here.line)
    file, colon, number = text.rpartition(":")
    if colon and number.isdecimal() and file:
        return file, int(number[:9])
    if text.isdecimal() and here is not None:
        return here.file, int(text[:9])
    found = session.function_line(text)
    return ("", 0) if found is None else (found.file, found.line)


def _instructions(session: Session, text: str) -> Result:
    view = session.code(text or None)
    lines = view.lines
    if not text and view.current >= 0:
        first = max(0, view.current - _INSTRUCTIONS // 2)
        lines = lines[first:first + _INSTRUCTIONS]
    return Result("\n".join([f"func[{view.funcidx}] {view.name} {view.signature}",
                             *code_lines(lines)]),
                  {"function": view.name, "funcidx": view.funcidx,
                   "lines": [asdict(line) for line in lines]})


def info_line(context: Context, text: str) -> Result:
    """Where the code of a line is, or which line code belongs to."""
    session = context.session
    file, line = _place(session, text)
    if not line:
        raise CommandError("which line that is isn't known: write FILE:LINE or a function")
    found = session.source_code_lines(file, line)
    rows = [f"{file}:{line} begins at {offset:#x}, {where}" for where, offset in found]
    return Result("\n".join(rows), {"file": file, "line": line, "places": [
        {"where": where, "offset": offset} for where, offset in found]})


def info_source(context: Context, _text: str) -> Result:
    """The file of the current line, where it was found, and what is wrong with the debug info."""
    session = context.session
    view = session.source_view()
    rows = [f"file    {view.file or 'not known'}", f"line    {view.current or 'not known'}",
            f"found   {view.path or view.missing or 'no'}"]
    if view.lines:
        rows.append(f"lines   {len(view.lines)}")
    rows += [f"notice  {view.notice}"] if view.notice else []
    return Result("\n".join(rows), {"file": view.file, "line": view.current, "path": view.path,
                                    "notice": view.notice})


def info_sources(context: Context, text: str) -> Result:
    """Every source file, or those whose path has some words in it."""
    found = [name for name in context.session.source_files() if text.lower() in name.lower()]
    return Result("\n".join(found) or "no source file is known", {"sources": found})


def _directory(context: Context, text: str) -> Result:
    session = context.session
    session.add_source_dir(text)
    found = session.source_dirs()
    shown = ":".join([*found, "the module's own directory"])
    return Result(f"source directories: {shown}", {"directories": found})


def _unit(context: Context, text: str) -> Result:
    session = context.session
    session.step_by(text or next(unit for unit in UNITS if unit != session.unit))
    return Result(f"step and next go by {session.unit}", {"unit": session.unit})


ACTIONS = (
    Action("list", ("list", "l"), (),
           "source around the cursor, a line or a function; else its instructions", _GROUP,
           _list, "[LINE|FILE:LINE|FUNCTION]"),
    Action("directory", ("directory", "dir"), (),
           "look for sources in a directory first; without one, forget them all", _GROUP,
           _directory, "[DIRECTORY]"),
    Action("unit", ("step-by", "unit"), ("I",),
           "step and next go by source line or by instruction", _GROUP, _unit,
           "[line|instruction]"),
)
