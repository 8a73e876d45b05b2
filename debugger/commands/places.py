"""Actions on breakpoints and marks."""

from __future__ import annotations

import re
from dataclasses import asdict

from debugger.commands.action import Action, Context, Result
from debugger.commands.motion import arrived
from debugger.exchange import CommandError
from debugger.pointmaking import split_condition
from debugger.steps import counted, grouped, parse_count
from debugger.views import BreakView

_GROUP = "Breakpoints and marks"
_CAUGHT = "trap [KIND]|throw [TAG]|INSTRUCTION|CALL [if CONDITION]"
_COMMANDS = re.compile(r"(?P<number>\d+)?\s*(?P<lines>.*)", re.S)


def break_line(point: BreakView) -> str:
    """One line of a breakpoint list."""
    kind = "" if point.kind == "breakpoint" else f"{point.kind.removesuffix('point')} "
    if point.kind == "watchpoint" and not point.changed:
        kind = {"read": "reads ", "access": "accesses "}.get(point.access, "writes ")
    parts = [f"{point.number:>3}  {kind}{_at_line(point)}"]
    parts += [point.message] * bool(point.message)
    parts += [f"if {point.condition}"] * bool(point.condition)
    parts += ["once"] * point.temporary + ["off"] * (not point.enabled)
    if point.ignore:
        parts.append(f"ignore {counted(point.ignore, 'hit')}")
    if point.total is not None:
        parts.append(f"{point.total:,} in the recording")
    if point.hits:
        parts.append(f"{point.hits} hit{'s' * (point.hits != 1)}")
    return "\n".join(["  ".join(parts), *(f"       {line}" for line in point.commands)])


def _at_line(point: BreakView) -> str:
    return f"{point.where}, {point.line}" if point.line else point.where


def set_result(point: BreakView) -> Result:
    """What to say about a breakpoint that has been set or changed."""
    access = f"{point.access} " * (point.access != "write")
    name = f"{'temporary ' * point.temporary}{access}{point.kind}"
    at = {"breakpoint": " at", "watchpoint": " on", "catchpoint": " for"}.get(point.kind, " at")
    more = f" if {point.condition}" if point.condition else ""
    more += f", ignoring {counted(point.ignore, 'hit')}" if point.ignore else ""
    return Result(f"{name} {point.number}{at} {_at_line(point)}{more}", asdict(point))


def _break(context: Context, text: str) -> Result:
    return _set_break(context, text, False)


def _tbreak(context: Context, text: str) -> Result:
    return _set_break(context, text, True)


def _set_break(context: Context, text: str, temporary: bool) -> Result:
    session, (place, condition) = context.session, split_condition(text)
    if place:
        return set_result(session.add_break(place, condition=condition, temporary=temporary))
    return set_result(session.add_break_here(condition=condition, temporary=temporary))


def _rbreak(context: Context, text: str) -> Result:
    regex, condition = split_condition(text)
    if not regex:
        raise CommandError("rbreak needs a regular expression of functions' names: rbreak ^parse_")
    return set_result(context.session.add_break(f"/{regex.strip('/')}/", condition=condition))


def _commands(context: Context, text: str) -> Result:
    """`NUMBER` and lines up to `end`, or with semicolons between them."""
    match = _COMMANDS.fullmatch(text.strip())
    assert match is not None
    lines = [line.strip() for line in re.split(r"\n|;" if "\n" not in text else r"\n",
                                               match["lines"] or "")]
    lines = [line for line in lines if line and not line.startswith("#")]
    if lines and lines[-1] == "end":
        lines.pop()
    if not match["number"] and not lines:
        raise CommandError("commands needs a breakpoint's number and what to do there: commands 2 "
                           "print $n; continue")
    point = context.session.set_commands(int(match["number"]) if match["number"] else None, lines)
    done = f"runs {counted(len(lines), 'command')}" if lines else "runs no commands"
    return Result(f"{point.kind} {point.number} {done}", asdict(point))


def _condition(context: Context, text: str) -> Result:
    number, _, condition = text.partition(" ")
    if not number.isdecimal():
        raise CommandError("condition needs a breakpoint's number, and an expression unless there "
                           "is to be none: condition 2 $0 > 5")
    return set_result(context.session.set_condition(int(number), condition))


def _ignore(context: Context, text: str) -> Result:
    number, _, count_text = text.partition(" ")
    count = parse_count(count_text.strip())
    if not number.isdecimal() or count is None:
        raise CommandError("ignore needs a breakpoint's number and how many hits: ignore 2 10")
    return set_result(context.session.set_ignore(int(number), count))


def _catch(context: Context, text: str) -> Result:
    return _set_catch(context, text, False)


def _tcatch(context: Context, text: str) -> Result:
    return _set_catch(context, text, True)


def _set_catch(context: Context, text: str, temporary: bool) -> Result:
    if not text.strip():
        raise CommandError("catch needs trap, throw, an instruction such as memory.grow, or a "
                           "function that the program imports, such as fd_write or 'path_*'")
    return set_result(context.session.add_catch(_unquoted(text), temporary=temporary))


def _unquoted(text: str) -> str:
    """`'path_*' if …` without quotes."""
    match = re.fullmatch(r"'([^']*)'(.*)", text.strip(), re.S)
    return match[1] + match[2] if match else text.strip()


def _dprintf(context: Context, text: str) -> Result:
    return set_result(context.session.add_log(text))


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
    return Result(f"mark '{letter} at step {grouped(step)}{_unkept(context)}",
                  {"mark": letter, "at": step})


def _note(context: Context, text: str) -> Result:
    session = context.session
    if not text.strip():
        return _notes(context, text)
    at = session.note(text)
    return Result(f"noted on step {grouped(at)}{_unkept(context)}",
                  {"at": at, "note": text.strip()})


def _unkept(context: Context) -> str:
    """That a mark or note will be gone with the session, if it was opened from a file."""
    return f" ({context.session.unkept})" if context.session.unkept else ""


def _notes(context: Context, _text: str) -> Result:
    found = context.session.noted()
    lines = [f"{grouped(each.step):>14}  " + (f"'{each.letter}" if each.letter else each.text)
             for each in found]
    return Result("\n".join(lines) or "no marks and no notes",
                  {"notes": [asdict(each) for each in found]})


def _delete_note(context: Context, text: str) -> Result:
    session = context.session
    at = session.note("", session.parse_step(text) if text.strip() else None)
    return Result(f"note on step {grouped(at)} deleted", {"at": at})


def _goto_mark(context: Context, text: str) -> Result:
    arrival = context.session.goto_mark(text.strip().lstrip("'"), cancel=context.cancel,
                                        progress=context.progress)
    return arrived(context, arrival)


ACTIONS = (
    Action("break", ("break", "b", "br", "breakpoint"), ("b", "f9"),
           "stop at a function, line or instruction: name, name*, index, a.c:42, name+0x1c, "
           "*0x1f3a", _GROUP, _break, "[PLACE] [if CONDITION]"),
    Action("tbreak", ("tbreak", "tb"), (), "stop once at a function, line or instruction", _GROUP,
           _tbreak,
           "[PLACE] [if CONDITION]"),
    Action("rbreak", ("rbreak",), (),
           "one breakpoint on all functions whose names match a regular expression", _GROUP,
           _rbreak, "REGEX [if CONDITION]"),
    Action("catch", ("catch",), (),
           "stop at traps (trap divide), exceptions (throw TAG), instructions (memory.grow), host "
           "calls (fd_write if $fd == 2, 'path_*')",
           _GROUP, _catch, _CAUGHT),
    Action("tcatch", ("tcatch",), (), "stop once at what catch stops at", _GROUP, _tcatch, _CAUGHT),
    Action("commands", ("commands",), (),
           "what to run whenever a breakpoint stops: commands 2 bt; continue, or in a script lines "
           "up to end; silent first says nothing else; without any, none",
           _GROUP, _commands, "[NUMBER] [COMMANDS]"),
    Action("dprintf", ("dprintf", "logpoint"), ("P",),
           "print and go on: dprintf parse, \"n = %d\", $n, or \"n = {$n}\"", _GROUP, _dprintf,
           "PLACE, \"TEXT\", EXPRESSIONS"),
    Action("condition", ("condition", "cond"), ("B",),
           "stop only if: condition 2 $0 > 5 && i32[$sp+8] == 42; without one, always", _GROUP,
           _condition, "NUMBER [CONDITION]"),
    Action("ignore", ("ignore",), (), "don't stop at the next hits", _GROUP, _ignore,
           "NUMBER COUNT"),
    Action("delete", ("delete", "d"), (), "delete breakpoints, or all", _GROUP, _delete,
           "[NUMBER…]"),
    Action("enable", ("enable",), ("space",), "let breakpoints stop again", _GROUP, _enable,
           "[NUMBER…]"),
    Action("disable", ("disable",), (), "keep breakpoints, but don't stop", _GROUP, _disable,
           "[NUMBER…]"),
    Action("mark", ("mark", "m"), ("m",), "name this step (or another) a … z", _GROUP, _mark,
           "[LETTER [STEP]]"),
    Action("note", ("note",), ("i",), "write a note on this step", _GROUP, _note, "[TEXT]"),
    Action("notes", ("notes",), (), "all marks and notes", _GROUP, _notes),
    Action("delete_note", ("delete-note",), (), "take the note on this step (or another) away",
           _GROUP, _delete_note, "[STEP]"),
    Action("goto_mark", ("goto-mark",), ("apostrophe",), "go to a mark", _GROUP, _goto_mark,
           "LETTER"),
)
