"""The actions that only a screen can do, and everything that is derived from all actions.

Keys and words of what the debugger does stand in `debugger.commands`; here are those of the
panes, of the same kind, so that bindings, palette, help and hints come out of one list.
"""

from __future__ import annotations

from functools import cache

from textual.binding import Binding
from textual.keys import format_key

from debugger.commands.registry import Action, Context, Result, actions, by_id
from debugger.exchange import CommandError
from debugger.widgets.hint_bar import Hint

_PANES = "The screen"

# What the last line offers, in order: an action, perhaps its backward twin, and a word for both.
_HINTS = (
    ("step", "back", "step"),
    ("over", "over_back", "over"),
    ("out", "out_back", "out"),
    ("cont", "cont_back", "run"),
    ("goto", "", "goto"),
    ("break", "", "break"),
    ("watch", "last_write", "watch"),
    ("history", "", "history"),
    ("edit", "", "edit"),
    ("mark", "", "mark"),
    ("undo", "", "undo"),
    ("command", "", "command"),
    ("maximise", "", "zoom pane"),
    ("palette", "", "palette"),
    ("quit", "", "quit"),
    ("help", "", "help"),
)

_SHOWN = {
    "question_mark": "?", "colon": ":", "apostrophe": "'", "dollar_sign": "$", "plus": "+",
    "minus": "-", "full_stop": ".", "less_than_sign": "<", "greater_than_sign": ">",
    "equals_sign": "=", "left_square_bracket": "[", "right_square_bracket": "]", "slash": "/",
    "at": "@", "escape": "Esc", "tab": "Tab", "space": "Space", "home": "Home", "end": "End",
    "enter": "Enter",
}  # fmt: skip


def _only_here(_context: Context, _text: str) -> Result:
    raise CommandError("this is for the screen only")


def _face(id_: str, keys: str, help_: str) -> Action:
    return Action(id_, (), tuple(keys.split()), help_, _PANES, _only_here)


FACE = (
    _face("command", "colon", "type a command"),
    _face("palette", "ctrl+p", "find an action, pane or function by name"),
    _face("pause", "escape ctrl+c", "stop what is running"),
    _face("next_pane", "tab", "focus the next pane"),
    _face("previous_pane", "shift+tab", "focus the previous pane"),
    _face("next_tab", "greater_than_sign", "next tab of this pane"),
    _face("previous_tab", "less_than_sign", "previous tab of this pane"),
    _face("maximise", "z", "give this pane the whole screen, or take it back"),
    _face("address", "at", "show an address in the memory pane"),
    _face("next_memory", "", "show the next memory"),
    _face("memory_kind", "x", "show memory as bytes or numbers: i8 … u64, f32, f64"),
    _face("memory_kind_back", "X", "show memory as the previous kind of bytes or numbers"),
    _face("next_found", "semicolon", "show the next place of what was found in memory"),
    _face("zoom_in", "plus equals_sign", "timeline: half as many steps in view"),
    _face("zoom_out", "minus", "timeline: twice as many steps in view"),
    _face("display", "d", "show source, instructions, or both"),
    _face("follow", "full_stop", "show the cursor's code again"),
    _face("theme", "T", "light or dark"),
)


@cache
def all_actions() -> tuple[Action, ...]:
    """What the debugger does, then what the screen does."""
    return (*actions(), *FACE)


def action(id_: str) -> Action:
    """The action with this id, of either kind; KeyError if there is none."""
    face = next((each for each in FACE if each.id == id_), None)
    return face if face is not None else by_id(id_)


def show_key(key: str) -> str:
    """A key as people write it."""
    if key in _SHOWN:
        return _SHOWN[key]
    *modifiers, name = key.split("+")
    name = _SHOWN.get(name, name.upper() if name[:1] == "f" and name[1:].isdigit() else
                      format_key(name))  # fmt: skip
    name = name.upper() if modifiers and len(name) == 1 else name
    return "+".join([*(modifier.capitalize() for modifier in modifiers), name])


def shown_keys(each: Action) -> tuple[str, ...]:
    """Its keys as people write them. F13 and up are what terminals send for Shift+F1 and up."""
    return tuple(show_key(key) for key in each.keys if not _is_shifted_f(key))


def _is_shifted_f(key: str) -> bool:
    return key[:1] == "f" and key[1:].isdigit() and int(key[1:]) > 12


def bindings() -> list[Binding]:
    """A Textual binding for every key of every action, and for the digits of a count.

    Priority means that the app serves the key at once. Without it the key would queue behind the
    focused pane, and keys that arrive together could overtake each other.
    """
    bound = [
        Binding(key, f"perform('{each.id}')", each.help, show=False, priority=True)
        for each in all_actions()
        for key in each.keys
    ]
    digits = [Binding(d, f"digit('{d}')", show=False, priority=True) for d in "123456789"]
    return bound + digits


def hints() -> tuple[Hint, ...]:
    """The last line, without what no action offers."""
    found = {each.id: each for each in all_actions()}
    line = []
    for first, twin, word in _HINTS:
        keys = [found[id_].keys[0] for id_ in (first, twin) if id_ in found and found[id_].keys]
        if keys:
            line.append(Hint("/".join(map(show_key, keys)), word, first))
    return tuple(line)


def counts(each: Action) -> bool:
    """Whether a number typed before its key is its repeat count."""
    return each.usage == "[COUNT]"
