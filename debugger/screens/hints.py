"""What the screen says about its keys: the last line, and panes that have nothing to show yet.

Actions stand by their ids, so that the keys said are the keys there are.
"""

from __future__ import annotations

from debugger.screens.keymap import Keymap
from debugger.widgets.hint_bar import Hint

# An action, perhaps its twin, and a word for both. Behind "=" stands a key of the pane's own.
_FIRST = (
    ("step back", "step"),
    ("over over_back", "over"),
    ("cont cont_back", "run"),
)
_GENERAL = (
    ("out out_back", "out"),
    ("goto", "goto"),
    ("break", "break"),
    ("watch last_write", "watch"),
    ("history", "history"),
    ("edit", "edit"),
    ("mark", "mark"),
    ("undo", "undo"),
    ("command", "command"),
    ("next_pane", "next pane"),
    ("maximise", "zoom pane"),
    ("palette", "palette"),
    ("call_tree", "calls"),
    ("profile", "profile"),
    ("theme", "theme"),
    ("quit", "quit"),
)
_BUSY = (("next_pane", "next pane"), ("maximise", "zoom pane"), ("quit", "quit"))
_LAST = ("help", "help")

# What a pane offers besides, before all else.
_PANES = {
    "code": (),
    "source": (("display", "code"), ("unit", "by line")),
    "state": (("last_write", "who wrote"), ("watch", "watch"), ("history", "history"),
              ("edit", "edit"), ("=Enter", "open")),
    "calls": (("=Enter", "show frame"), ("out_back", "to its call"), ("out", "to its end")),
    "breaks": (("=Enter", "show"), ("enable", "on/off"), ("break", "delete"),
               ("condition", "condition"), ("history", "hits")),
    "notes": (("=Enter", "go there"), ("mark", "mark"), ("note", "note"),
              ("next_branch", "branch")),
    "memory": (("last_write", "who wrote"), ("watch", "watch"), ("history", "history"),
               ("edit", "edit"), ("find", "find"), ("memory_kind", "numbers"),
               ("address", "address"), ("=Enter", "follow pointer")),
    "tree": (("=Right", "open"), ("=Enter", "to the call"), ("=r", "to its return")),
    "flame": (("=Enter", "look closer"), ("=Backspace", "look wider"), ("profile", "anew")),
    "profile": (("=Enter", "its calls"), ("profile", "anew")),
    "output": (("maximise", "zoom pane"), ("=PgUp", "scroll")),
    "events": (("=Enter", "go there"), ("next_event previous_event", "next"),
               ("filter_events", "filter")),
    "log": (("command", "command"), ("maximise", "zoom pane"), ("=PgUp", "scroll")),
    "history": (("=Enter", "go there"),),
    "timeline": (("=Left/Right", "move"), ("zoom_in zoom_out", "zoom"),
                 ("next_event previous_event", "event"), ("start end", "ends")),
}  # fmt: skip

# What a pane says while it has nothing to show, line by line.
_EMPTY = {
    "calls": ("none: it has ended", "{back} steps back into it"),
    "breaks": ("none yet", "{break} sets one at the selected line,", "{watch} watches what is "
               "selected,", ":catch stops at events"),
    "notes": ("{mark} marks this step", "{note} writes on it", "{edit} begins a branch"),
    "tree": ("{call_tree} shows the calls over time, from the start to the cursor and on",),
    "flame": ("{profile} shows where the steps went, in what the timeline shows",),
    "profile": ("{profile} shows where the steps went, in what the timeline shows",),
    "output": ("nothing printed yet",),
    "events": ("none yet: {cont} runs on and records them",),
    "log": ("answers of commands come here", "{command} types one, :help lists them"),
    "history": ("{history} lists every change of what is selected,", "in the breaks pane every hit "
                "of a breakpoint"),
}


class _Said(dict[str, str]):
    """Keys by the actions' ids."""

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        self._keymap = keymap

    def __missing__(self, id_: str) -> str:
        return self._keymap.say(id_)


def say(keymap: Keymap, text: str) -> str:
    """A text with the keys of the actions that stand in it in braces."""
    return text.format_map(_Said(keymap))


def empty(keymap: Keymap, pane: str) -> tuple[str, ...]:
    """What a pane says while it has nothing to show."""
    return tuple(say(keymap, line) for line in _EMPTY.get(pane, ()))


def hints(keymap: Keymap, pane: str = "code", busy: bool = False) -> tuple[Hint, ...]:
    """The last line: what the pane offers, what is always there, and how to find the rest."""
    own = (("pause", "stop"),) if busy else _PANES.get(pane, ())
    taken = {id_ for ids, _ in own for id_ in ids.split()}
    general = [each for each in _GENERAL if not taken.issuperset(each[0].split())]
    shown = (*own, *_BUSY) if busy else (*_FIRST, *own, *general)
    line = [_hint(keymap, *each) for each in (*shown, _LAST)]
    return tuple(hint for hint in line if hint is not None)


def _hint(keymap: Keymap, ids: str, word: str) -> Hint | None:
    """One hint; None where no key is left."""
    if ids.startswith("="):
        return Hint(ids[1:], word, "")
    found = [id_ for id_ in ids.split() if keymap.shown(id_)]
    keys = "/".join(keymap.shown(id_)[0] for id_ in found)
    return Hint(keys, word, found[0]) if found else None
