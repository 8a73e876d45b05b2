"""Which keys do what: those of the actions, and what the user's file has made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from debugger.commands.registry import Action
from debugger.screens.keynames import hidden, read_key, show_key
from debugger.settings import Entry

# Panes move by these, and numbers are counts.
RESERVED = frozenset({
    "up", "down", "left", "right", "pageup", "pagedown", "enter", "backspace", "ctrl+home",
    "ctrl+end", "shift+left", "shift+right",
})  # fmt: skip
DIGITS = "0123456789"


@dataclass(frozen=True, slots=True)
class Keymap:
    """The keys of each action by its id, and command lines by key. `faults` are what was wrong
    with the file, each with its place.
    """

    keys: Mapping[str, tuple[str, ...]]
    commands: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def shown(self, id_: str) -> tuple[str, ...]:
        """The keys of an action as people write them."""
        return tuple(show_key(key) for key in self.keys.get(id_, ()) if not hidden(key))

    def say(self, id_: str) -> str:
        """How an action is called: by its first key, or as a command if it has none."""
        keys = self.shown(id_)
        return keys[0] if keys else f":{self.names.get(id_, id_)}"


def name_of(action: Action) -> str:
    """What an action is called in files."""
    return action.words[0] if action.words else action.id.replace("_", "-")


def make_keymap(
    actions: Sequence[Action], keys: Iterable[Entry] = (), commands: Iterable[Entry] = ()
) -> Keymap:
    """The actions' own keys, changed by the entries of a file."""
    return _Making(actions).made(keys, commands)


class _Making:
    """One reading of a file: what has been given to whom, and where."""

    def __init__(self, actions: Sequence[Action]) -> None:
        self._keys = {each.id: each.keys for each in actions}
        self._names = {each.id: name_of(each) for each in actions}
        self._ids = {each.id.replace("_", "-"): each.id for each in actions}
        self._ids |= {word: each.id for each in actions for word in each.words}
        self._given: dict[str, tuple[str, Entry]] = {}      # key: whose, and where it says so
        self._said: dict[str, Entry] = {}                   # action: where it has got its keys
        self._commands: dict[str, str] = {}
        self._faults: list[str] = []

    def made(self, keys: Iterable[Entry], commands: Iterable[Entry]) -> Keymap:
        for entry in keys:
            self._give(entry)
        for entry in commands:
            self._command(entry)
        self._take()
        return Keymap(self._keys, self._commands, tuple(self._faults), self._names)

    def _fault(self, entry: Entry, words: str) -> None:
        self._faults.append(f"{entry.place}: {words}")

    def _give(self, entry: Entry) -> None:
        """`step = ["s", "F11"]`."""
        id_ = self._ids.get(entry.name.replace("_", "-"))
        if id_ is None:
            near = get_close_matches(entry.name, self._ids, 2)
            hint = f": did you mean {' or '.join(near)}?" if near else ""
            self._fault(entry, f"there is no action '{entry.name}'{hint}")
        elif id_ in self._said:
            self._fault(entry, f"{entry.name} has got its keys in {self._said[id_].place}")
        elif not all(isinstance(each, str) for each in entry.values):
            self._fault(entry, f"{entry.name} needs a key or a list of keys, such as "
                               '["s", "F11"]; [] is none')
        else:
            self._said[id_] = entry
            found = [self._free(each, self._names[id_], entry) for each in entry.values]
            self._keys[id_] = tuple(dict.fromkeys(key for keys in found for key in keys))

    def _free(self, text: object, owner: str, entry: Entry) -> tuple[str, ...]:
        """The keys of a text that may be given away; those that may not are told of."""
        found = read_key(str(text))
        if not found:
            self._fault(entry, f"'{text}' is no key")
        free = []
        for key in found:
            if key in RESERVED:
                self._fault(entry, f"{show_key(key)} moves in panes, so it can't be {owner}")
            elif key in DIGITS and not (key == "0" and owner == "start"):
                self._fault(entry, f"{key} is a digit of counts, so it can't be {owner}")
            elif self._given.get(key, (owner,))[0] != owner:
                other, at = self._given[key]
                self._fault(entry, f"{show_key(key)} is {other} already, by {at.place}")
            else:
                self._given[key] = owner, entry
                free.append(key)
        return tuple(free)

    def _command(self, entry: Entry) -> None:
        """`"F7" = "info locals"`."""
        line = entry.values[0] if len(entry.values) == 1 else None
        if not isinstance(line, str) or not line.strip():
            self._fault(entry, f'{entry.name} needs a command line, such as "info locals"')
            return
        for key in self._free(entry.name, f":{line}", entry):
            self._commands[key] = line

    def _take(self) -> None:
        """What the file has given away is no longer any other action's."""
        for id_, keys in self._keys.items():
            left = tuple(key for key in keys
                         if self._given.get(key, (self._names[id_],))[0] == self._names[id_])
            if keys and not left and id_ not in self._said:
                owner, entry = self._given[keys[0]]
                self._fault(entry, f"{show_key(keys[0])} for {owner} leaves {self._names[id_]} "
                                   f"without a key; {self._names[id_]} = [] if that is wanted")
            self._keys[id_] = left


def as_file(actions: Sequence[Action], keymap: Keymap) -> str:
    """The whole map as a file that makes it."""
    lines = ["# Keys of gaba-debug. An action that isn't here has its usual keys; [] is none."]
    lines += ["", "[keys]"]
    group = ""
    for action in actions:
        if action.group != group:
            group = action.group
            lines += [""] * (lines[-1] != "[keys]") + [f"# {group}"]
        keys = ", ".join(_quoted(show_key(key)) for key in keymap.keys[action.id]
                         if not hidden(key))
        lines.append(f"{name_of(action)} = [{keys}]".ljust(36) + f"  # {action.help}")
    lines += ["", "# A key for any line that can be typed after the colon.", "[commands]"]
    lines += [f"{_quoted(show_key(key))} = {_quoted(line)}"
              for key, line in keymap.commands.items() if not hidden(key)]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
