"""Keys from a file: what they do, what is wrong with them, and that all that is said is so."""

from __future__ import annotations

from pathlib import Path

import pytest

from debugger.screens import face
from debugger.screens.help import HelpLines, HelpScreen
from debugger.screens.hints import empty, hints, say
from debugger.screens.keymap import Keymap, as_file, make_keymap, name_of
from debugger.screens.keynames import read_key, show_key
from debugger.session import Session
from debugger.settings import Settings, load
from debugger.widgets.hint_bar import HintBar
from debugger.widgets.log import Log
from debugger.widgets.notes import Notes
from tests.debugger.app.driving import driven


def keymap(tmp_path: Path, text: str) -> Keymap:
    file = tmp_path / "keys.toml"
    file.write_text(text)
    found = load(file)
    assert not found.faults
    made = make_keymap(face.all_actions(), found.keys, found.commands)
    faults = tuple(fault.replace(file.name, "F") for fault in made.faults)
    return Keymap(made.keys, made.commands, faults, made.names)


def settings(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "keys.toml"
    file.write_text(text)
    return load(file)


# Names of keys

@pytest.mark.parametrize(("text", "keys"), [
    ("s", ["s"]), ("S", ["S"]), ("Shift+s", ["S"]), ("?", ["question_mark"]), ("@", ["at"]),
    ("Ctrl+P", ["ctrl+p"]), ("ctrl+p", ["ctrl+p"]), ("C-p", []), ("Esc", ["escape"]),
    ("F11", ["f11"]), ("shift+f11", ["shift+f11", "f23"]), ("f23", ["f23"]), ("f25", []),
    ("Space", ["space"]), (" ", []), ("+", ["plus"]), ("Ctrl++", ["ctrl+plus"]), ("-", ["minus"]),
    ("Del", ["delete"]), ("PgUp", ["pageup"]), ("question_mark", ["question_mark"]),
    ("Alt+Shift+x", ["alt+shift+x"]), ("Ctrl+Ctrl+x", []), ("Hyper+x", []), ("", []),
    ("ß", ["ß"]), ("\\", ["backslash"]), ("full_stop", ["full_stop"]), ("nonsense", []),
    ("ctrl+Space", ["ctrl+space"]), ("Tab", ["tab"]), ("shift+Tab", ["shift+tab"]),
])
def test_keys_as_people_write_them(text: str, keys: list[str]) -> None:
    assert list(read_key(text)) == keys


def test_each_key_there_is_can_be_written_and_read() -> None:
    keys = {key for each in face.all_actions() for key in each.keys}
    for key in keys:
        assert key in read_key(show_key(key)), key


# Files

def test_an_action_has_the_keys_that_are_listed(tmp_path: Path) -> None:
    made = keymap(tmp_path, '[keys]\nstep = ["j", "F11"]\nrs = "k"\nprofile = []\n')
    assert made.faults == ()
    assert made.keys["step"] == ("j", "f11")
    assert made.keys["back"] == ("k",)
    assert made.keys["profile"] == ()
    assert made.keys["over"] == ("n", "f10")


def test_a_key_given_away_is_no_others(tmp_path: Path) -> None:
    made = keymap(tmp_path, '[keys]\nlast-write = "n"\n[commands]\n"F5" = "info locals"\n')
    assert made.keys["last_write"] == ("n",)
    assert made.keys["over"] == ("f10",)
    assert made.keys["cont"] == ("c",)
    assert made.commands == {"f5": "info locals"}
    assert made.faults == ()


@pytest.mark.parametrize(("text", "fault"), [
    ('stepp = "j"', "F:2: there is no action 'stepp': did you mean step"),
    ('step = "j"\nover = ["n", "j"]', "F:3: j is step already, by F:2"),
    ('step = "Hyper+j"', "F:2: 'Hyper+j' is no key"),
    ('step = 7', 'F:2: step needs a key or a list of keys, such as ["s", "F11"]; [] is none'),
    ('step = "j"\ns = "k"', "F:3: s has got its keys in F:2"),
    ('step = "5"', "F:2: 5 is a digit of counts, so it can't be step"),
    ('step = "Down"', "F:2: Down moves in panes, so it can't be step"),
    ('step = ["s", "w"]', "F:2: w for step leaves watch without a key; watch = [] if that is "
                          "wanted"),
    ('watch = "j"\n[commands]\n"j" = "info locals"', "F:4: j is watch already, by F:2"),
    ('[commands]\n"F7" = 3', 'F:3: F7 needs a command line, such as "info locals"'),
    ('[commands]\n"F99" = "x"', "F:3: 'F99' is no key"),
])
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, fault: str) -> None:
    made = keymap(tmp_path, f"[keys]\n{text}\n")
    assert len(made.faults) == 1
    assert made.faults[0].startswith(fault)


def test_what_is_wrong_costs_nothing_else(tmp_path: Path) -> None:
    made = keymap(tmp_path, '[keys]\nnonsense = "j"\nstep = ["j", "Hyper+x"]\n')
    assert made.keys["step"] == ("j",)
    assert len(made.faults) == 2


def test_a_written_map_is_read_as_it_was(tmp_path: Path) -> None:
    text = ('[keys]\nstep = ["j", "Shift+F11", "\\\\", "\\""]\nout = "f"\nprofile = []\n'
            '[commands]\n"F7" = "print \\"a\\\\\\\\b\\""\n')
    made = keymap(tmp_path, text)
    assert made.faults == ()
    again = keymap(tmp_path, as_file(face.all_actions(), made))
    assert (again.keys, again.commands, again.faults) == (made.keys, made.commands, ())
    usual = keymap(tmp_path, as_file(face.all_actions(), face.usual_keys()))
    assert (usual.keys, usual.faults) == (face.usual_keys().keys, ())


def test_names_are_of_one_action_each() -> None:
    names = [name_of(each) for each in face.all_actions()]
    assert len(set(names)) == len(names)


# On the screen

async def test_the_keys_do_what_the_file_says(climb: Session, tmp_path: Path) -> None:
    given = settings(tmp_path, '[keys]\nstep = ["j", "F11"]\nback = "s"\nstart = "H"\n'
                               '[commands]\n"F7" = "goto 30"\n')
    async with driven(climb, settings=given) as it:
        await it.press("j", "j", "f11")
        assert it.step == 3
        await it.press("s")
        assert it.step == 2
        await it.press("1", "0", "j")
        assert it.step == 12
        await it.press("f7")
        assert it.step == 30
        await it.press("0")                # no key any more
        assert it.step == 30
        await it.press("H")
        assert it.step == 0


async def test_all_that_is_said_is_so(climb: Session, tmp_path: Path) -> None:
    given = settings(tmp_path, '[keys]\nstep = "j"\nback = "k"\nhelp = "F2"\nmark = "M"\n'
                               'undo = []\n[commands]\n"F7" = "info locals"\n')
    async with driven(climb, settings=given) as it:
        assert "j steps" in it.message and "F2 lists" in it.message
        bar = it.text(HintBar)[0]
        assert bar.startswith(" j/k step") and bar.endswith("F2 help")
        await it.press("greater_than_sign")
        it.main.open_pane("notes")
        await it.rest()
        assert "M marks this step" in " ".join(it.text(Notes))
        await it.press("f2")
        screen = it.app.screen
        assert isinstance(screen, HelpScreen)
        lines = screen.query_one(HelpLines)
        rows = [lines.draw(i, 100, "") for i in range(lines.row_count())]
        texts = ["".join(segment.text for segment in row) for row in rows]
        assert any(text.split()[:2] == ["j", "step,"] for text in texts)
        assert any(text.split()[:3] == ["F7", "info", "locals"] for text in texts)
        await it.press("f2")
        assert it.app.screen is it.main


def test_an_action_without_keys_is_said_as_a_word(tmp_path: Path) -> None:
    made = keymap(tmp_path, "[keys]\nmark = []\nundo = []\n")
    assert ":mark marks this step" in empty(made, "notes")
    assert "undo" not in [hint.word for hint in hints(made)]
    assert say(made, "{call_tree} and {palette}") == "t and Ctrl+P"


async def test_faults_are_shown_and_the_rest_holds(climb: Session, tmp_path: Path) -> None:
    given = settings(tmp_path, 'theme = "loud"\n[keys]\nstepp = "j"\nback = "J"\n')
    async with driven(climb, settings=given) as it:
        assert it.main.message_bar.fault
        assert "there is no theme 'loud'" in it.message and "1 more, in the log" in it.message
        it.main.open_pane("log")
        await it.rest()
        assert "keys.toml:3: there is no action 'stepp'" in " ".join(it.text(Log))
        await it.press("s", "s", "J")
        assert it.step == 1


async def test_the_map_is_written(climb: Session, tmp_path: Path) -> None:
    target = tmp_path / "sub" / "mine.toml"
    given = settings(tmp_path, '[keys]\nstep = "j"\n')
    async with driven(climb, settings=given) as it:
        await it.type(f"keys {target}")
        assert it.message.startswith(f"all keys are in {target}")
        assert load(target).faults == ()
        assert keymap(tmp_path, target.read_text()).keys["step"] == ("j",)
        await it.type(f"keys {target}")
        assert it.main.message_bar.fault and "is there already" in it.message
        await it.type("keys")                  # the file that was read
        assert "is there already" in it.message
        await it.type(f"keys {tmp_path}")
        assert it.main.message_bar.fault
