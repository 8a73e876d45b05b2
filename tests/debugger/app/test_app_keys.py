"""Bindings, hints and help come out of one list of actions."""

from collections import Counter

from debugger.commands.registry import actions
from debugger.screens import face
from debugger.screens.hints import hints
from debugger.screens.keynames import show_key
from debugger.screens.main import MainScreen


def test_every_key_has_one_meaning() -> None:
    keys = [key for action in face.all_actions() for key in action.keys]
    assert [key for key, n in Counter(keys).items() if n > 1] == []
    bound = [binding.key for binding in face.bindings(face.usual_keys())]
    assert sorted(bound) == sorted({*keys, *"123456789"})


def test_every_action_of_the_screen_is_there() -> None:
    assert [each.id for each in face.FACE if not hasattr(MainScreen, f"do_{each.id}")] == []


def test_what_the_screen_does_by_itself_is_an_action() -> None:
    own = {name.removeprefix("do_") for name in dir(MainScreen) if name.startswith("do_")}
    assert own <= {action.id for action in face.all_actions()}


def test_capital_letters_go_backwards() -> None:
    by_key = {key: action.id for action in actions() for key in action.keys}
    for key, forward in (("s", "step"), ("n", "over"), ("f", "out"), ("c", "cont")):
        assert by_key[key] == forward
        assert by_key[key.upper()] in (f"{forward}_back", "back")


def test_keys_are_written_as_people_write_them() -> None:
    names = ["question_mark", "ctrl+p", "shift+f11", "dollar_sign", "escape", "S", "shift+tab"]
    assert [show_key(name) for name in names] == [
        "?", "Ctrl+P", "Shift+F11", "$", "Esc", "S", "Shift+Tab",
    ]  # fmt: skip


def test_hints_end_with_help() -> None:
    line = hints(face.usual_keys())
    assert line[-1].keys == "?"
    assert line[0].keys == "s/S"
