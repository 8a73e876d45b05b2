"""Calls over time: the tree of them, calls and callers of a function, profiles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from debugger.answers import CallerView, CallsPage, CallView, ProfileRow, ProfileView
from debugger.commands.action import Action, Context, Result
from debugger.exchange import CommandError, file_fault
from debugger.speedscope import speedscope
from debugger.steps import counted, grouped, parse_count

_GROUP = "Calls over time"
_LINES = 20
_HOTTEST = 60           # paths that `flame` lists
_LEAST = 0.001          # share of the steps below which a path is left out


def call_line(call: CallView) -> str:
    """`parse(1, 2) → 3   steps 12 to 345`."""
    result = {"return": f" → {call.results}" if call.results else "", "tail": " ↷ tail call",
              "throw": " ↯ threw", "": " …"}[call.left]
    until = "on" if call.last is None else f"to {grouped(call.last)}"
    spent = "" if call.last is None else f", {counted(call.last - call.first, 'step')}"
    return f"{call.name}({call.args}){result}   {grouped(call.first)} {until}{spent}"


def _page_lines(page: CallsPage, indent: str = "") -> Iterator[str]:
    if page.first:
        yield f"{indent}… {page.first:,} earlier"
    for i, row in enumerate(page.rows):
        yield f"{indent}{page.first + i + 1:>7,}  {call_line(row)}"
    later = page.total - page.first - len(page.rows)
    if later:
        yield f"{indent}… {later:,} later"


def _call_tree(context: Context, text: str) -> Result:
    """The calls that led to the cursor, and those beside them."""
    if text.strip() and not text.strip().isdecimal():
        raise CommandError(f"call-tree takes how many levels to show, not '{text.strip()}'")
    session = context.session
    pages = session.calls_around(cancel=context.cancel, progress=context.progress)
    root, chosen = session.call_root(), pages[:int(text)] if text.strip() else pages
    lines = [f"calls over time, {counted(session.total, 'step')}",
             ("► " if root.holds(session.cursor) else "") + call_line(root),
             *_tree_lines(chosen, 0, session.cursor)]
    return Result("\n".join(lines), {"root": asdict(root), "pages": [asdict(p) for p in chosen]},
                  calls=pages)


def _tree_lines(pages: tuple[CallsPage, ...], level: int, cursor: int) -> Iterator[str]:
    if level >= len(pages):
        return
    page, indent = pages[level], "  " * (level + 1)
    around = max(0, page.before - page.first - _LINES // 2)
    if page.first + around:
        yield f"{indent}… {page.first + around:,} earlier"
    shown = page.rows[around:around + _LINES]
    for row in shown:
        inside = row.holds(cursor)
        yield f"{indent}{'► ' if inside else ''}{call_line(row)}"
        if inside:
            yield from _tree_lines(pages, level + 1, cursor)
    later = page.total - page.first - around - len(shown)
    if later:
        yield f"{indent}… {later:,} later"


def _calls(context: Context, text: str) -> Result:
    words = text.split()
    numbers: list[int] = []
    while len(words) > 1 and len(numbers) < 2 and (n := parse_count(words[-1])) is not None:
        numbers.insert(0, n)
        words.pop()
    if not words:
        raise CommandError("calls needs a function, and from which call on and how many: "
                           "calls parse 1 50")
    first = max(0, numbers[0] - 1) if numbers else None
    count = min(10_000, max(1, numbers[1])) if len(numbers) > 1 else _LINES
    page = context.session.calls_of(" ".join(words), first, count, cancel=context.cancel,
                                    progress=context.progress)
    return Result("\n".join([f"{page.total:,} {page.what}", *_page_lines(page)]), asdict(page),
                  calls=(page,))


def _caller_lines(rows: tuple[CallerView, ...]) -> Iterator[str]:
    for row in rows:
        yield f"  {row.calls:>14,}  {row.steps:>16,}  {row.name or 'the host'}"


def _callers(context: Context, text: str) -> Result:
    session = context.session
    found = session.callers(text.strip() or f"{session.code(None).funcidx}",
                            cancel=context.cancel, progress=context.progress)
    lines = [f"{found.name} is called by            (calls, steps in them)",
             *(_caller_lines(found.callers) if found.callers else ["  nobody"]),
             f"{found.name} calls", *(_caller_lines(found.callees) if found.callees
                                      else ["  nobody"])]
    return Result("\n".join(lines), asdict(found))


def _stretch(context: Context, text: str) -> tuple[int, int | None]:
    """`FIRST LAST`; without them, all that is recorded."""
    words = text.split()
    if len(words) not in (0, 2):
        raise CommandError("a stretch is two steps, such as 1M 2M or 'a 'b; none is all of it")
    if not words:
        return 0, None
    first, last = map(context.session.parse_step, words)
    return min(first, last), max(first, last)


def profile_of(context: Context, text: str) -> ProfileView:
    """The profile of a stretch."""
    return context.session.profile(*_stretch(context, text), cancel=context.cancel,
                                   progress=context.progress)


def heading(view: ProfileView) -> str:
    """`profile of steps 0 to 1,000`."""
    return f"profile of steps {grouped(view.first)} to {grouped(view.last)}"


def share(steps: int, view: ProfileView) -> float:
    """Of all the steps of a profile."""
    return steps / max(1, view.last - view.first)


def _row_line(row: ProfileRow, view: ProfileView) -> str:
    return (f"{row.steps:>16,} {share(row.steps, view):6.1%} {row.total:>16,} "
            f"{share(row.total, view):6.1%} {row.calls:>12,}  {row.name}")


def _profile(context: Context, text: str) -> Result:
    view = profile_of(context, text)
    lines = [heading(view), f"{'steps in itself':>16} {'':6} {'with callees':>16} {'':6} "
             f"{'calls':>12}  function", *(_row_line(row, view) for row in view.functions)]
    return Result("\n".join(lines), _as_data(view), profile=view)


def _as_data(view: ProfileView) -> dict[str, object]:
    return {"first": view.first, "last": view.last, "lost": view.lost,
            "functions": [asdict(row) for row in view.functions]}


def _flame(context: Context, text: str) -> Result:
    """The profile by path of calls, as an indented list: what a flame graph shows."""
    view = profile_of(context, text)
    children: list[list[int]] = [[] for _ in view.paths]
    for i, row in enumerate(view.paths[1:], 1):
        children[row.parent].append(i)
    lines, todo = [heading(view)], [(child, 0) for child in children[0]]
    while todo and len(lines) <= _HOTTEST:
        number, level = todo.pop()
        row = view.paths[number]
        if share(row.total, view) < _LEAST:
            continue
        made = f" in {counted(row.calls, 'call')}" if row.calls else ""
        lines.append(f"{share(row.total, view):6.1%} {'  ' * level}{row.name}  {row.total:,}{made}")
        nested = sorted(children[number], key=lambda child: view.paths[child].total)
        todo += [(child, level + 1) for child in nested]
    return Result("\n".join(lines), {**_as_data(view), "paths": [
        asdict(row) for row in view.paths]}, profile=view)


def _export(context: Context, text: str) -> Result:
    file, _, stretch = text.strip().partition(" ")
    if not file:
        raise CommandError("export-profile needs a file to write, such as profile.speedscope.json")
    view = profile_of(context, stretch)
    try:
        Path(file).expanduser().write_text(speedscope(view, context.session.program),
                                           encoding="utf-8")
    except (OSError, ValueError, RuntimeError) as error:    # also names that mean no file
        raise CommandError(f"can't write {file}: {file_fault(error)}") from error
    return Result(f"{heading(view)} written to {file}: open it in speedscope",
                  {"file": file, **_as_data(view)})


ACTIONS = (
    Action("call_tree", ("call-tree", "ct"), ("t",),
           "calls over time, with arguments, results and steps, around the cursor", _GROUP,
           _call_tree, "[LEVELS]"),
    Action("calls", ("calls",), (), "every call of a function over the recording", _GROUP, _calls,
           "FUNCTION [FIRST [COUNT]]"),
    Action("callers", ("callers",), (), "who calls a function and whom it calls, with counts",
           _GROUP, _callers, "[FUNCTION]"),
    Action("profile", ("profile",), ("p",),
           "steps and calls of every function, exactly, in what the timeline shows (or FIRST LAST)",
           _GROUP, _profile, "[FIRST LAST]"),
    Action("flame", ("flame", "flame-graph"), (), "steps by path of calls: a flame graph",
           _GROUP, _flame, "[FIRST LAST]"),
    Action("export_profile", ("export-profile",), (), "write a profile for speedscope", _GROUP,
           _export, "FILE [FIRST LAST]"),
)
