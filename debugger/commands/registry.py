"""The registry of actions: what the user can do, once, for every way of doing it.

Command line, batch mode, key bindings, palette and help all read this list. Looking up a word
follows gdb: an exact word wins, else an unambiguous prefix.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import replace
from difflib import get_close_matches
from functools import cache

from debugger.commands import (
    branching,
    calltree,
    events,
    finding,
    inspection,
    manual,
    memory,
    motion,
    objects,
    places,
    saving,
    source,
    typing,
    writes,
)
from debugger.commands.action import Action, Context, Result, run
from debugger.exchange import CommandError

__all__ = ["Action", "Context", "Result", "actions", "by_id", "execute", "find", "perform"]

_SAID = 10_000          # texts of commands that one motion says
_LINE = re.compile(r"(?P<word>[^\s/]+)(?P<attached>/\S*)?(?:\s+(?P<rest>.*))?", re.S)


@cache
def actions() -> tuple[Action, ...]:
    """Every action, in the order in which help lists them."""
    return (*motion.ACTIONS, *writes.ACTIONS, *calltree.ACTIONS, *events.ACTIONS, *places.ACTIONS,
            *branching.ACTIONS, *finding.ACTIONS, *inspection.ACTIONS, *source.ACTIONS,
            *memory.ACTIONS, *objects.ACTIONS, *saving.ACTIONS, *typing.ACTIONS,
            *manual.make(actions, find))


@cache
def _words() -> dict[str, Action]:
    return {word: action for action in actions() for word in action.words}


def by_id(id_: str) -> Action:
    """The action with this id; KeyError for a name that no action has."""
    return next(action for action in actions() if action.id == id_)


def find(word: str) -> Action:
    """The action of a word or unambiguous prefix; CommandError with near words otherwise."""
    words = _words()
    if word in words:
        return words[word]
    starting = [other for other in words if other.startswith(word)]
    if len({words[other].id for other in starting}) == 1:
        return words[starting[0]]
    if starting:
        raise CommandError(f"'{word}' is ambiguous: {', '.join(sorted(starting))}")
    near = get_close_matches(word, words, 3)
    hint = f"; did you mean {' or '.join(near)}?" if near else "; 'help' lists the commands"
    raise CommandError(f"no command '{word}'{hint}")


def execute(context: Context, line: str) -> Result:
    """Runs one command line such as 'x/16xb 0x1f40' or 'step 50'.

    Blank lines and comments (#) do nothing.
    """
    if line.lstrip().startswith("#") or (understood := _understood(line.strip())) is None:
        return Result()
    return perform(context, *understood)


def _understood(line: str) -> tuple[Action, str] | None:
    """The action that a line names, and its arguments; None for a blank line."""
    match = _LINE.fullmatch(line)
    if not match:
        return None
    action = find(match["word"])
    attached, rest = match["attached"] or "", (match["rest"] or "").strip()
    if attached and not action.attached:
        raise CommandError(f"{match['word']} takes no '{attached}'")
    return action, f"{attached} {rest}".strip()


def perform(context: Context, action: Action, text: str) -> Result:
    """Runs an action; if a breakpoint with commands has stopped it, these too.

    The first of them that moves the cursor is the last that is run; where it stops, the commands
    of that breakpoint go on. Says what the commands say; behind the stop's own words, unless
    `silent` is the first.
    """
    result = run(action, context, text)
    said: deque[str] = deque(maxlen=_SAID)
    done: deque[dict[str, object]] = deque(maxlen=_SAID)
    while result.arrival is not None and result.arrival.point and not _stopped(context):
        lines = context.session.commands_of(result.arrival.point)
        if not lines:
            break
        silent, stop = lines[0] == "silent", result
        said.extend([] if silent else [stop.text])
        result = replace(stop, text="")
        for line in lines[silent:]:
            each = _alone(context, line)
            done.append({"command": line, "result": dict(each.data)})
            if each.arrival is not None:
                result = each
                break
            said.append(each.text)
        if result.arrival is stop.arrival:
            break
    if not done:
        return result
    texts = "\n".join(text for text in (*said, result.text) if text)
    return replace(result, text=texts, data={**result.data, "commands": list(done)})


def _alone(context: Context, line: str) -> Result:
    """A command, without what breakpoints have for it."""
    understood = _understood(line)
    return Result() if understood is None else run(understood[0], context, understood[1])


def _stopped(context: Context) -> bool:
    return context.cancel is not None and context.cancel.is_set()
