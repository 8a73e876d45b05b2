"""What an action is: a leaf that the modules of actions and the registry share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event

from debugger.answers import CallsPage, HitsView, ProfileView
from debugger.exchange import Arrival, CommandError, OnProgress
from debugger.session import Session
from debugger.steps import parse_count

_COUNTLESS = 1 << 62            # more than there ever is of anything, and still a native number
_BRACKETS = re.compile(r"\[[^\[\]]*\]…?")
_ENDLESS = re.compile(r"\d{1000}")        # Python refuses to read much longer ones


@dataclass(slots=True)
class Context:
    """What an action acts on: the session, and how to cancel and follow what takes long.

    `examine` is where `x` without an address goes on (memory and address), and how.
    """

    session: Session
    cancel: Event | None = None
    progress: OnProgress | None = None
    examine: tuple[int, int, str] = (0, 0, "")


@dataclass(frozen=True, slots=True)
class Result:
    """What an action has to say: `text` for people, `data` for machines (JSON-able).

    `arrival` is set if the cursor may have moved. `hits` are for the history pane, `calls` for the
    call tree, `profile` for its panes. `quit` asks the driver to end.
    """

    text: str = ""
    data: Mapping[str, object] = field(default_factory=dict)
    arrival: Arrival | None = None
    hits: HitsView | None = None
    calls: tuple[CallsPage, ...] = ()
    profile: ProfileView | None = None
    quit: bool = False

    @property
    def shown(self) -> bool:
        """Whether there is a pane for what it has to say."""
        return self.hits is not None or bool(self.calls) or self.profile is not None


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do.

    `words` are its spellings (the first is the canonical one), `keys` Textual key names, `usage`
    its arguments as help shows them, `group` the heading it stands under. `run` gets the
    arguments as one string. `attached` says that arguments may follow the word after a slash
    (gdb's x/16xb); they then come first, slash included.
    """

    id: str
    words: tuple[str, ...]
    keys: tuple[str, ...]
    help: str
    group: str
    run: Callable[[Context, str], Result]
    usage: str = ""
    attached: bool = False

    @property
    def needs_arguments(self) -> bool:
        """Whether there is something in its usage that isn't in brackets."""
        needed, left = self.usage, ""
        while needed != left:
            needed, left = _BRACKETS.sub("", needed), needed
        return bool(needed.strip())


def run(action: Action, context: Context, text: str) -> Result:
    """Runs an action on what somebody has typed."""
    if _ENDLESS.search(text):
        raise CommandError("there is a number with more digits than any number here has")
    return action.run(context, text)


def repeat_count(text: str) -> int:
    """An optional repeat count: 1 if there is none."""
    if not text.strip():
        return 1
    count = parse_count(text)
    if count is None or "%" in text:
        raise CommandError(f"'{text.strip()}' is not a count such as 50 or 1k")
    return min(count, _COUNTLESS)


def no_arguments(word: str, text: str) -> None:
    if text.strip():
        raise CommandError(f"{word} takes no arguments, not '{text.strip()}'")
