"""What the user has settled once: a file for looks and keys, and the theme chosen last.

The file is TOML: `theme`, `ascii`, `[keys]` and `[commands]` (docs/keys.md). What is wrong in it
never keeps the debugger from starting: it is told with its file and line.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FILE = "gaba-debug.toml"
_LARGEST = 1 << 20      # bytes; a file that is larger is none of ours
_THEME = "theme"        # the file that remembers the theme
_HEADER = re.compile(r"\s*\[+\s*(?P<name>[^\]]*?)\s*\]+")
_KEY = re.compile(r"""\s*(?:"(?P<basic>(?:[^"\\]|\\.)*)"|'(?P<literal>[^']*)'|(?P<bare>[\w-]+))"""
                  r"\s*=")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a table of the file: `values` is a list, also where there is but one."""

    name: str
    values: tuple[object, ...]
    place: str


@dataclass(frozen=True, slots=True)
class Settings:
    """`theme` is '' and `ascii` None where nothing is said. `folder` remembers the theme, None for
    nowhere; `path` is the file that was read, or that would be.
    """

    theme: str = ""
    ascii: bool | None = None
    no_color: bool = False
    keys: tuple[Entry, ...] = ()
    commands: tuple[Entry, ...] = ()
    faults: tuple[str, ...] = ()
    path: Path | None = None
    folder: Path | None = None


def default_path() -> Path:
    """`GABAGOOL_CONFIG`, or gaba-debug.toml in the platform's place for settings."""
    from platformdirs import user_config_path

    given = os.environ.get("GABAGOOL_CONFIG")
    return Path(given) if given else user_config_path("gabagool", appauthor=False) / FILE


def load(path: Path) -> Settings:
    """The settings in a file; those of one that isn't there are none."""
    try:
        text = _read(path)
        values = tomllib.loads(text)
    except FileNotFoundError:
        return Settings(path=path)
    except (OSError, ValueError) as error:
        return Settings(path=path, faults=(_unreadable(path, error),))
    return _Reading(path, text, values).settings()


def _read(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ValueError(f"has more than {_LARGEST:,} bytes")
    return data.decode()


def _unreadable(path: Path, error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{path}: {error.strerror or error}"
    where = re.search(r" \(at line (\d+), column \d+\)$", str(error))
    if where:
        return f"{path.name}:{where[1]}: {str(error)[:where.start()]}"
    return f"{path}: {error}"


class _Reading:
    """One file. TOML's reader tells no lines, so they are looked up."""

    def __init__(self, path: Path, text: str, values: Mapping[str, object]) -> None:
        self._path = path
        self._values = values
        self._lines = dict(_places(text))
        self._faults: list[str] = []

    def settings(self) -> Settings:
        theme, ascii_ = self._values.get("theme", ""), self._values.get("ascii")
        if not isinstance(theme, str):
            self._fault("theme", 'theme is a name, such as "light"')
            theme = ""
        if not isinstance(ascii_, bool | None):
            self._fault("ascii", "ascii is true or false")
            ascii_ = None
        for name in self._values.keys() - {"theme", "ascii", "keys", "commands"}:
            self._fault(name, f"there is no setting '{name}', only theme, ascii, [keys] and "
                              "[commands]")
        keys, commands = self._table("keys"), self._table("commands")
        return Settings(theme, ascii_, keys=keys, commands=commands, faults=tuple(self._faults),
                        path=self._path)

    def _table(self, name: str) -> tuple[Entry, ...]:
        table = self._values.get(name, {})
        if not isinstance(table, Mapping):
            self._fault(name, f"{name} is a table: [{name}]")
            return ()
        return tuple(Entry(key, _listed(value), self._place(name, key))
                     for key, value in table.items())

    def _place(self, table: str, key: str) -> str:
        places = (table, key), (table, ""), (key, ""), ("", table)
        line = next((self._lines[place] for place in places if place in self._lines), None)
        return f"{self._path.name}:{line}" if line else self._path.name

    def _fault(self, key: str, words: str) -> None:
        self._faults.append(f"{self._place('', key)}: {words}")


def _listed(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,)


def _places(text: str) -> Iterator[tuple[tuple[str, str], int]]:
    """((table, key), line) of everything that stands at the beginning of a line."""
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = header["name"]
            yield (table, ""), number
        elif key := _KEY.match(line):
            name = key["bare"] or key["literal"] or (key["basic"] or "").replace('\\"', '"')
            yield (table, name.replace("\\\\", "\\")), number


# The theme

def remembered_theme(folder: Path | None) -> str:
    """The theme chosen last, or ''."""
    try:
        return (folder / _THEME).read_text(encoding="utf-8").strip() if folder else ""
    except (OSError, ValueError):
        return ""


def remember_theme(folder: Path | None, name: str) -> None:
    """For the next time. Failing to write is not an error."""
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (folder / _THEME).write_text(f"{name}\n", encoding="utf-8")
    except OSError:
        return
