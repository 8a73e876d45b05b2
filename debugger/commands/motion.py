"""Actions that move the cursor: forwards, and the same backwards."""

from __future__ import annotations

from collections.abc import Callable

from debugger.commands.action import Action, Context, Result, no_arguments, repeat_count
from debugger.exchange import Arrival, CommandError

_GROUP = "Moving in time"


def arrived(context: Context, arrival: Arrival) -> Result:
    """What to say about a motion: why it stopped, and the place it has come to."""
    session = context.session
    line = session.line_here()
    printed, source = list(session.printed()), session.line_text()
    text = "\n".join(part for part in (*printed, arrival.message, line, source) if part)
    data = {"message": arrival.message, "line": line} | ({"printed": printed} if printed else {})
    return Result(text, data | ({"source": source} if source else {}), arrival)


def _repeated(method: str) -> Callable[[Context, str], Result]:
    """An action on a Session method that takes a repeat count."""
    def run(context: Context, text: str) -> Result:
        move = getattr(context.session, method)
        return arrived(context, move(repeat_count(text), cancel=context.cancel,
                                     progress=context.progress))
    return run


def _plain(method: str) -> Callable[[Context, str], Result]:
    """An action on a Session method without arguments."""
    def run(context: Context, text: str) -> Result:
        no_arguments(method, text)
        move = getattr(context.session, method)
        return arrived(context, move(cancel=context.cancel, progress=context.progress))
    return run


def _goto(context: Context, text: str) -> Result:
    if not text:
        raise CommandError("goto needs a step: 1234, 1.5M, 50%, +1k, -3, start, end or 'a")
    session = context.session
    return arrived(context, session.goto(session.parse_step(text), cancel=context.cancel,
                                         progress=context.progress))


def _until_end(context: Context, text: str) -> Result:
    no_arguments("run", text)
    arrival = context.session.run_to_end(cancel=context.cancel, progress=context.progress)
    return arrived(context, arrival)


def _advance(context: Context, text: str) -> Result:
    return _to_place(context, text, "advance", context.session.advance)


def _advance_back(context: Context, text: str) -> Result:
    return _to_place(context, text, "reverse-advance", context.session.advance_back)


def _until(context: Context, text: str) -> Result:
    if text.strip():
        return _advance(context, text)
    return arrived(context, context.session.until(cancel=context.cancel,
                                                  progress=context.progress))


def _to_place(context: Context, text: str, word: str, go: Callable[..., Arrival]) -> Result:
    if not text.strip():
        raise CommandError(f"{word} needs a place: name, a.c:42, name+0x1c or *0x1f3a")
    return arrived(context, go(text.strip(), cancel=context.cancel, progress=context.progress))


def _motion(id_: str, words: str, keys: str, help_: str, method: str) -> Action:
    return Action(id_, tuple(words.split()), tuple(keys.split()), help_, _GROUP,
                  _repeated(method), "[COUNT]")


ACTIONS = (
    _motion("step", "step s", "s f11",
            "one line or instruction (see step-by) forward, into calls", "step_unit"),
    _motion("back", "reverse-step rs back", "S",
            "one line or instruction back, into calls", "back_unit"),
    _motion("over", "next n", "n f10",
            "one line or instruction forward, over calls", "over_unit"),
    _motion("over_back", "reverse-next rn", "N",
            "one line or instruction back, over calls", "over_back_unit"),
    _motion("stepi", "stepi si", "", "one instruction forward, into calls", "step"),
    _motion("backi", "reverse-stepi rsi", "", "one instruction back, into calls", "back"),
    _motion("nexti", "nexti ni", "", "one instruction forward, over a call", "over"),
    _motion("nexti_back", "reverse-nexti rni", "", "one instruction back, over a call",
            "over_back"),
    _motion("out", "finish fin", "f shift+f11 f23",
            "run until the function returns to its caller", "out"),
    _motion("out_back", "reverse-finish rf", "F",
            "back to the call of this function", "out_back"),
    _motion("cont", "continue c", "c f5",
            "run on to a breakpoint or the end", "cont"),
    _motion("cont_back", "reverse-continue rc", "C",
            "back to the last breakpoint hit, or the start", "cont_back"),
    Action("until", ("until", "u"), (),
           "past the end of a loop: on to code further down in this function, or to a place",
           _GROUP, _until, "[PLACE]"),
    Action("advance", ("advance",), (),
           "on to a place, or until the function returns", _GROUP, _advance, "PLACE"),
    Action("advance_back", ("reverse-advance", "ra"), (),
           "back to when a place was last reached", _GROUP, _advance_back, "PLACE"),
    Action("goto", ("goto", "seek"), ("g",),
           "go to a step: 1234, 1.5M, 50%, +1k, -3, start, end, 'a", _GROUP, _goto, "STEP"),
    Action("start", ("start",), ("0", "home"), "go to step 0", _GROUP, _plain("start")),
    Action("end", ("end",), ("dollar_sign", "end"),
           "go to the last recorded step", _GROUP, _plain("end")),
    Action("run", ("run", "r"), (), "record to the end of the program, past breakpoints",
           _GROUP, _until_end),
    Action("undo", ("undo",), ("u",), "back to where the cursor was before it moved",
           _GROUP, _plain("undo")),
    Action("redo", ("redo",), ("U",), "undo the last undo", _GROUP, _plain("redo")),
)
