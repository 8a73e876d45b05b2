"""The file of settings: what it says, and what is wrong with it, by line."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from debugger import settings
from debugger.main import main
from debugger.settings import Entry, Settings, load

DOCS = Path(settings.__file__).parent / "docs" / "keys.md"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "gaba-debug.toml"


def faults(file: Path, text: str) -> list[str]:
    file.write_text(text)
    return [fault.replace(file.name, "F") for fault in load(file).faults]


def test_no_file_says_nothing(file: Path) -> None:
    assert load(file) == Settings(path=file)


def test_what_a_file_says(file: Path) -> None:
    file.write_text('theme = "light"\nascii = true\n\n[keys]\nstep = ["s", "j"]\nback = "k"\n'
                    '[commands]\n"F7" = "info locals"\n')
    assert load(file) == Settings(
        "light", True, False,
        (Entry("step", ("s", "j"), f"{file.name}:5"), Entry("back", ("k",), f"{file.name}:6")),
        (Entry("F7", ("info locals",), f"{file.name}:8"),), path=file)


@pytest.mark.parametrize(("text", "fault"), [
    ('theme = "light\n', "F:1: Illegal character '\\n'"),
    ("[keys]\nstep = 's'\nstep = 'j'\n", "F:3: Cannot overwrite a value"),
    ("\ntheme = 3\n", 'F:2: theme is a name, such as "light"'),
    ("ascii = 'yes'\n", "F:1: ascii is true or false"),
    ("keys = 'vi'\n", "F:1: keys is a table: [keys]"),
    ("theme = 'dark'\ncolour = 1\n",
     "F:2: there is no setting 'colour', only theme, ascii, [keys] and [commands]"),
    ("[key]\nstep = 's'\n",
     "F:1: there is no setting 'key', only theme, ascii, [keys] and [commands]"),
])
def test_faults_have_their_line(file: Path, text: str, fault: str) -> None:
    assert faults(file, text) == [fault]


def test_what_cant_be_read_is_a_fault(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")
    assert str(file) in load(file).faults[0]
    file.write_bytes(b"#" * ((1 << 20) + 1))
    assert "more than 1,048,576 bytes" in load(file).faults[0]
    file.unlink()
    file.mkdir()
    assert load(file).faults == (f"{file}: Is a directory",)


def test_keys_in_odd_places_have_their_line(file: Path) -> None:
    file.write_text("[keys]\n'a \"b' = 'x'\n\"c \\\"d\" = 'y'\n[ commands ]\nf = 'z'\n")
    found = load(file)
    assert [entry.place.rpartition(":")[2] for entry in (*found.keys, *found.commands)] == \
        ["2", "3", "5"]
    file.write_text("keys = {step = 's'}\n")
    assert load(file).keys == (Entry("step", ("s",), f"{file.name}:1"),)


def test_the_page_has_a_file_that_holds(file: Path) -> None:
    [text] = re.findall(r"```toml\n(.*?)```", DOCS.read_text(), re.S)
    file.write_text(text)
    found = load(file)
    assert found.faults == ()
    assert found.theme == "colourblind"
    assert [entry.name for entry in found.keys] == [
        "step", "reverse-step", "watch", "last-write", "profile"]


def test_where_the_file_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GABAGOOL_CONFIG", str(tmp_path / "mine.toml"))
    assert settings.default_path() == tmp_path / "mine.toml"
    monkeypatch.delenv("GABAGOOL_CONFIG")
    if sys.platform == "linux":
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        assert settings.default_path() == tmp_path / "gabagool" / "gaba-debug.toml"


def test_a_theme_is_remembered(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    assert settings.remembered_theme(folder) == ""
    settings.remember_theme(folder, "light")
    assert settings.remembered_theme(folder) == "light"
    (folder / "theme").write_bytes(b"\xff")
    assert settings.remembered_theme(folder) == ""
    assert settings.remembered_theme(None) == ""
    settings.remember_theme(folder / "theme" / "below-a-file", "dark")     # no error


def test_a_file_of_keys_must_be_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    missing = tmp_path / "none.toml"
    assert main(["--keys", str(missing), "x.wasm"]) == 2
    assert f"{missing}: there is no such file" in capsys.readouterr().err
