"""Typing for the program: its standard input."""

from __future__ import annotations

from debugger.commands.action import Action, Context, Result, no_arguments
from debugger.exchange import CommandError
from debugger.literals import is_quoted, quoted

_GROUP = "The debugger"


def _input(context: Context, text: str) -> Result:
    data = quoted(text) if is_quoted(text) else text.encode() + b"\n"
    if not data:
        raise CommandError("there is nothing in it; input-end is the end of the input")
    return _typed(context, data)


def _input_end(context: Context, text: str) -> Result:
    no_arguments("input-end", text)
    return _typed(context, b"")


def _typed(context: Context, data: bytes) -> Result:
    waiting = context.session.type_input(data)
    said = f"{len(data):,} bytes typed" if data else "the input ends here"
    return Result(f"{said}: the program gets it when it reads", {"typed": len(data),
                                                                 "waiting": waiting})


ACTIONS = (
    Action("input", ("input",), (), 'type a line for the program; "…" types just that', _GROUP,
           _input, "TEXT"),
    Action("input_end", ("input-end",), (), "the end of the program's input", _GROUP, _input_end),
)
