"""The registry of actions: what the user can do, once, for every way of doing it.

Command line, batch mode, key bindings, palette and help all read this list. Looking up a word
follows gdb: an exact word wins, else an unambiguous prefix.
"""

from __future__ import annotations

import re
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
    writes,
)
from debugger.commands.action import Action, Context, Result, perform
from debugger.exchange import CommandError

__all__ = ["Action", "Context", "Result", "actions", "by_id", "execute", "find", "perform"]

_LINE = re.compile(r"(?P<word>[^\s/]+)(?P<attached>/\S*)?(?:\s+(?P<rest>.*))?", re.S)


@cache
def actions() -> tuple[Action, ...]:
    """Every action, in the order in which help lists them."""
    return (*motion.ACTIONS, *writes.ACTIONS, *calltree.ACTIONS, *events.ACTIONS, *places.ACTIONS,
            *branching.ACTIONS, *finding.ACTIONS, *inspection.ACTIONS, *source.ACTIONS,
            *memory.ACTIONS, *objects.ACTIONS, *saving.ACTIONS,
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
    match = _LINE.fullmatch(line.strip())
    if not match or line.lstrip().startswith("#"):
        return Result()
    action = find(match["word"])
    attached, rest = match["attached"] or "", (match["rest"] or "").strip()
    if attached and not action.attached:
        raise CommandError(f"{match['word']} takes no '{attached}'")
    return perform(action, context, f"{attached} {rest}".strip())
