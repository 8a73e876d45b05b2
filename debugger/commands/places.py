"""Actions on breakpoints and marks."""

from __future__ import annotations

from dataclasses import asdict

from debugger.commands.action import Action, Context, Result
from debugger.commands.motion import arrived
from debugger.exchange import CommandError
from debugger.steps import grouped
from debugger.views import BreakView

_GROUP = "Breakpoints and marks"


def break_line(point: BreakView) -> str:
    """One line of a breakpoint list."""
    hits = f"  {point.hits} hit{'s' * (point.hits != 1)}" if point.hits else ""
    off = "" if point.enabled else "  off"
    line = f", {point.line}" if point.line else ""
    return f"{point.number:>3}  {point.where}{line}{off}{hits}"


def _break(context: Context, text: str) -> Result:
    if " if " in f" {text} ":
        raise CommandError("breakpoints take no condition yet: write break PLACE")
    session = context.session
    before = {point.number for point in session.breakpoints()}
    point = session.add_break(text) if text else session.add_break_here()
    more = [each for each in session.breakpoints() if each.number not in before | {point.number}]
    lines = [f"breakpoint {each.number} at {each.where}{f', {each.line}' if each.line else ''}"
             for each in (point, *more)]
    return Result("\n".join(lines), asdict(point) | (
        {"more": [asdict(each) for each in more]} if more else {}))


def _numbers(text: str, word: str) -> list[int | None]:
    """Breakpoint numbers, or [None] for all of them."""
    if not text or text == "all":
        return [None]
    numbers: list[int | None] = []
    for part in text.replace(",", " ").split():
        if not part.isdecimal():
            raise CommandError(f"{word} takes breakpoint numbers (info breakpoints lists them), "
                               f"not '{part}'")
        numbers.append(int(part))
    return numbers


def _delete(context: Context, text: str) -> Result:
    numbers = _numbers(text, "delete")
    for number in numbers:
        context.session.delete_break(number)
    return Result("all breakpoints deleted" if numbers == [None] else f"deleted {text}",
                  {"deleted": "all" if numbers == [None] else numbers})


def _enable(context: Context, text: str) -> Result:
    return _switch(context, text, True)


def _disable(context: Context, text: str) -> Result:
    return _switch(context, text, False)


def _switch(context: Context, text: str, enabled: bool) -> Result:
    word = "enable" if enabled else "disable"
    for number in _numbers(text, word):
        context.session.enable_break(number, enabled)
    points = context.session.breakpoints()
    return Result("\n".join(map(break_line, points)),
                  {"breakpoints": [asdict(point) for point in points]})


def _mark(context: Context, text: str) -> Result:
    session = context.session
    if not text:
        marks = session.marks()
        lines = [f"'{letter}  step {grouped(step)}" for letter, step in marks]
        return Result("\n".join(lines) or "no marks", {"marks": dict(marks)})
    letter, _, place = text.partition(" ")
    step = session.parse_step(place) if place.strip() else session.cursor
    session.set_mark(letter, step)
    return Result(f"mark '{letter} at step {grouped(step)}", {"mark": letter, "at": step})


def _goto_mark(context: Context, text: str) -> Result:
    arrival = context.session.goto_mark(text.strip().lstrip("'"), cancel=context.cancel,
                                        progress=context.progress)
    return arrived(context, arrival)


ACTIONS = (
    Action("break", ("break", "b", "breakpoint"), ("b", "f9"),
           "stop at a function, line or instruction: name, index, a.c:42, name+0x1c, *0x1f3a",
           _GROUP, _break, "[PLACE]"),
    Action("delete", ("delete", "d"), (), "delete breakpoints, or all", _GROUP, _delete,
           "[NUMBER…]"),
    Action("enable", ("enable",), (), "let breakpoints stop again", _GROUP, _enable,
           "[NUMBER…]"),
    Action("disable", ("disable",), (), "keep breakpoints, but don't stop", _GROUP, _disable,
           "[NUMBER…]"),
    Action("mark", ("mark", "m"), ("m",), "name this step (or another) a … z", _GROUP, _mark,
           "[LETTER [STEP]]"),
    Action("goto_mark", ("goto-mark",), ("apostrophe",), "go to a mark", _GROUP, _goto_mark,
           "LETTER"),
)
