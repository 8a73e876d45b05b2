"""The actions that only a screen can do, and bindings of keys to all actions.

Keys and words of what the debugger does stand in `debugger.commands`; here are those of the
panes, of the same kind, so that bindings, palette, help and hints come out of one list.
"""

from __future__ import annotations

from functools import cache

from textual.binding import Binding

from debugger.commands.registry import Action, Context, Result, actions, by_id
from debugger.exchange import CommandError
from debugger.screens.keymap import DIGITS, Keymap, make_keymap

_PANES = "The screen"


def _only_here(_context: Context, _text: str) -> Result:
    raise CommandError("this is for the screen only")


def _face(id_: str, keys: str, help_: str, words: str = "", usage: str = "") -> Action:
    return Action(id_, tuple(words.split()), tuple(keys.split()), help_, _PANES, _only_here, usage)


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
    _face("next_memory", "o", "show the next memory, of a module with several"),
    _face("memory_kind", "x", "show memory as bytes, numbers (i8 … u64, f32, f64) or texts"),
    _face("memory_kind_back", "X", "memory as bytes, numbers or texts, in the other order"),
    _face("show_heat", "h", "how often memory was written and read in what the timeline shows: "
          "beside the rows, as a map of all of it, not at all"),
    _face("history_access", "V", "every write and read of what is selected"),
    _face("next_found", "semicolon", "show the next place of what was found in memory"),
    _face("zoom_in", "plus equals_sign", "timeline: half as many steps in view"),
    _face("zoom_out", "minus", "timeline: twice as many steps in view"),
    _face("display", "d", "show source, instructions, or both"),
    _face("follow", "full_stop", "show the cursor's code again"),
    _face("theme", "T", "the next theme: dark, light, and two that are safe for colour-blind eyes",
          "theme", "[NAME]"),
    _face("keys", "", "write the key map to a file, to change it there", "keys", "[FILE]"),
)


@cache
def all_actions() -> tuple[Action, ...]:
    """What the debugger does, then what the screen does."""
    return (*actions(), *FACE)


@cache
def usual_keys() -> Keymap:
    """The keys as they are without a file."""
    return make_keymap(all_actions())


def action(id_: str) -> Action:
    """The action with this id, of either kind; KeyError if there is none."""
    face = next((each for each in FACE if each.id == id_), None)
    return face if face is not None else by_id(id_)


def by_word(word: str) -> Action | None:
    """The action of the screen that a word of the command line means."""
    return next((each for each in FACE if word in each.words), None)


def bindings(keymap: Keymap) -> list[Binding]:
    """A Textual binding for every key of every action, and for the digits of a count.

    Priority means that the app serves the key at once. Without it the key would queue behind the
    focused pane, and keys that arrive together could overtake each other.
    """
    bound = [(key, f"perform('{each.id}')", each.help)
             for each in all_actions() for key in keymap.keys[each.id] if key != "0"]
    bound += [(key, f"typed('{key}')", line) for key, line in keymap.commands.items()]
    bound += [(digit, f"digit('{digit}')", "") for digit in DIGITS]
    return [Binding(*each, show=False, priority=True) for each in bound]


def counts(each: Action) -> bool:
    """Whether a number typed before its key is its repeat count."""
    return each.usage == "[COUNT]"
